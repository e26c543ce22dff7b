/**
 * Bytes of bars that this process may hold before their turn, for all sessions together (I8). A session that finds the budget
 * used up reads its bars when it is their turn; no session waits for another one.
 */
export class PrefetchBudget {
  /** Windows that all sessions are reading before their turn; each session counts its own. */
  reads = 0;
  /** Bytes that are held now. */
  usedBytes = 0;

  /** @param limit in bytes; 0 turns prefetching off */
  constructor(readonly limit: number) {}

  /** Takes `bytes` out of the budget. @returns false when it has less than that */
  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.limit) return false;
    this.usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.usedBytes -= bytes;
  }
}
