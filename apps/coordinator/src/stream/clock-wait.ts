/**
 * What a session's clock waits for when no place is due: its consumers, its pace, fed bars, upkeep or joining symbols. Records the
 * wait for readers. Each method returns how long the clock loop waits at most before the next call, ms.
 */
import type { ClockLimit } from './clock-limit.js';
import type { ClockPlaces } from './clock-places.js';
import type { PaceKeeper } from './pace-keeper.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { UpkeepWait } from './upkeep-wait.js';
import { LOOK_AGAIN_MS } from './wake-signals.js';

export class ClockWait {
  private readonly upkeepWait: UpkeepWait;

  constructor(
    private readonly parts: Pick<StreamParts, 'layout' | 'producer' | 'warn'>,
    private readonly limit: ClockLimit,
    private readonly places: ClockPlaces,
    private readonly pace: PaceKeeper,
    private readonly progress: StreamProgress,
  ) {
    this.upkeepWait = new UpkeepWait(parts, progress);
  }

  /** Begins or continues a wait for the next place. @throws PaceOverrunError */
  async forNextPlace(): Promise<number> {
    const { limit, places } = this;
    const { clock } = this.progress;
    const isBlocked = places.isBlocked(clock, limit.time);
    const isHeldByConsumers = isBlocked && !places.isBlocked(clock, limit.storeLimit); // the store would let it move
    if (isHeldByConsumers) return this.forConsumers();
    const nextTime = isBlocked ? places.nextClose(clock) : places.next(clock).time; // a blocked clock waits for a bar
    const dueInMs = this.pace.dueInMs(nextTime);
    const isOverdue = isBlocked && dueInMs <= 0;
    return isOverdue ? this.forWindow(nextTime) : this.forPace(dueInMs);
  }

  /** Begins or continues a wait for symbols that join. */
  async forSymbols(): Promise<number> {
    this.progress.waitFor('symbols');
    return this.parts.layout.spec.upkeep.enabled ? this.upkeepWait.continue() : LOOK_AGAIN_MS;
  }

  end(): void {
    this.progress.waitFor(undefined);
    this.upkeepWait.end();
  }

  private async forConsumers(): Promise<number> {
    this.upkeepWait.end();
    this.progress.waitFor('consumers');
    await this.progress.setState('running'); // a session that waits for its consumers is healthy
    return LOOK_AGAIN_MS;
  }

  /** The next bar is not due yet. A short wait is not recorded: readers need not see it. */
  private forPace(dueInMs: number): number {
    if (dueInMs > LOOK_AGAIN_MS) this.progress.waitFor('pace', Date.now() + dueInMs);
    else this.progress.waitFor(undefined);
    return Math.max(dueInMs, 0);
  }

  /**
   * The next bar is due, but its window is not complete: it is not fed whole, or upkeep is not done, or after the last barrier the
   * source is not stored yet (a wait that is shown as `upkeep`).
   */
  private async forWindow(nextTime: number): Promise<number> {
    const isFeedWait = this.isUnfed;
    this.progress.waitFor(isFeedWait ? 'feed' : 'upkeep');
    this.pace.overdue(nextTime);
    if (!isFeedWait) return this.upkeepWait.continue();
    this.upkeepWait.end();
    return LOOK_AGAIN_MS;
  }

  /** Whether the clock waits for bars that have not been fed yet, and not for upkeep: it has passed every window that was fed whole. */
  private get isUnfed(): boolean {
    const { layout } = this.parts;
    return layout.spec.source.type === 'feed' && layout.windowEndBefore(this.progress.frontier) <= this.progress.clock;
  }
}
