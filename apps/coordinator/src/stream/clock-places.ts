/**
 * Finds the places (closes of bars, boundaries of days) that a session's clock passes next, in the order of their event numbers,
 * and makes the events that the clock emits there.
 */
import {
  countFields,
  countsBefore,
  eventNumber,
  placesFrom,
  readDaySlots,
  type ClockEvent,
  type ClockPlace,
  type SessionLayout,
  type SymbolDay,
  type UpkeepStore,
} from '@barkeep/session-data';
import type { DayChanges } from '../figures/index.js';
import type { PaceKeeper } from './pace-keeper.js';

/** One call to Redis passes about this many places at most: this bounds how long the call blocks Redis. */
const PLACES_A_CALL = 500;

export class ClockPlaces {
  /** Event number of the last place that was passed. */
  private lastPassed = -1;

  constructor(
    private readonly layout: SessionLayout,
    private readonly pace: PaceKeeper,
  ) {}

  /** Records that the clock passed `place` and all places before it. */
  pass(place: ClockPlace): void {
    this.lastPassed = eventNumber(place);
  }

  /** The next place after the last one that was passed. @param clock epoch ms @throws RangeError at the end of the session */
  next(clock: number): ClockPlace {
    const [place] = this.upTo(clock, Infinity);
    if (!place) throw new RangeError('expected a place before the end of the session, was none');
    return place;
  }

  /** The next close of a bar after the clock, epoch ms. */
  nextClose(clock: number): number {
    const grid = this.layout.grid(this.layout.dayIndexAt(clock));
    return grid.closeTime(grid.closedBy(clock));
  }

  /**
   * The places up to `limit` (epoch ms) that are due now. The days of the history have no pace: the clock passes each when it is
   * complete. The places are all in the history or all after it.
   */
  due(clock: number, limit: number): ClockPlace[] {
    const { layout, pace } = this;
    const isHistory = layout.isHistory(this.next(clock).dayIndex);
    if (!isHistory) pace.start(clock);
    const places: ClockPlace[] = [];
    for (const place of this.upTo(clock, limit)) {
      if (layout.isHistory(place.dayIndex) !== isHistory) break;
      if (!isHistory && pace.dueInMs(place.time) > 0) break;
      // Places of the same time stay in one call: the events at the close of a day must not wait for the next day.
      const previous = places.at(-1);
      if (previous && places.length >= PLACES_A_CALL && place.time > previous.time) break;
      if (previous && this.replaces(previous, place)) places.pop();
      places.push(place);
    }
    return places;
  }

  /** In lockstep, the last close of a day that one call passes has the event for all of them: the consumers step through them. */
  private replaces(previous: ClockPlace, place: ClockPlace): boolean {
    const isLockstep = this.layout.spec.pace.mode === 'lockstep';
    return isLockstep && previous.type === 'clock' && place.type === 'clock' && previous.dayIndex === place.dayIndex;
  }

  /** The places after the last one that was passed, up to `limit`. Several places may have the time of the clock. */
  private *upTo(clock: number, limit: number): Generator<ClockPlace> {
    const { layout } = this;
    let last = this.lastPassed;
    // At pace `max` the clock stops at the ends of windows, otherwise at each bar. A feed has windows only where it has barriers:
    // after its last barrier the clock stops at each bar.
    const isFeedWithoutBarrier = layout.spec.source.type === 'feed' && clock >= layout.barrierEnd;
    const stops = layout.spec.pace.mode === 'max' && !isFeedWithoutBarrier ? 'windows' : 'slots';
    for (const place of placesFrom(layout, clock, limit, stops)) {
      // Skips a place that was passed, or that has the event of the place before: adjoining days share the `clock` event between them.
      if (eventNumber(place) <= last) continue;
      last = eventNumber(place);
      yield place;
    }
  }
}

/**
 * The events at some places, in order. An event other than `clock` has the day's date and counts: `day-opened` has the number of
 * expected slots, `day-closing` and `day-closed` have the counts of the slots that the clock has passed.
 */
export async function eventsOf(
  places: readonly ClockPlace[],
  store: UpkeepStore,
  dayChanges: DayChanges,
): Promise<ClockEvent[]> {
  const { layout } = store;
  const slotsByDay = new Map<number, SymbolDay[]>();
  const events: ClockEvent[] = [];
  for (const { type, time, dayIndex } of places) {
    if (type === 'clock') {
      events.push({ type, time });
      continue;
    }
    const { date, slotCount } = layout.grid(dayIndex);
    const day = { date, symbols: layout.symbols.length };
    if (type === 'day-opened') {
      const waitedMs = Math.round(dayChanges.waitedMs(dayIndex) * 1000) / 1000; // to whole microseconds
      events.push({ type, time, fields: { ...day, expected: slotCount * day.symbols, waitedMs } });
      continue;
    }
    const slots = slotsByDay.get(dayIndex) ?? (await readDaySlots(store, dayIndex));
    slotsByDay.set(dayIndex, slots);
    // `day-closing` is emitted when the last bar of the day begins: all other bars have closed.
    const closedSlots = type === 'day-closed' ? slotCount : slotCount - 1;
    events.push({ type, time, fields: { ...day, ...countFields(countsBefore(slots, closedSlots)) } });
  }
  return events;
}
