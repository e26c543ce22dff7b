/** Who may write a session's store, and what the store answers to a writer. */

/** The owner of a session. PostgreSQL hands out the epoch; the owner names the process. */
export interface Fence {
  epoch: number;
  owner: string;
}

/** What the owner does next; `reload`: the symbols changed, start again with the new ones. */
export type Control = 'run' | 'pause' | 'stop' | 'reload';

/** Where a store stands, epoch ms. */
export interface ClaimedPosition {
  /** The lowest of all partitions. */
  frontier: number;
  frontiers: readonly number[];
  clock: number;
}
