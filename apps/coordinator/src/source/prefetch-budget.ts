/**
 * How many bytes of bars this process may hold that were read before their turn, all sessions together (I8). Whoever
 * finds no room reads later, when it is the bars' turn: no session waits for another's.
 */
export class PrefetchBudget {
  /** Windows that are being read before their turn, of all sessions; whoever reads one counts it. */
  reads = 0;
  private used = 0;

  /** @param limit in bytes; 0 turns prefetching off */
  constructor(readonly limit: number) {}

  /** Takes `bytes` out of the budget. @returns false when it has not that many */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.used -= bytes;
  }
}
