/**
 * How far the consumers of a session let its clock go: in lockstep a window ahead of the slowest, elsewhere to the end. A look
 * at the store is one round trip and drops silent consumers; mostly the news that wakes the stream says it already. Does not
 * move the clock.
 */
import { parseConsumerMessage, type SessionConsumers, type SessionLayout } from '@barkeep/session-data';

export class LockstepLimit {
  /** Times that somebody had joined at the last look; undefined where nobody holds the clock. */
  joins: number | undefined;
  /**
   * Where the slowest is, epoch ms: of what was told since somebody joined last the highest, as news may come late.
   * Infinite where nobody holds the clock.
   */
  slowest: number;

  constructor(
    private readonly consumers: SessionConsumers,
    private readonly layout: SessionLayout,
  ) {
    this.slowest = layout.spec.pace.mode === 'lockstep' ? layout.start : Infinity;
  }

  /** The time up to which the clock may go, epoch ms; the history is nobody's to hold. @throws SessionLostError */
  async look(): Promise<number> {
    const { end, historyEnd, spec } = this.layout;
    const { pace } = spec;
    if (pace.mode !== 'lockstep') return end;
    const { slowest, joins } = await this.consumers.limit();
    this.joins = joins;
    this.slowest = slowest === 'waiting' ? historyEnd : (slowest ?? Infinity);
    // Not even its first day has opened before those are there for whom it is streamed.
    if (slowest === 'waiting') return historyEnd;
    return this.ahead(pace.window);
  }

  /**
   * What news from the wake channel says, as {@link look}; undefined when it takes a look. Positions only grow, so that what
   * was true when it was said still is, unless somebody joined since: then the move is refused.
   */
  hear(news: string | undefined): number | undefined {
    const { pace } = this.layout.spec;
    const told = news === undefined ? undefined : parseConsumerMessage(news);
    if (pace.mode !== 'lockstep' || !told || this.joins === undefined || told.joins < this.joins) return undefined;
    this.slowest = told.joins === this.joins ? Math.max(this.slowest, told.slowest) : told.slowest;
    this.joins = told.joins;
    return this.ahead(pace.window);
  }

  /** So many base bars after the slowest; the end where nobody holds the clock. */
  private ahead(window: number): number {
    const { layout, slowest } = this;
    return slowest === Infinity ? layout.end : layout.closeAfter(slowest, window);
  }
}
