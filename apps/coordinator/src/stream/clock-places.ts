/**
 * The places (closes of bars, boundaries of days) that a session's clock passes next, in the order of their event numbers, and
 * their events.
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

/** Most places in one call, about: bounds how long the call holds Redis. */
const PLACES_A_CALL = 500;

export class ClockPlaces {
  /** Number of the last place that was passed. */
  private passed = -1;

  constructor(
    private readonly layout: SessionLayout,
    private readonly pace: PaceKeeper,
  ) {}

  /** Records that the clock passed a place and all before it. */
  pass(place: ClockPlace): void {
    this.passed = eventNumber(place);
  }

  /** The next place after the clock. */
  next(clock: number): ClockPlace {
    for (const place of this.upTo(clock, Infinity)) return place;
    throw new RangeError('expected a place before the end of the session, was none');
  }

  /** The next close of a bar after the clock, epoch ms. */
  nextClose(clock: number): number {
    const grid = this.layout.grid(this.layout.dayIndexAt(clock));
    return grid.closeTime(grid.closedBy(clock));
  }

  /**
   * The places up to `limit` that are due now. A history has no pace: its days are passed when they are complete, and the
   * session's own days are never passed in one call with them.
   */
  due(clock: number, limit: number): ClockPlace[] {
    const { layout, pace } = this;
    const isHistory = layout.isHistory(this.next(clock).dayIndex);
    if (!isHistory) pace.start(clock);
    const places: ClockPlace[] = [];
    for (const place of this.upTo(clock, limit)) {
      if (layout.isHistory(place.dayIndex) !== isHistory) break;
      if (!isHistory && pace.dueInMs(place.time) > 0) break;
      // All places of one time together: the events of a close must not wait for the next day.
      const before = places.at(-1);
      if (before && places.length >= PLACES_A_CALL && place.time > before.time) break;
      if (before && this.isSameRun(before, place)) places.pop();
      places.push(place);
    }
    return places;
  }

  /** In lockstep, the closes of one day that are passed in one call are one event: a consumer steps through them. */
  private isSameRun(before: ClockPlace, place: ClockPlace): boolean {
    const isLockstep = this.layout.spec.pace.mode === 'lockstep';
    return isLockstep && before.type === 'clock' && place.type === 'clock' && before.dayIndex === place.dayIndex;
  }

  /** Places after the last one that was passed. */
  private *upTo(clock: number, limit: number): Generator<ClockPlace> {
    const { layout } = this;
    let last = this.passed;
    // The only windows of a feed are those of its barriers; without barriers the clock follows bar by bar.
    const isFollowing = layout.spec.source.type === 'feed' && clock >= layout.barrierEnd;
    const stops = layout.spec.pace.mode === 'max' && !isFollowing ? 'windows' : 'slots';
    for (const place of placesFrom(layout, clock, limit, stops)) {
      if (eventNumber(place) <= last) continue;
      last = eventNumber(place);
      yield place;
    }
  }
}

/**
 * The events of some places, in order. A day's boundaries come with its date and the counts of its slots. A place's counts are of
 * the day's bars that are visible there.
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
      const waitedMs = Math.round(dayChanges.waitedMs(dayIndex) * 1000) / 1000;
      events.push({ type, time, fields: { ...day, expected: slotCount * day.symbols, waitedMs } });
      continue;
    }
    const slots = slotsByDay.get(dayIndex) ?? (await readDaySlots(store, dayIndex));
    slotsByDay.set(dayIndex, slots);
    const visible = type === 'day-closed' ? slotCount : slotCount - 1;
    events.push({ type, time, fields: { ...day, ...countFields(countsBefore(slots, visible)) } });
  }
  return events;
}
