/**
 * The loop that moves a session's clock as far as its limit allows (clock-limit.ts): as fast as possible (`max`), each bar when
 * it is due (`clock`), or as the consumers allow (`lockstep`). One call to Redis moves the clock past every place that it may
 * pass (clock-places.ts) and emits their events. So a late clock catches up at once, and no bar is skipped or emitted twice.
 */
import { PaceOverrunError } from '@barkeep/bars';
import { ConsumersChangedError, type ClockPlace, type Control } from '@barkeep/session-data';
import { hintUpkeep } from '../lifecycle/index.js';
import type { ClockLimit } from './clock-limit.js';
import { ClockPlaces, eventsOf } from './clock-places.js';
import { PaceKeeper } from './pace-keeper.js';
import type { StreamParts, StreamProgress } from './stream-parts.js';
import { LOOK_AGAIN_MS } from './wake-signals.js';

/** When the clock has waited this long for upkeep, the session's state becomes `waiting-upkeep`. */
const WAITING_AFTER_MS = 300;
/** After a wait this long upkeep is requested again, because a request may be lost; then whenever the wait has doubled. */
const REQUEST_AGAIN_MS = 5_000;

export class ClockLoop {
  private readonly pace: PaceKeeper;
  private readonly places: ClockPlaces;
  /** When the limit was last read from the store, in `performance.now()` time. */
  private lookedAt = 0;
  /** Whether the limit must be read before the next move of the clock. */
  private mustLook = true;
  /** Since when a bar has been due that may not be shown yet, in `performance.now()` time. */
  private waitingSince: number | undefined;
  /** Upkeep is requested again when the wait is this long. */
  private requestAfterMs = REQUEST_AGAIN_MS;

  constructor(
    private readonly parts: Pick<
      StreamParts,
      'joining' | 'layout' | 'metrics' | 'producer' | 'store' | 'trailing' | 'wake' | 'warn' | 'writer'
    >,
    private readonly limit: ClockLimit,
    private readonly progress: StreamProgress,
  ) {
    this.pace = new PaceKeeper(parts.layout, progress.figures, parts.metrics);
    this.places = new ClockPlaces(parts.layout, this.pace);
  }

  /** Runs until the clock is at the end. @throws PaceOverrunError, RewindError, what the store throws */
  async run(stop: AbortSignal): Promise<void> {
    try {
      await this.follow(stop);
    } catch (error) {
      if (error instanceof PaceOverrunError) await this.storeFigures();
      throw error;
    }
  }

  /** Stores the figures, which include the overrun that ends the session. The clock stays where it is. */
  private async storeFigures(): Promise<void> {
    const { clock, figures } = this.progress;
    await this.parts.writer.moveClock(clock, { from: clock, events: [], figures, wait: null });
  }

  /** Moves the clock to the end of the session: passes the places that are due, then waits for the next ones. */
  private async follow(stop: AbortSignal): Promise<void> {
    const { layout } = this.parts;
    // The store may have lost repairs, and the queue Redis may have lost the jobs that the last stream requested.
    if (this.progress.frontier > layout.start) hintUpkeep(this.parts);
    await this.waitForJoining(stop);
    while (this.progress.clock < layout.end) {
      if (this.mustLook) await this.look();
      const { clock } = this.progress;
      const { time } = this.limit;
      const places = this.isBlockedAt(time) ? [] : this.places.due(clock, time);
      await (places.length > 0 ? this.pass(places) : this.wait(stop));
      stop.throwIfAborted();
    }
    await this.evictLastDays(stop);
    // Nothing else would notice that the store lost the last windows after they were written.
    await this.limit.checkPositions();
  }

