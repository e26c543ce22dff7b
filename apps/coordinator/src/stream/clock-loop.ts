/**
 * The loop that moves a session's clock: behind the watermark where the session has barriers, with the frontier where it
 * has none; as fast as that goes, bar by bar when each is due (pace), or as its consumers allow (lockstep). All places that
 * may be passed are passed in one call, each with its event, so that a clock that is late catches up at once and no bar is
 * skipped or told twice. In lockstep a run of closes is one event: a consumer steps through them by itself.
 */
import {
  ConsumersChangedError,
  eventNumber,
  placesFrom,
  RewindError,
  type ClockPlace,
  type Control,
} from '@barkeep/session-data';
import type { DayChanges } from '../figures/index.js';
import { eventsOf } from './day-events.js';
import { PaceKeeper } from './pace-keeper.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { FLUSHED, LOOK_AGAIN_MS } from './wake-signals.js';

/** A clock that waits this long for upkeep says so in the session's state. */
const WAITING_AFTER_MS = 300;
/** Places passed in one call, about: bounds how long Redis is held by it. */
const PLACES_A_CALL = 500;

export class ClockLoop {
  private readonly pace: PaceKeeper;
  /** Up to here bars may be shown, and consumers are ready for them, epoch ms, as last seen. */
  private storeLimit = 0;
  private consumerLimit = 0;
  private lookedAt = 0;
  private mustLook = true;
  /** Number of the last place that was passed here. */
  private passed = -1;
  /** Since when a bar is due that may not be shown. */
  private waitingSince: number | undefined;

  constructor(
    private readonly parts: StreamParts,
    private readonly progress: StreamProgress,
    private readonly dayChanges: DayChanges,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.pace = new PaceKeeper(parts.layout, progress.figures, parts.metrics, now);
  }

  /** Until the clock is at the end. @throws PaceOverrunError, RewindError, what the store throws */
  async run(stop: AbortSignal): Promise<void> {
    const { layout } = this.parts;
    await this.joined(stop);
    while (this.progress.clock < layout.end) {
      if (this.mustLook) await this.look();
      const places = this.isBlocked ? [] : this.placesDue();
      await (places.length > 0 ? this.pass(places) : this.wait(stop));
      stop.throwIfAborted();
    }
    // Nobody else would notice that the store lost the last windows since they were written.
    await this.seePositions();
  }

  /**
   * Holds the clock until no symbol is joining any more. Others that come make the stream begin again, so that after this
   * none does; and the pace has not begun yet, so that the held time is no delay.
   */
  private async joined(stop: AbortSignal): Promise<void> {
    const { layout, joining, wake, trailing } = this.parts;
    if (!joining.any) return;
    const since = this.now();
    for (;;) {
      await this.look();
      if (!joining.any) break;
      const isLong = this.now() - since >= WAITING_AFTER_MS;
      if (isLong && layout.spec.upkeep.enabled) await this.progress.setState('waiting-upkeep');
      await wake.wait(WAITING_AFTER_MS, stop);
      stop.throwIfAborted();
    }
    await trailing.follow(this.progress.clock);
    await this.progress.setState('running');
  }

  private get limit(): number {
    return Math.min(this.storeLimit, this.consumerLimit);
  }

  private get isBlocked(): boolean {
    return this.isBlockedAt(this.limit);
  }

  /** True when the next place may not be passed; nothing is said of a day before its first bars may be shown. */
  private isBlockedAt(limit: number): boolean {
    return limit <= this.progress.clock || this.nextPlace().time > limit;
  }

  /** Finds out how far the clock may go, and what the session is to do. */
  private async look(): Promise<void> {
    const { layout, joining, lockstep } = this.parts;
    const { clock } = this.progress;
    this.lookedAt = this.now();
    this.mustLook = false;
    const [consumerLimit, { positions, frontier, control }] = await Promise.all([lockstep.look(), this.seePositions()]);
    this.progress.obey(control);
    if (joining.any) await joining.show(positions, clock);
    const watermark = Math.min(...positions.map((position) => position.watermark));
    const { barrierEnd } = layout;
    this.storeLimit = clock < barrierEnd ? this.barrierBefore(Math.min(watermark, barrierEnd)) : frontier;
    this.consumerLimit = consumerLimit;
  }

  /** Where the partitions are. The clock stays, but a pause, a stop or a take-over is seen. @throws RewindError */
  private async seePositions() {
    const { layout, store, writer } = this.parts;
    const { clock, frontier: written, figures } = this.progress;
    const [positions, control] = await Promise.all([
      store.positions(),
      writer.moveClock(clock, { from: clock, events: [], figures }),
    ]);
    const frontier = Math.min(...positions.map((position) => position.frontier));
    if (frontier < written) throw new RewindError(layout.id, frontier);
    return { positions, frontier, control };
  }

  /** The last end of a barrier window that is not after the watermark: the clock sees a window when it is whole. */
  private barrierBefore(watermark: number): number {
    let barrier = this.progress.clock;
    for (const { to } of this.parts.layout.windowsFrom(barrier)) {
      if (to > watermark) break;
      barrier = to;
    }
    return barrier;
  }

