/**
 * The bytes of prefetched bars that this process may hold (invariant I8 of docs/ARCHITECTURE.md), and how many prefetches are in progress,
 * for all of its sessions. While the budget is used up, a session reads each window in its turn; no session waits for another one.
 */

/** From this number of prefetches in progress on, the process is busy: its sessions share its connections to Postgres. */
const BUSY_FROM_READS = 4;

export class PrefetchBudget {
  /** Number of prefetches in progress. */
  reads = 0;
  usedBytes = 0;

  /** @param limit in bytes; 0 turns prefetching off */
  constructor(readonly limit: number) {}

  /** Whether the sessions together prefetch so many windows that none should read two at the same time. */
  get isBusy(): boolean {
    return this.reads >= BUSY_FROM_READS;
  }

  /** Takes `bytes` out of the budget. @returns false, and takes nothing, when less is left */
  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.limit) return false;
    this.usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.usedBytes -= bytes;
  }
}
