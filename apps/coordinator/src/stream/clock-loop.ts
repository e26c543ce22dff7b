/**
 * The loop that moves a session's clock as far as its limit allows (clock-limit.ts): as fast as possible (`max`), each bar when
 * it is due (`clock`), or as the consumers allow (`lockstep`). One call to Redis moves the clock past all places that are due
 * (clock-places.ts) and emits their events. So a late clock catches up at once, and no bar is skipped or emitted twice.
 */
import { PaceOverrunError } from '@barkeep/bars';
import { ConsumersChangedError, type ClockPlace, type Control } from '@barkeep/session-data';
import { hintUpkeep } from '../lifecycle/index.js';
import type { ClockLimit } from './clock-limit.js';
import { ClockPlaces, eventsOf } from './clock-places.js';
import { PaceKeeper } from './pace-keeper.js';
import type { StreamParts, StreamProgress } from './stream-parts.js';
import { UpkeepWait } from './upkeep-wait.js';
import { LOOK_AGAIN_MS } from './wake-signals.js';

export class ClockLoop {
  private readonly pace: PaceKeeper;
  private readonly places: ClockPlaces;
  private readonly upkeepWait: UpkeepWait;
  /** When the limit was last read from the store, in `performance.now()` time. */
  private lookedAt = 0;
  /** Whether the limit must be read before the next move of the clock. */
  private mustLook = true;

  constructor(
    private readonly parts: Pick<
      StreamParts,
      'joining' | 'layout' | 'metrics' | 'producer' | 'retained' | 'store' | 'wake' | 'warn' | 'writer'
    >,
    private readonly limit: ClockLimit,
    private readonly progress: StreamProgress,
  ) {
    this.pace = new PaceKeeper(parts.layout, progress.figures, parts.metrics);
    this.places = new ClockPlaces(parts.layout, this.pace);
    this.upkeepWait = new UpkeepWait(parts, progress);
  }

  /** Runs until the clock is at the end. @throws PaceOverrunError, RewindError, what the store throws */
  async run(stop: AbortSignal): Promise<void> {
    try {
      await this.follow(stop);
    } catch (error) {
      if (error instanceof PaceOverrunError) {
        // Stores the figures, which include the overrun that ends the session. The clock stays where it is.
        const { clock, figures } = this.progress;
        await this.parts.writer.moveClock(clock, { from: clock, events: [], figures, wait: null });
      }
      throw error;
    }
  }

  /** Moves the clock to the end of the session: passes the places that are due, then waits for the next ones. */
  private async follow(stop: AbortSignal): Promise<void> {
    const { layout } = this.parts;
    // The store may have lost repairs, and the queue Redis may have lost the jobs that the last stream requested.
    if (this.progress.frontier > layout.start) hintUpkeep(this.parts);
    await this.waitForJoining(stop);
    while (this.progress.clock < layout.end) {
      if (this.mustLook) await this.look();
      const { time } = this.limit;
      const places = this.isBlockedAt(time) ? [] : this.places.due(this.progress.clock, time);
      if (places.length > 0) await this.pass(places);
      else await this.wait(stop);
      stop.throwIfAborted();
    }
    await this.evictLastDays(stop);
    // Nothing else would notice that the store lost the last windows after they were written.
    await this.limit.storeFiguresAndReadPositions();
  }

  /**
   * Waits at the end of the session while consumers are still in days that are evicted there, and evicts these days. So the days that
   * the session keeps do not depend on how far its consumers were when the clock reached the end.
   */
  private async evictLastDays(stop: AbortSignal): Promise<void> {
    const { retained, wake } = this.parts;
    while (this.consumersNeedDays) {
      await this.look();
      await retained.follow(this.progress.clock, this.limit.slowest);
      if (!this.consumersNeedDays) break;
      this.progress.waitFor('consumers');
      await wake.wait(LOOK_AGAIN_MS, stop);
    }
    this.progress.waitFor(undefined);
  }

  /** Whether days are retained only because the slowest consumer is behind the clock. */
  private get consumersNeedDays(): boolean {
    const { layout } = this.parts;
    const { clock } = this.progress;
    return layout.firstKeptAt(Math.min(clock, this.limit.slowest)) < layout.firstKeptAt(clock);
  }

  /**
   * Holds the clock until no symbol is joining. A symbol that is added later restarts the stream, so one such wait is enough.
   * The pace has not started yet, so this wait makes no bar late.
   */
  private async waitForJoining(stop: AbortSignal): Promise<void> {
    const { layout, joining, retained, wake } = this.parts;
    if (!joining.any) return;
    for (;;) {
      this.progress.waitFor('symbols');
      await this.look();
      if (!joining.any) break;
      const maxWaitMs = layout.spec.upkeep.enabled ? await this.upkeepWait.continue() : LOOK_AGAIN_MS;
      await wake.wait(maxWaitMs, stop);
    }
    this.progress.waitFor(undefined);
    this.upkeepWait.end();
    await retained.follow(this.progress.clock, this.limit.slowest);
    await this.progress.setState('running');
  }

