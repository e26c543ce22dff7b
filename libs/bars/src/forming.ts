/**
 * The derived bar that is still forming: the window in which the clock stands, made when it is read of the base bars
 * that are visible by then. It is never stored. Its close time is that of the last closed base slot, so that, as for any
 * bar, `closeTime <= clock` (I2). Pure.
 */
import { aggregateInto, type DerivedPlan } from './aggregate.js';
import type { StoredBar } from './bar.js';
import { DayChunk } from './chunk.js';
import type { DayGrid } from './slots.js';

/** A window of which some base slots are closed, not all. */
export interface FormingWindow {
  window: number;
  /** Its closed base slots are `[from, closed)`, its whole run `[from, to)`. */
  from: number;
  closed: number;
  to: number;
}

/** The window of a day that is open at `clock`, epoch ms; undefined between two windows, in a break, before and after the day. */
export function formingWindow(base: DayGrid, { starts }: DerivedPlan, clock: number): FormingWindow | undefined {
  const closed = base.closedBy(clock);
  let [window, end] = [0, starts.length - 1];
  while (window < end) {
    const middle = (window + end) >> 1;
    if ((starts[middle + 1] ?? 0) <= closed) window = middle + 1;
    else end = middle;
  }
  const [from, to] = [starts[window] ?? 0, starts[window + 1] ?? 0];
  return from < closed && closed < to ? { window, from, closed, to } : undefined;
}

/**
 * The bar of a forming window, or undefined as long as none of its base bars is there.
 * @param chunk base bars of the day; those of slots `[from, closed)` are enough, later ones do not count
 */
export function formingBar(
  base: DayGrid,
  { grid, starts }: DerivedPlan,
  { window, closed, to, from }: FormingWindow,
  chunk: DayChunk,
): StoredBar | undefined {
  const soFar = starts.slice();
  soFar[window + 1] = closed;
  const into = new DayChunk(grid.slotCount);
  aggregateInto(into, chunk, soFar, window + 1, window);
  const bar = into.bar(window, grid);
  return bar && { ...bar, closeTime: base.closeTime(closed - 1), expectedCount: to - from, complete: false };
}
