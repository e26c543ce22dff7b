/** How far the consumers of a session in lockstep let its clock go: at most a lead ahead of the slowest one. */
import { parseConsumerMessage, type SessionConsumers, type SessionLayout } from '@barkeep/session-data';

export class LockstepLimit {
  /** The clock may go up to this time, epoch ms, as last seen. */
  time = 0;
  /** How many times consumers have joined, as last seen; undefined without lockstep. */
  joins: number | undefined;
  /** Position of the slowest consumer as last seen, epoch ms; Infinity while no consumer holds the clock. */
  slowest: number;

  constructor(
    private readonly layout: SessionLayout,
    private readonly consumers: SessionConsumers,
  ) {
    this.slowest = layout.spec.pace.mode === 'lockstep' ? layout.start : Infinity;
  }

  /** Reads the limit from the store, and drops silent consumers if the spec says so. @throws SessionLostError */
  async look(): Promise<void> {
    const { end, historyEnd, spec } = this.layout;
    if (spec.pace.mode !== 'lockstep') {
      this.time = end;
      return;
    }
    const { slowest, joins } = await this.consumers.limit();
    this.joins = joins;
    // Until the expected consumers have joined, the clock goes to the end of the history, and the first day does not open.
    const isWaiting = slowest === 'waiting';
    this.slowest = isWaiting ? historyEnd : (slowest ?? Infinity);
    this.time = isWaiting ? historyEnd : this.endOfLead(spec.pace.window);
  }

  /**
   * Takes the limit from a message of the wake channel. Positions only grow, so an old message allows too little, never too much. A
   * consumer that joined after the message was sent may be further behind, but then the store refuses to move the clock.
   * @returns false when a look is needed
   */
  takeFrom(message: string): boolean {
    const { pace } = this.layout.spec;
    const news = parseConsumerMessage(message);
    if (pace.mode !== 'lockstep' || !news || this.joins === undefined || news.joins < this.joins) return false;
    // With equal joins the larger position is the newer one, because messages may come out of order. With more joins a new
    // consumer may be behind all others, so its position counts even when it is lower.
    this.slowest = news.joins === this.joins ? Math.max(this.slowest, news.slowest) : news.slowest;
    this.joins = news.joins;
    this.time = this.endOfLead(pace.window);
    return true;
  }

  /** The close of the `lead`-th base bar after the slowest consumer; the session's end while no consumer holds the clock. */
  private endOfLead(lead: number): number {
    return this.slowest === Infinity ? this.layout.end : this.layout.closeAfter(this.slowest, lead);
  }
}
