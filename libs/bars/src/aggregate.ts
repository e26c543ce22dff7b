/**
 * Aggregation of base bars into derived ones, over the numbers of day chunks: no object is made a bar.
 * A derived bar is made of exactly the base bars that are there, and says how many of how many (I5):
 * open of the first, close of the last, highest high, lowest low, sum of volumes in time order. Pure.
 */
import { DayChunk, hasBit, ORIGIN_CODES } from './chunk.js';
import { isDerivable, type Interval } from './interval.js';
import { DayGrid, windowStarts } from './slots.js';

/** How the windows of one derived interval lie over the base slots of a day; the same for all symbols. */
export interface DerivedPlan {
  grid: DayGrid;
  /** Window `w` is made of base slots `[starts[w], starts[w + 1])`. */
  starts: Int32Array;
}

/** Plans the windows of a day. @throws RangeError when `interval` is no whole multiple of the base interval. */
export function planDerived(base: DayGrid, interval: Interval): DerivedPlan {
  if (!isDerivable(interval, base.interval)) {
    throw new RangeError(`derived interval: expected a multiple of ${base.interval.name}, was ${interval.name}`);
  }
  const grid = new DayGrid(base.day, interval);
  return { grid, starts: windowStarts(base, grid) };
}

/**
 * Writes the windows `[first, windows)` of a day into `into`, each from the base bars present in it; a window without
 * any stays empty.
 */
export function aggregateInto(into: DayChunk, base: DayChunk, starts: Int32Array, windows: number, first = 0): void {
  const { bitmap, doubles, firstDouble } = base;
  for (let window = first; window < windows; window++) {
    const from = starts[window] ?? 0;
    const to = starts[window + 1] ?? 0;
    let count = 0;
    let open = 0;
    let high = -Infinity;
    let low = Infinity;
    let close = 0;
    let volume = 0;
    for (let slot = from, at = firstDouble + from * 6; slot < to; slot++, at += 6) {
      if (!hasBit(bitmap, slot)) continue;
      const barHigh = doubles[at + 1]!;
      const barLow = doubles[at + 2]!;
      if (count++ === 0) open = doubles[at]!;
      if (barHigh > high) high = barHigh;
      if (barLow < low) low = barLow;
      close = doubles[at + 3]!;
      volume += doubles[at + 4]!;
    }
    if (count > 0) into.write(window, open, high, low, close, volume, ORIGIN_CODES.derived, 0, count, to - from);
  }
}

/** The derived chunk of a day with the windows that are closed when `closedSlots` base slots are. */
export function aggregateDay(base: DayChunk, plan: DerivedPlan, closedSlots = base.slotCount): DayChunk {
  const derived = new DayChunk(plan.grid.slotCount);
  let windows = 0;
  while (windows < plan.grid.slotCount && (plan.starts[windows + 1] ?? 0) <= closedSlots) windows++;
  aggregateInto(derived, base, plan.starts, windows);
  return derived;
}