  private async pass(places: readonly ClockPlace[]): Promise<void> {
    const { layout, store, writer, trailing, lockstep } = this.parts;
    const { clock, figures } = this.progress;
    const last = places.at(-1)!;
    const events = await eventsOf(places, store, this.dayChanges);
    let control: Control;
    try {
      control = await writer.moveClock(last.time, { from: clock, events, figures, joins: lockstep.joins });
    } catch (error) {
      if (!(error instanceof ConsumersChangedError)) throw error;
      this.mustLook = true;
      return;
    }
    this.progress.clock = Math.max(clock, last.time);
    // From here on it follows the frontier, of which it was told nothing so far.
    if (clock < layout.barrierEnd && last.time >= layout.barrierEnd) this.mustLook = true;
    await trailing.follow(this.progress.clock);
    this.passed = eventNumber(last);
    this.waitingSince = undefined;
    for (const { type, dayIndex } of places) {
      if (type === 'day-closed' && dayIndex + 1 < layout.days.length) this.dayChanges.close(dayIndex);
    }
    this.progress.clockMoved.wake();
    this.progress.obey(control);
    const bars = places.filter(({ slot, dayIndex }) => slot !== undefined && !layout.isHistory(dayIndex));
    this.pace.delivered(bars.map(({ time }) => time));
    await this.progress.setState('running');
    await this.progress.checkpoint();
  }

  /** Until the next bar is due, or may be shown, or somebody wants something. */
  private async wait(stop: AbortSignal): Promise<void> {
    const { isBlocked } = this;
    // Nothing is wrong with a session that waits for its consumers, so that its state stays as it is.
    const isHeld = isBlocked && !this.isBlockedAt(this.storeLimit);
    if (isHeld) {
      this.waitingSince = undefined;
      await this.progress.setState('running');
    }
    const nextClose = this.nextClose();
    const dueInMs = this.pace.dueInMs(isBlocked ? nextClose : this.nextPlace().time);
    let boundMs = Math.min(Math.max(dueInMs, 0), LOOK_AGAIN_MS);
    if (isHeld) boundMs = LOOK_AGAIN_MS;
    else if (isBlocked && dueInMs <= 0) {
      this.waitingSince ??= this.now();
      this.pace.overdue(nextClose);
      const isLong = this.now() - this.waitingSince >= WAITING_AFTER_MS;
      if (isLong && !this.isUnfed) await this.progress.setState('waiting-upkeep');
      boundMs = isLong ? LOOK_AGAIN_MS : WAITING_AFTER_MS;
    }
    boundMs = Math.min(boundMs, Math.max(0, this.lookedAt + LOOK_AGAIN_MS - this.now()));
    const isWoken = await this.parts.wake.wait(boundMs, stop);
    const isKnown = isWoken && this.hear();
    this.mustLook = (isWoken && !isKnown) || this.now() - this.lookedAt >= LOOK_AGAIN_MS;
  }

  /** @returns whether what woke the stream said all that there is to know: how far its consumers are, or, past the barriers, that the frontier moved */
  private hear(): boolean {
    const { layout, wake, lockstep } = this.parts;
    for (const [kind, news] of wake.heard) {
      const limit = kind === 'consumer' ? lockstep.hear(news) : undefined;
      if (limit !== undefined) this.consumerLimit = limit;
      else if (kind === FLUSHED && this.progress.clock >= layout.barrierEnd) this.storeLimit = this.progress.frontier;
      else return false;
    }
    return true;
  }

  /** True when it is not upkeep that the clock waits for, but bars that nobody has fed yet. */
  private get isUnfed(): boolean {
    const { layout } = this.parts;
    return layout.spec.source.type === 'feed' && layout.windowEndBefore(this.progress.frontier) <= this.progress.clock;
  }

  private nextClose(): number {
    const { layout } = this.parts;
    const dayIndex = layout.dayIndexAt(this.progress.clock);
    const grid = layout.grid(dayIndex);
    return grid.closeTime(grid.closedBy(this.progress.clock));
  }

  private nextPlace(): ClockPlace {
    for (const place of this.placesUpTo(Infinity)) return place;
    throw new RangeError('expected a place before the end of the session, was none');
  }

  /** A history has no pace: its days are passed as soon as they are whole, and the session's begin on their own. */
  private placesDue(): ClockPlace[] {
    const { layout } = this.parts;
    const isHistory = layout.isHistory(this.nextPlace().dayIndex);
    if (!isHistory) this.pace.start(this.progress.clock);
    const places: ClockPlace[] = [];
    for (const place of this.placesUpTo(this.limit)) {
      if (layout.isHistory(place.dayIndex) !== isHistory) break;
      if (!isHistory && this.pace.dueInMs(place.time) > 0) break;
      // All places of one time together: what is said of a close must not wait for the next day.
      const before = places.at(-1);
      if (before && places.length >= PLACES_A_CALL && place.time > before.time) break;
      if (before && this.isOneWith(before, place)) places.pop();
      places.push(place);
    }
    return places;
  }

  /** Closes of a day that the clock of a session in lockstep passes in one move. */
  private isOneWith(before: ClockPlace, place: ClockPlace): boolean {
    const isLockstep = this.parts.layout.spec.pace.mode === 'lockstep';
    return isLockstep && before.type === 'clock' && place.type === 'clock' && before.dayIndex === place.dayIndex;
  }

  /** Places in the order of their numbers, after the last that was passed. */
  private *placesUpTo(limit: number): Generator<ClockPlace> {
    const { layout } = this.parts;
    let last = this.passed;
    // A feed has no windows but those of its barriers: without, the clock follows bar by bar.
    const isFollowing = layout.spec.source.type === 'feed' && this.progress.clock >= layout.barrierEnd;
    const stops = layout.spec.pace.mode === 'max' && !isFollowing ? 'windows' : 'slots';
    for (const place of placesFrom(layout, this.progress.clock, limit, stops)) {
      if (eventNumber(place) <= last) continue;
      last = eventNumber(place);
      yield place;
    }
  }
}
