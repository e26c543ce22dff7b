/**
 * When the steps of a followed session take place: at the close of each slot of the followed interval, even of an empty slot, on the
 * session's own days (not its history). Slots restart at each segment's open, so a lunch break or an early close ends a slot early. Pure.
 */
import { isDerivable, isInterval, parseInterval, type DayGrid, type Interval } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';
import { StepIntervalError } from './errors.js';

/** The slot at whose close a step takes place. */
export interface StepTime {
  /** Close time of the slot, epoch ms. */
  time: number;
  /** Index into the layout's days. */
  day: number;
  /** Number of the slot on that day, from 0. */
  slot: number;
}

/** The interval that `every` names; `day` means `1d`, the trading day. @throws StepIntervalError */
export function stepInterval(every: string, base: Interval): Interval {
  const name = every === 'day' ? '1d' : every;
  const interval = isInterval(name) ? parseInterval(name) : undefined;
  if (interval && (interval.name === base.name || isDerivable(interval, base))) return interval;
  throw new StepIntervalError(every, base.name);
}

/** The steps after `time`, epoch ms, in order; none on the days of the history. */
export function* stepsAfter(layout: SessionLayout, every: Interval, time: number): Generator<StepTime> {
  for (let day = Math.max(dayAtClock(layout, time), layout.historyDays); day < layout.days.length; day++) {
    const grid = layout.grid(day, every);
    // The number of slots that are closed at `time` is also the index of the first slot that closes later.
    for (let slot = grid.closedBy(time); slot < grid.slotCount; slot++) yield { time: grid.closeTime(slot), day, slot };
  }
}

/** Time of the last step at or before `time`, both epoch ms; the session's start when there is none. */
export function lastStepAt(layout: SessionLayout, every: Interval, time: number): number {
  for (let day = dayAtClock(layout, time); day >= layout.historyDays; day--) {
    const grid = layout.grid(day, every);
    const closed = grid.closedBy(time);
    if (closed > 0) return grid.closeTime(closed - 1);
  }
  return layout.sessionStart;
}

/** Close times of a day's slots in `(after, to]`, epoch ms; at most the first `most` of them. */
export function closesBetween(grid: DayGrid, after: number, to: number, most: number): number[] {
  const first = grid.closedBy(after);
  const end = Math.min(grid.closedBy(to), first + most);
  return Array.from({ length: end - first }, (_, i) => grid.closeTime(first + i));
}