  /**
   * Waits at the end of the session while consumers are still in days that are evicted there, and evicts these days. So the days that
   * the session keeps do not depend on how far its consumers were when the clock reached the end.
   */
  private async evictLastDays(stop: AbortSignal): Promise<void> {
    const { trailing, wake } = this.parts;
    while (this.consumersNeedDays) {
      await this.look();
      await trailing.follow(this.progress.clock, this.limit.slowest);
      if (!this.consumersNeedDays) break;
      this.progress.waitFor('consumers');
      await wake.wait(LOOK_AGAIN_MS, stop);
      stop.throwIfAborted();
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
    const { layout, joining, wake, trailing } = this.parts;
    if (!joining.any) return;
    const since = performance.now();
    this.requestAfterMs = REQUEST_AGAIN_MS;
    for (;;) {
      this.progress.waitFor('symbols');
      await this.look();
      if (!joining.any) break;
      const waitedMs = performance.now() - since;
      if (waitedMs >= WAITING_AFTER_MS && layout.spec.upkeep.enabled) await this.progress.setState('waiting-upkeep');
      this.requestUpkeepAfter(waitedMs);
      await wake.wait(WAITING_AFTER_MS, stop);
      stop.throwIfAborted();
    }
    this.progress.waitFor(undefined);
    await trailing.follow(this.progress.clock, this.limit.slowest);
    await this.progress.setState('running');
  }

  /** Reads the limit from the store, and the session's row. */
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

  /** Moves the clock past these places in one call and emits their events. */
  private async pass(places: readonly ClockPlace[]): Promise<void> {
    const { layout, store, writer, trailing } = this.parts;
    const { clock, figures } = this.progress;
    const last = places.at(-1)!;
    const events = await eventsOf(places, store, this.progress.dayChanges);
    const wait = this.progress.isWaitStored ? null : undefined; // null removes the wait from the store
    const move = { from: clock, limit: this.limit.kind, events, figures, wait, joins: this.limit.joins };
    let control: Control;
    try {
      control = await writer.moveClock(last.time, move);
    } catch (error) {
      if (!(error instanceof ConsumersChangedError)) throw error;
      this.mustLook = true;
      return;
    }
    this.progress.clock = Math.max(clock, last.time);
    this.progress.waitFor(undefined);
    this.progress.isWaitStored = false;
    // After the last barrier the frontier limits the clock, not the watermark: the limit must be read again.
    if (clock < layout.barrierEnd && last.time >= layout.barrierEnd) this.mustLook = true;
    await trailing.follow(this.progress.clock, this.limit.slowest);
    this.places.pass(last);
    this.waitingSince = undefined;
    for (const { type, dayIndex } of places) {
      if (type === 'day-closed' && dayIndex + 1 < layout.days.length) this.progress.dayChanges.close(dayIndex);
    }
    this.progress.clockMoved.notify();
    this.progress.applyControl(control); // a pause or stop ends this method here
    const closes = places.filter(({ slot, dayIndex }) => slot !== undefined && !layout.isHistory(dayIndex));
    this.pace.delivered(closes.map(({ time }) => time));
    await this.progress.setState('running');
    await this.progress.followRow();
    await this.progress.checkpoint();
  }

  /** Waits until the next bar is due, a message comes, or it is time to look at the store again. */
  private async wait(stop: AbortSignal): Promise<void> {
    const isBlocked = this.isBlockedAt(this.limit.time);
    // A session that waits for its consumers is healthy, so its state stays `running`.
    const isConsumerWait = isBlocked && !this.isBlockedAt(this.limit.storeLimit);
    if (isConsumerWait) {
      this.waitingSince = undefined;
      await this.progress.setState('running');
    }
    const { clock } = this.progress;
    const nextClose = this.places.nextClose(clock);
    const dueInMs = this.pace.dueInMs(isBlocked ? nextClose : this.places.next(clock).time);
    let maxWaitMs = Math.min(Math.max(dueInMs, 0), LOOK_AGAIN_MS);
    this.progress.waitFor(...this.waitReason(isBlocked, isConsumerWait, dueInMs));
    if (isConsumerWait) maxWaitMs = LOOK_AGAIN_MS;
    else if (isBlocked && dueInMs <= 0) maxWaitMs = await this.waitForData(nextClose);
    const lookAgainInMs = Math.max(0, this.lookedAt + LOOK_AGAIN_MS - performance.now());
    const isWoken = await this.parts.wake.wait(Math.min(maxWaitMs, lookAgainInMs), stop);
    const hasNewLimit = isWoken && this.limit.onMessages();
    this.mustLook = (isWoken && !hasNewLimit) || performance.now() - this.lookedAt >= LOOK_AGAIN_MS;
  }

  /** What the clock waits for, and until when (epoch ms) if time alone ends the wait. */
  private waitReason(
    isBlocked: boolean,
    isConsumerWait: boolean,
    dueInMs: number,
  ): Parameters<StreamProgress['waitFor']> {
    if (isConsumerWait) return ['consumers'];
    if (isBlocked && dueInMs <= 0) return [this.isUnfed ? 'feed' : 'upkeep'];
    return dueInMs > LOOK_AGAIN_MS ? ['pace', Date.now() + dueInMs] : [undefined];
  }

  /** Handles a bar that is due and may not be shown yet. @returns how long to wait for it at most, ms */
  private async waitForData(nextClose: number): Promise<number> {
    if (this.waitingSince === undefined) {
      this.waitingSince = performance.now();
      this.requestAfterMs = REQUEST_AGAIN_MS;
    }
    this.pace.overdue(nextClose);
    const waitedMs = performance.now() - this.waitingSince;
    const isLongWait = waitedMs >= WAITING_AFTER_MS;
    if (isLongWait && !this.isUnfed) {
      await this.progress.setState('waiting-upkeep');
      this.requestUpkeepAfter(waitedMs);
    }
    return isLongWait ? LOOK_AGAIN_MS : WAITING_AFTER_MS;
  }

  /** Requests upkeep again after {@link REQUEST_AGAIN_MS}, and then whenever the wait has doubled. */
  private requestUpkeepAfter(waitedMs: number): void {
    if (waitedMs < this.requestAfterMs) return;
    this.requestAfterMs *= 2;
    hintUpkeep(this.parts);
  }

  /** Whether the clock waits for bars that have not been fed yet, and not for upkeep: it has passed every window that was fed whole. */
  private get isUnfed(): boolean {
    const { layout } = this.parts;
    return layout.spec.source.type === 'feed' && layout.windowEndBefore(this.progress.frontier) <= this.progress.clock;
  }
}
