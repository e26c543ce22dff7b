/**
 * What a session keeps behind its clock: notes what its history holds once that is whole, and lets the oldest day go at
 * each day change. Called after every move of the clock, and once before the first: both steps are in the store or are
 * done again, so that a crash between a move and its call leaves nothing behind.
 */
import { noteHistory, SessionRetention, type SessionLayout, type SessionWriter } from '@barkeep/session-data';
import type { Redis } from 'ioredis';

export class TrailingWindow {
  private readonly retention: SessionRetention;
  private firstKept = 0;
  private isNoted = false;

  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
    private readonly writer: SessionWriter,
    /** Where the slowest consumer is that holds the clock, epoch ms: what is before it still has to be read. */
    private readonly slowest: () => number = () => Infinity,
  ) {
    this.retention = new SessionRetention(redis, layout, writer);
  }

  /** @param clock where the clock stands, epoch ms @throws FencedError, SessionLostError, RewindError */
  async follow(clock: number): Promise<void> {
    const { layout } = this;
    if (!this.isNoted && layout.asksHistory && clock >= layout.historyEnd) {
      // Each symbol at its first moment only: later some of the days may have left already.
      await noteHistory(this.redis, layout, this.writer);
      this.isNoted = true;
    }
    const firstKept = layout.firstKeptAt(Math.min(clock, this.slowest()));
    if (firstKept <= this.firstKept) return;
    await this.retention.retireBefore(firstKept);
    this.firstKept = firstKept;
  }
}
