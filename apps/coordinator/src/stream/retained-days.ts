/**
 * The days that a session retains behind its clock. Counts the bars of the history when the history is complete, and evicts the
 * oldest day at each day change.
 */
import { noteHistory, retireBefore, type SessionWriter } from '@barkeep/session-data';
import type { Redis } from 'ioredis';

export class RetainedDays {
  /** Index of the first day that was kept at the last eviction. */
  private firstKept = 0;
  private isHistoryNoted = false;

  constructor(
    private readonly redis: Redis,
    private readonly writer: SessionWriter,
  ) {}

  /** Whether days are retained only because the slowest consumer is behind the clock. Both times are epoch ms. */
  isHeldBy(slowest: number, clock: number): boolean {
    const { layout } = this.writer;
    return layout.firstKeptAt(Math.min(clock, slowest)) < layout.firstKeptAt(clock);
  }

  /**
   * Counts and evicts what the position of the clock allows. Called after every move of the clock, and once before the first move, so
   * that the next owner does what a crash prevented.
   * @param clock epoch ms @param slowest position of the slowest consumer, epoch ms: it may still read the days from there on
   * @throws FencedError, SessionLostError, RewindError
   */
  async follow(clock: number, slowest: number): Promise<void> {
    const { layout } = this.writer;
    if (!this.isHistoryNoted && layout.asksHistory && clock >= layout.historyEnd) {
      // The bars are counted now, because some days of the history may be evicted later.
      await noteHistory(this.redis, layout, this.writer);
      this.isHistoryNoted = true;
    }
    const firstKept = layout.firstKeptAt(Math.min(clock, slowest));
    if (firstKept <= this.firstKept) return;
    await retireBefore(this.writer, firstKept);
    this.firstKept = firstKept;
  }
}
