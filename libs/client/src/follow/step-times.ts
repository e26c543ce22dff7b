/**
 * Computes the times of a follower's steps: the close of every slot of an interval, on the session's own days (not its
 * history), whether the session stores that interval or not. Slots restart at each segment's open, so a lunch break or an
 * early close ends a slot early. Pure.
 */
import { isDerivable, parseInterval, type Interval } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';

/** A step of a session. */
export interface StepTime {
  /** Epoch ms. */
  time: number;
  /** Index into the layout's days. */
  day: number;
  /** The slot of the day's steps that closes with it. */
  slot: number;
}

/** The session cannot be followed at this interval. */
export class StepIntervalError extends Error {
  override readonly name = 'StepIntervalError';
  constructor(
    /** The given value. */
    readonly every: string,
    /** The session's base interval. */
    readonly base: string,
  ) {
    super(`every: expected ${base}, a whole multiple of it, or day, was ${JSON.stringify(every)}`);
  }
}

/** The interval of `every`: `day` is the trading day, as `1d` is. @throws StepIntervalError */
export function stepInterval(every: string, base: Interval): Interval {
  let interval: Interval;
  try {
    interval = parseInterval(every === 'day' ? '1d' : every);
  } catch {
    throw new StepIntervalError(every, base.name);
  }
  if (interval.name !== base.name && !isDerivable(interval, base)) throw new StepIntervalError(every, base.name);
  return interval;
}

/** The steps after `time`, epoch ms, in order. */
export function* stepsAfter(layout: SessionLayout, every: Interval, time: number): Generator<StepTime> {
  for (let day = Math.max(dayAtClock(layout, time), layout.historyDays); day < layout.days.length; day++) {
    const grid = layout.grid(day, every);
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
