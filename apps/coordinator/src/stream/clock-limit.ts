/**
 * How far a session's clock may go. Before the last barrier the clock enters a barrier window only when the watermark has passed
 * all of it; after the last barrier it may go to the frontier. In lockstep it is also at most a lead ahead of the slowest consumer.
 *
 * `look` reads the limit from the store, and drops silent consumers if the spec says so. Some messages of the wake channel carry
 * the limit, which saves the read. Nothing here moves the clock.
 */
import { parseConsumerMessage, RewindError } from '@barkeep/session-data';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { FLUSHED } from './wake-signals.js';

export class ClockLimit {
  /** The store lets the clock move up to this time, epoch ms, as last seen. */
  storeLimit = 0;
  /** The consumers let the clock move up to this time, epoch ms, as last seen. */
  private consumerLimit = 0;
  /** How many times consumers have joined, as last seen; undefined without lockstep. */
  joins: number | undefined;
  /** Position of the slowest consumer as last seen, epoch ms; Infinity while no consumer holds the clock. */
  slowest: number;

  constructor(
    private readonly parts: Pick<StreamParts, 'consumers' | 'joining' | 'layout' | 'store' | 'wake' | 'writer'>,
    private readonly progress: StreamProgress,
  ) {
    const { spec, start } = parts.layout;
    this.slowest = spec.pace.mode === 'lockstep' ? start : Infinity;
  }

  /** How far the clock may go, as last seen, epoch ms. */
  get time(): number {
    return Math.min(this.storeLimit, this.consumerLimit);
  }

  /** Which position of the store limits the clock where it is now. */
  get limitedBy(): 'frontier' | 'watermark' {
    return this.progress.clock < this.parts.layout.barrierEnd ? 'watermark' : 'frontier';
  }

  /** Reads the limit and the control from the store. @throws RewindError, the reason of a pause or stop, what the store throws */
  async look(): Promise<void> {
    const { layout, joining } = this.parts;
    const { clock } = this.progress;
    const [consumerLimit, { positions, frontier, control }] = await Promise.all([
      this.lookAtConsumers(),
      this.storeFiguresAndReadPositions(),
    ]);
    this.progress.applyControl(control);
    if (joining.any) await joining.show(positions, clock);
    const watermark = Math.min(...positions.map((position) => position.watermark));
    this.storeLimit =
      this.limitedBy === 'watermark' ? this.barrierBefore(Math.min(watermark, layout.barrierEnd)) : frontier;
    this.consumerLimit = consumerLimit;
  }

  /**
   * Stores the figures and the wait, and reads the partitions' positions and the control. `moveClock` stores the
   * figures and answers the control; here it leaves the clock where it is.
   * @throws RewindError when the store lost flushed windows, FencedError after a take-over
   */
  async storeFiguresAndReadPositions() {
    const { layout, store, writer } = this.parts;
    const { clock, frontier: flushedTo, figures, shownWait: wait } = this.progress;
    const [positions, control] = await Promise.all([
      store.positions(),
      writer.moveClock(clock, { from: clock, events: [], figures, wait }),
    ]);
    const frontier = Math.min(...positions.map((position) => position.frontier));
    if (frontier < flushedTo) throw new RewindError(layout.id, frontier);
    return { positions, frontier, control };
  }

  /** Takes the limit from the messages that ended the last wait. @returns false when a message lacks it: `look` is needed */
  takeFromMessages(): boolean {
    for (const [kind, message] of this.parts.wake.messages) {
      if (kind === FLUSHED && this.limitedBy === 'frontier') {
        this.storeLimit = this.progress.frontier;
        continue;
      }
      const consumerLimit = kind === 'consumer' ? this.consumerLimitIn(message) : undefined;
      if (consumerLimit === undefined) return false;
      this.consumerLimit = consumerLimit;
    }
    return true;
  }

  /**
   * The end of the last barrier window that ends by the watermark; the clock's position if no further window does. The clock
   * enters a window only when all of it is complete.
   */
  private barrierBefore(watermark: number): number {
    let barrier = this.progress.clock;
    for (const { to } of this.parts.layout.windowsFrom(barrier)) {
      if (to > watermark) break;
      barrier = to;
    }
    return barrier;
  }

  /** Reads how far the consumers let the clock go, epoch ms. Consumers never hold the clock in the history. @throws SessionLostError */
  private async lookAtConsumers(): Promise<number> {
    const { end, historyEnd, spec } = this.parts.layout;
    if (spec.pace.mode !== 'lockstep') return end;
    const { slowest, joins } = await this.parts.consumers.limit();
    this.joins = joins;
    if (slowest === 'waiting') {
      // The first day does not open before the expected consumers have joined.
      this.slowest = historyEnd;
      return historyEnd;
    }
    this.slowest = slowest ?? Infinity;
    return this.endOfLead(spec.pace.window);
  }

  /**
   * The limit of {@link lookAtConsumers} from a message of the wake channel; undefined when a look is needed. Positions only
   * grow, so an old message allows too little, never too much. A consumer that joined after the message was sent may be further
   * behind, but then the store refuses to move the clock.
   */
  private consumerLimitIn(message: string): number | undefined {
    const { pace } = this.parts.layout.spec;
    const news = parseConsumerMessage(message);
    if (pace.mode !== 'lockstep' || !news || this.joins === undefined || news.joins < this.joins) return undefined;
    // With equal joins the larger position is the newer one, because messages may come out of order. With more joins a new
    // consumer may be behind all others, so its position counts even when it is lower.
    this.slowest = news.joins === this.joins ? Math.max(this.slowest, news.slowest) : news.slowest;
    this.joins = news.joins;
    return this.endOfLead(pace.window);
  }

  /** The close of the `lead`-th base bar after the slowest consumer; the session's end while no consumer holds the clock. */
  private endOfLead(lead: number): number {
    const { layout } = this.parts;
    return this.slowest === Infinity ? layout.end : layout.closeAfter(this.slowest, lead);
  }
}
