/** Finds the places (closes of bars, boundaries of days) that a session's clock passes next, and the events that it emits there. */
import * as store from '@barkeep/session-data';
import type { DayChanges } from '../figures/index.js';
import type { PaceKeeper } from './pace-keeper.js';

/** After about this many places a call to Redis ends, so that it blocks Redis only briefly. */
const PLACES_A_CALL = 500;

export class ClockPlaces {
  /** Event number of the last place that was passed. */
  private lastPassed = -1;

  constructor(
    private readonly layout: store.SessionLayout,
    private readonly pace: PaceKeeper,
  ) {}

  /** Records that the clock passed `place` and all places before it. */
  pass(place: store.ClockPlace): void {
    this.lastPassed = store.eventNumber(place);
  }

  /** The next place after the last one that was passed. @param clock epoch ms @throws RangeError at the end of the session */
  next(clock: number): store.ClockPlace {
    const [place] = this.upTo(clock, Infinity);
    if (!place) throw new RangeError('expected a place before the end of the session, was none');
    return place;
  }

  /** Whether the next place is after `limit`. A clock at the limit is blocked too: a day opens only with its first bars. */
  isBlocked(clock: number, limit: number): boolean {
    return limit <= clock || this.next(clock).time > limit;
  }

  /** The next close of a bar after the clock, epoch ms. */
  nextClose(clock: number): number {
    const grid = this.layout.grid(this.layout.dayIndexAt(clock));
    return grid.closeTime(grid.closedBy(clock));
  }

  /**
   * The places up to `limit` (epoch ms) that are due now. They are all in the history or all after it: the days of the history have no
   * pace, and the clock passes each when it is complete.
   */
  due(clock: number, limit: number): store.ClockPlace[] {
    const { layout, pace } = this;
    const isHistory = layout.isHistory(this.next(clock).dayIndex);
    if (!isHistory) pace.start(clock);
    const places: store.ClockPlace[] = [];
    for (const place of this.upTo(clock, limit)) {
      if (layout.isHistory(place.dayIndex) !== isHistory) break;
      if (!isHistory && pace.dueInMs(place.time) > 0) break;
      const previous = places.at(-1);
      // Places of the same time stay in one call: the events at the close of a day must not wait for the next day.
      if (previous && places.length >= PLACES_A_CALL && place.time > previous.time) break;
      if (previous && this.replaces(previous, place)) places.pop();
      places.push(place);
    }
    return places;
  }

  /**
   * Whether `place` makes the place before it unnecessary. In lockstep, one event tells the consumers of all closes of a day that a
   * call passes: the event of the last one. The consumers step through the closes themselves.
   */
  private replaces(previous: store.ClockPlace, place: store.ClockPlace): boolean {
    const isLockstep = this.layout.spec.pace.mode === 'lockstep';
    return isLockstep && previous.type === 'clock' && place.type === 'clock' && previous.dayIndex === place.dayIndex;
  }

  /** The places after the last one that was passed, up to `limit` (epoch ms). Places at the time of the clock may be among them. */
  private *upTo(clock: number, limit: number): Generator<store.ClockPlace> {
    let last = this.lastPassed;
    for (const place of store.placesFrom(this.layout, clock, limit, this.stopsAfter(clock))) {
      // Skips places that were passed. Where two days adjoin, both have the `clock` event between them; also skips the second one.
      const number = store.eventNumber(place);
      if (number <= last) continue;
      last = number;
      yield place;
    }
  }

  /**
   * Where the clock stops: at pace `max` at the ends of windows, otherwise at each bar. A feed has windows only where it has barriers:
   * after its last barrier the clock stops at each bar.
   */
  private stopsAfter(clock: number): 'windows' | 'slots' {
    const { spec, barrierEnd } = this.layout;
    const isFeedWithoutBarrier = spec.source.type === 'feed' && clock >= barrierEnd;
    return spec.pace.mode === 'max' && !isFeedWithoutBarrier ? 'windows' : 'slots';
  }
}

/**
 * The events at some places, in order. An event other than `clock` has the day's date and counts: `day-opened` has the number of
 * expected slots, `day-closing` and `day-closed` have the counts of the slots that the clock has passed.
 */
export async function eventsOf(places: readonly store.ClockPlace[], upkeep: store.UpkeepStore, dayChanges: DayChanges) {
  const { layout } = upkeep;
  const slotsByDay = new Map<number, store.SymbolDay[]>();
  const events: store.ClockEvent[] = [];
  for (const { type, time, dayIndex } of places) {
    if (type === 'clock') {
      events.push({ type, time });
      continue;
    }
    const { date, slotCount } = layout.grid(dayIndex);
    const symbols = layout.symbols.length;
    if (type === 'day-opened') {
      const waitedMs = Number(dayChanges.waitedMs(dayIndex).toFixed(3));
      events.push({ type, time, fields: { date, symbols, expected: slotCount * symbols, waitedMs } });
      continue;
    }
    const slots = slotsByDay.get(dayIndex) ?? (await store.readDaySlots(upkeep, dayIndex));
    slotsByDay.set(dayIndex, slots);
    // `day-closing` is emitted when the last bar of the day begins: all other bars have closed.
    const closedSlots = type === 'day-closed' ? slotCount : slotCount - 1;
    const counts = store.countFields(store.countsBefore(slots, closedSlots));
    events.push({ type, time, fields: { date, symbols, ...counts } });
  }
  return events;
}
