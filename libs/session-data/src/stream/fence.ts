/** Who may write a session's store, and what the store answers a writer. */

/** Who streams a session: the epoch is given out by Postgres, the owner names the process. */
export interface Fence {
  epoch: number;
  owner: string;
}

/** What the stream should do next; `reload`: its symbols changed, begin again with those. */
export type Control = 'run' | 'pause' | 'stop' | 'reload';

/** Where a store stands, epoch ms. */
export interface ClaimedPosition {
  /** The lowest of all partitions. */
  frontier: number;
  frontiers: readonly number[];
  clock: number;
}
