/**
 * The days that a session retains behind its clock: records what its history holds when that is complete, and evicts the oldest
 * day at each day change. Called after every move of the clock, and once before the first one: a step that a crash prevented
 * is repeated by the next owner.
 */
import { noteHistory, retireBefore, type SessionWriter } from '@barkeep/session-data';
import type { Redis } from 'ioredis';

export class TrailingWindow {
  private firstKept = 0;
  private isNoted = false;

  constructor(
    private readonly redis: Redis,
    private readonly writer: SessionWriter,
  ) {}

  /**
   * @param clock position of the clock, epoch ms
   * @param slowest position of the slowest consumer that holds the clock, epoch ms: it has yet to read the bars before it
   * @throws FencedError, SessionLostError, RewindError
   */
  async follow(clock: number, slowest: number): Promise<void> {
    const { layout } = this.writer;
    if (!this.isNoted && layout.asksHistory && clock >= layout.historyEnd) {
      // Each symbol once, at its first moment: later some of the days may have been evicted.
      await noteHistory(this.redis, layout, this.writer);
      this.isNoted = true;
    }
    const firstKept = layout.firstKeptAt(Math.min(clock, slowest));
    if (firstKept <= this.firstKept) return;
    await retireBefore(this.writer, firstKept);
    this.firstKept = firstKept;
  }
}