  private async look(): Promise<void> {
    this.lookedAt = performance.now();
    this.mustLook = false;
    await Promise.all([this.limit.look(), this.progress.followRow()]);
  }

  /** Whether the next place is after `limit`. A clock at the limit is blocked too: a day opens only with its first bars. */
  private isBlockedAt(limit: number): boolean {
    const { clock } = this.progress;
    return limit <= clock || this.places.next(clock).time > limit;
  }

  /** Moves the clock past these places, and does what follows from its new position. */
  private async pass(places: readonly ClockPlace[]): Promise<void> {
    const { layout, retained } = this.parts;
    const { progress } = this;
    const { clock: from } = progress;
    const control = await this.moveClock(places);
    if (control === undefined) return; // the clock has not moved
    const last = places.at(-1)!;
    progress.clock = Math.max(from, last.time);
    progress.waitFor(undefined);
    progress.isWaitStored = false;
    this.upkeepWait.end();
    // After the last barrier the frontier limits the clock, not the watermark: the limit must be read again.
    if (from < layout.barrierEnd && last.time >= layout.barrierEnd) this.mustLook = true;
    await retained.follow(progress.clock, this.limit.slowest);
    this.places.pass(last);
    for (const { type, dayIndex } of places) {
      if (type === 'day-closed' && dayIndex + 1 < layout.days.length) progress.dayChanges.dayClosed(dayIndex);
    }
    progress.clockMoved.notify();
    progress.applyControl(control); // a pause or stop ends this method here
    const shownBars = places.filter(({ slot, dayIndex }) => slot !== undefined && !layout.isHistory(dayIndex));
    this.pace.delivered(shownBars.map(({ time }) => time));
    await progress.setState('running');
    await progress.followRow();
    await progress.checkpoint();
  }

  /**
   * Moves the clock past these places in one call to Redis, which also emits their events.
   * @returns undefined when a consumer has joined since the last look: the clock has not moved, and the limit must be read again
   */
  private async moveClock(places: readonly ClockPlace[]): Promise<Control | undefined> {
    const { store, writer } = this.parts;
    const { clock: from, figures, dayChanges, isWaitStored } = this.progress;
    const { limitedBy: limit, joins } = this.limit;
    const events = await eventsOf(places, store, dayChanges);
    const wait = isWaitStored ? null : undefined; // null removes the wait from the store
    try {
      return await writer.moveClock(places.at(-1)!.time, { from, limit, joins, events, figures, wait });
    } catch (error) {
      if (!(error instanceof ConsumersChangedError)) throw error;
      this.mustLook = true;
      return undefined;
    }
  }

  /** Waits until the next bar is due, a message comes, or it is time to look at the store again. */
  private async wait(stop: AbortSignal): Promise<void> {
    const maxWaitMs = await this.beginWait();
    const lookAgainInMs = Math.max(0, this.lookedAt + LOOK_AGAIN_MS - performance.now());
    const isWoken = await this.parts.wake.wait(Math.min(maxWaitMs, lookAgainInMs), stop);
    const hasNewLimit = isWoken && this.limit.takeFromMessages();
    this.mustLook = (isWoken && !hasNewLimit) || performance.now() - this.lookedAt >= LOOK_AGAIN_MS;
  }

  /** Records what the clock waits for: consumers, its pace, fed bars or upkeep. @returns how long to wait for that at most, ms */
  private async beginWait(): Promise<number> {
    const { places, limit } = this;
    const { clock } = this.progress;
    const isBlocked = this.isBlockedAt(limit.time);
    const isHeldByConsumers = isBlocked && !this.isBlockedAt(limit.storeLimit);
    if (isHeldByConsumers) return this.beginConsumerWait();
    const nextTime = isBlocked ? places.nextClose(clock) : places.next(clock).time; // a blocked clock waits for a bar
    const dueInMs = this.pace.dueInMs(nextTime);
    const isOverdue = isBlocked && dueInMs <= 0;
    return isOverdue ? this.beginWindowWait(nextTime) : this.beginPaceWait(dueInMs);
  }

  /** The store would let the clock move: only consumers hold it. */
  private async beginConsumerWait(): Promise<number> {
    this.upkeepWait.end();
    this.progress.waitFor('consumers');
    await this.progress.setState('running'); // a session that waits for its consumers is healthy
    return LOOK_AGAIN_MS;
  }

  /** The next bar is not due yet. A short wait is not recorded: readers need not see it. */
  private beginPaceWait(dueInMs: number): number {
    if (dueInMs > LOOK_AGAIN_MS) this.progress.waitFor('pace', Date.now() + dueInMs);
    else this.progress.waitFor(undefined);
    return Math.max(dueInMs, 0);
  }

  /**
   * The next bar is due, but its window is not complete: it is not fed whole, or upkeep is not done, or after the last barrier the
   * source is not stored yet (a wait that is shown as `upkeep`).
   */
  private async beginWindowWait(nextTime: number): Promise<number> {
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
