/**
 * The events that a move of the clock emits, and their order. A *place* is one of these events at its time: the clock is at
 * the close of a bar, or at a boundary of a day. Places have the same order in every process and at any pace, and the event
 * of each place is emitted once. Pure.
 *
 *   clock        the clock is at `time`: a close, or the next open after a night was skipped
 *   day-opened   the clock is at the day's open, and its first bars are stored
 *   day-closing  the last base bar of the day begins
 *   day-closed   the clock is at the day's close
 *
 * A day of the history emits only `clock`, at its close.
 */
import type { DayGrid } from '@barkeep/bars';
import type { SessionLayout } from '../layout/index.js';

/** Kinds of places. When several have one time, as on a calendar that never closes, the earlier kind in this list is first. */
const KINDS = ['clock', 'day-closed', 'day-opened', 'day-closing'] as const;
export type ClockEventType = (typeof KINDS)[number];

export interface ClockPlace {
  type: ClockEventType;
  /** Epoch ms. */
  time: number;
  /** Index in the layout's `days`. */
  dayIndex: number;
  /** The last base slot whose bar is visible at this place; undefined for a place that makes no bar visible. */
  slot?: number;
}

/** The event of a place, with its further fields. */
export interface ClockEvent {
  type: ClockEventType;
  /** Epoch ms. */
  time: number;
  /** Further fields, in their order in the stream. */
  fields?: Readonly<Record<string, string | number>>;
}

/** The number of an event: an integer that is larger for every later place. */
export function eventNumber({ type, time }: Pick<ClockEvent, 'type' | 'time'>): number {
  return time * KINDS.length + KINDS.indexOf(type);
}

/** The places in `[clock, limit]`, epoch ms, in order, without the `clock` event at `clock` itself. @param stops where the clock stops */
export function* placesFrom(
  layout: SessionLayout,
  clock: number,
  limit: number,
  stops: 'slots' | 'windows',
): Generator<ClockPlace> {
  for (const place of allPlaces(layout, clock, stops)) {
    if (place.time > limit) return;
    yield place;
  }
}

/** The places from `clock` to the session's end. */
function* allPlaces(layout: SessionLayout, clock: number, stops: 'slots' | 'windows'): Generator<ClockPlace> {
  // Include the day that closed at `clock`: its end may not have been emitted yet.
  for (let dayIndex = Math.max(0, layout.dayIndexAt(clock) - 1); dayIndex < layout.days.length; dayIndex++) {
    const grid = layout.grid(dayIndex);
    if (grid.close < clock) continue;
    if (layout.isHistory(dayIndex)) {
      // The clock passes the history day by day, without `day-opened` and `day-closed`.
      if (grid.close > clock) yield { type: 'clock', time: grid.close, dayIndex, slot: grid.slotCount - 1 };
      continue;
    }
    if (grid.open > clock) yield { type: 'clock', time: grid.open, dayIndex };
    if (grid.open >= clock) yield { type: 'day-opened', time: grid.open, dayIndex };
    const stopSlots = stops === 'slots' ? slotsAfter(grid, clock) : windowsAfter(layout, dayIndex, clock);
    for (const slot of stopSlots) {
      if (slot + 1 === grid.slotCount) yield { type: 'day-closing', time: grid.openTime(slot), dayIndex };
      yield { type: 'clock', time: grid.closeTime(slot), dayIndex, slot };
    }
    yield { type: 'day-closed', time: grid.close, dayIndex };
  }
}

/** A day's slots that close after `clock`. */
function* slotsAfter(grid: DayGrid, clock: number): Generator<number> {
  for (let slot = grid.closedBy(clock); slot < grid.slotCount; slot++) yield slot;
}

/** The last slots of a day's windows that end after `clock`. */
function* windowsAfter(layout: SessionLayout, dayIndex: number, clock: number): Generator<number> {
  for (const window of layout.windowsFrom(Math.max(layout.grid(dayIndex).open, clock))) {
    if (window.dayIndex > dayIndex) return;
    if (window.dayIndex === dayIndex) yield window.toSlot - 1;
  }
}
