/**
 * How far the consumers of a session allow its clock to go: in lockstep a lead ahead of the slowest one, elsewhere to
 * the end. `look` reads the limit from the store in one round trip, and drops silent consumers. Usually the message
 * that wakes the stream carries the limit already. Does not move the clock.
 */
import { parseConsumerMessage, type SessionConsumers, type SessionLayout } from '@barkeep/session-data';

export class LockstepLimit {
  /** Number of joins at the last look; undefined while no consumer holds the clock. */
  joins: number | undefined;
  /**
   * Position of the slowest consumer, epoch ms: the highest since the last join, because messages may come late.
   * Infinity while no consumer holds the clock.
   */
  slowest: number;

  constructor(
    private readonly consumers: SessionConsumers,
    private readonly layout: SessionLayout,
  ) {
    this.slowest = layout.spec.pace.mode === 'lockstep' ? layout.start : Infinity;
  }

  /** The time up to which the clock may go, epoch ms; consumers do not hold it in the history. @throws SessionLostError */
  async look(): Promise<number> {
    const { end, historyEnd, spec } = this.layout;
    const { pace } = spec;
    if (pace.mode !== 'lockstep') return end;
    const { slowest, joins } = await this.consumers.limit();
    this.joins = joins;
    this.slowest = slowest === 'waiting' ? historyEnd : (slowest ?? Infinity);
    // The first day does not open before the expected consumers have joined.
    if (slowest === 'waiting') return historyEnd;
    return this.ahead(pace.window);
  }

  /**
   * Reads the limit of {@link look} from a message of the wake channel; undefined when a look is needed. Positions only grow,
   * so a late message is still true, unless a consumer joined since: then the store refuses to move the clock.
   */
  onMessage(message: string): number | undefined {
    const { pace } = this.layout.spec;
    const news = parseConsumerMessage(message);
    if (pace.mode !== 'lockstep' || !news || this.joins === undefined || news.joins < this.joins) return undefined;
    this.slowest = news.joins === this.joins ? Math.max(this.slowest, news.slowest) : news.slowest;
    this.joins = news.joins;
    return this.ahead(pace.window);
  }

  /** `lead` base bars after the slowest consumer; the end while no consumer holds the clock. */
  private ahead(lead: number): number {
    const { layout, slowest } = this;
    return slowest === Infinity ? layout.end : layout.closeAfter(slowest, lead);
  }
}
