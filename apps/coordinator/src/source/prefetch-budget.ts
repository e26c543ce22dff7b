/**
 * The bytes of prefetched bars that this process may hold (invariant I8 of docs/ARCHITECTURE.md), and how many prefetches are in progress,
 * for all of its sessions. While the budget is used up, a session reads each window in its turn; no session waits for another one.
 */
export class PrefetchBudget {
  /** Number of prefetches in progress. */
  reads = 0;
  /** Bytes that are held now. */
  usedBytes = 0;

  /** @param limit in bytes; 0 turns prefetching off */
  constructor(readonly limit: number) {}

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
