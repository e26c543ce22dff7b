/**
 * The loop that moves a session's clock as far as its limit allows (clock-limit.ts). One call to Redis moves the clock past all
 * places that are due (clock-places.ts) and emits their events. So a late clock catches up at once, and no bar is skipped or emitted
 * twice.
 */
import { PaceOverrunError } from '@barkeep/bars';
import type { ClockPlace } from '@barkeep/session-data';
import { hintUpkeep } from '../lifecycle/index.js';
import type { ClockLimit } from './clock-limit.js';
import { ClockPlaces } from './clock-places.js';
import { ClockWait } from './clock-wait.js';
import { PaceKeeper } from './pace-keeper.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { LOOK_AGAIN_MS } from './wake-signals.js';

export class ClockLoop {
  private readonly pace: PaceKeeper;
  private readonly places: ClockPlaces;
  private readonly clockWait: ClockWait;
  /** When the limit was last read from the store, in `performance.now()` time. */
  private lookedAt = 0;
  /** Whether the limit must be read before the next move of the clock. */
  private mustLook = true;

  constructor(
    private readonly parts: StreamParts,
    private readonly limit: ClockLimit,
    private readonly progress: StreamProgress,
  ) {
    this.pace = new PaceKeeper(parts.layout, progress.figures, parts.metrics);
    this.places = new ClockPlaces(parts.layout, this.pace);
    this.clockWait = new ClockWait(parts, limit, this.places, this.pace, progress);
  }

  /** Runs until the clock is at the end. @throws PaceOverrunError, RewindError, what the store throws */
  async run(stop: AbortSignal): Promise<void> {
    try {
      // The store may have lost repairs, and the queue Redis may have lost the jobs that the last stream requested.
      if (this.progress.frontier > this.parts.layout.start) hintUpkeep(this.parts);
      await this.waitForJoining(stop);
      await this.follow(stop);
      await this.evictLastDays(stop);
      // Nothing else would notice that the store lost the last windows after they were written.
      await this.limit.storeFiguresAndReadPositions();
    } catch (error) {
      if (error instanceof PaceOverrunError) await this.limit.storeFigures(null); // with the overrun that ends the session
      throw error;
    }
  }

  /**
   * Holds the clock until no symbol is joining. A symbol that is added later restarts the stream, so one such wait is enough.
   * The pace has not started yet, so this wait makes no bar late.
   */
  private async waitForJoining(stop: AbortSignal): Promise<void> {
    const { joining, retained, wake } = this.parts;
    if (!joining.any) return;
    for (;;) {
      await this.look();
      if (!joining.any) break;
      await wake.wait(await this.clockWait.forSymbols(), stop);
    }
    this.clockWait.end();
    await retained.follow(this.progress.clock, this.limit.consumers.slowest);
    await this.progress.setState('running');
  }

  /** Moves the clock to the end of the session: passes the places that are due, then waits for the next ones. */
  private async follow(stop: AbortSignal): Promise<void> {
    const { end } = this.parts.layout;
    while (this.progress.clock < end) {
      if (this.mustLook) await this.look();
      const { clock } = this.progress;
      const { time } = this.limit;
      const places = this.places.isBlocked(clock, time) ? [] : this.places.due(clock, time);
      if (places.length > 0) await this.pass(places);
      else await this.wait(stop);
      stop.throwIfAborted();
    }
  }

  /**
   * Waits at the end of the session while consumers are still in days that are evicted there, and evicts these days. So the days that
   * the session keeps do not depend on how far its consumers were when the clock reached the end.
   */
  private async evictLastDays(stop: AbortSignal): Promise<void> {
    const { limit, progress } = this;
    const { retained, wake } = this.parts;
    const isHeld = () => retained.isHeldBy(limit.consumers.slowest, progress.clock);
    while (isHeld()) {
      await this.look();
      await retained.follow(progress.clock, limit.consumers.slowest);
      if (!isHeld()) break;
      progress.waitFor('consumers');
      await wake.wait(LOOK_AGAIN_MS, stop);
    }
    progress.waitFor(undefined);
  }

  /** Reads the limit from the store, and the session's row about once a second. */
  private async look(): Promise<void> {
    this.lookedAt = performance.now();
    this.mustLook = false;
    await Promise.all([this.limit.look(), this.progress.followRow()]);
  }

  /** Moves the clock past these places, and does what follows from its new position. */
  private async pass(places: readonly ClockPlace[]): Promise<void> {
    const { layout, retained } = this.parts;
    const { progress } = this;
    const { clock: from } = progress;
    const control = await this.limit.moveClock(places);
    if (control === undefined) {
      this.mustLook = true;
      return;
    }
    const last = places.at(-1)!;
    progress.clock = Math.max(from, last.time);
    this.clockWait.end();
    // After the last barrier the frontier limits the clock, not the watermark: the limit must be read again.
    if (from < layout.barrierEnd && last.time >= layout.barrierEnd) this.mustLook = true;
    await retained.follow(progress.clock, this.limit.consumers.slowest);
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

  /** Waits until the next bar is due, a message comes, or it is time to look at the store again. */
  private async wait(stop: AbortSignal): Promise<void> {
    const maxWaitMs = await this.clockWait.forNextPlace();
    const lookAgainInMs = Math.max(0, this.lookedAt + LOOK_AGAIN_MS - performance.now());
    const isWoken = await this.parts.wake.wait(Math.min(maxWaitMs, lookAgainInMs), stop);
    const hasNewLimit = isWoken && this.limit.takeFromMessages();
    this.mustLook = (isWoken && !hasNewLimit) || performance.now() - this.lookedAt >= LOOK_AGAIN_MS;
  }
}
