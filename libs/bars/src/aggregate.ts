/**
 * Aggregation of base bars into derived ones, over the numbers of day chunks: no object is made a bar.
 * A derived bar is made of exactly the base bars that are there, and says how many of how many (I5):
 * open of the first, close of the last, highest high, lowest low, sum of volumes in time order. Pure.
 */
import { DayChunk, ORIGIN_CODES } from './chunk.js';
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
    const from = starts[window]!;
    const to = starts[window + 1]!;
    let count = 0;
    let open = 0;
    let high = -Infinity;
    let low = Infinity;
    let close = 0;
    let volume = 0;
    for (let slot = from, at = firstDouble + from * 6; slot < to; slot++, at += 6) {
      if ((bitmap[slot >> 3]! & (0x80 >> (slot & 7))) === 0) continue;
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

/**
 * One interval of a {@link Cascade}: it is derived from an interval before it, where its windows are made of whole windows of that
 * one, and from the base bars otherwise.
 */
interface CascadeStep {
  plan: DerivedPlan;
  /** Number of the step that it is derived from; -1 for the base bars. */
  source: number;
  /** Window `w` is made of windows `[starts[w], starts[w + 1])` of the source. */
  starts: Int32Array;
}

/** All derived intervals of a day, each with what it is derived from. */
export type Cascade = readonly CascadeStep[];

/** Finds for each plan the one before it with the fewest windows that nest in its own. Plans are of one day, in any order. */
export function planCascade(plans: readonly DerivedPlan[]): Cascade {
  const steps: CascadeStep[] = [];
  for (const plan of plans) {
    let best: CascadeStep = { plan, source: -1, starts: plan.starts };
    steps.forEach(({ plan: finer }, source) => {
      const starts = plan.starts.map((slot) => finer.starts.indexOf(slot));
      if (!starts.includes(-1) && finer.starts.length < (steps[best.source]?.plan.starts.length ?? Infinity)) {
        best = { plan, source, starts };
      }
    });
    steps.push(best);
  }
  return steps;
}

/**
 * Derives all intervals of a day, the windows that are closed when `closedSlots` base slots are. The bytes are those of
 * {@link aggregateDay} for each: of what it derives from another interval, open, high, low, close and counts come to the same
 * whatever is joined first; volumes do not, so they are added up from the base bars.
 * @param into chunks to write into, one a step, whatever is in them; new ones when there are none
 */
export function aggregateCascade(
  base: DayChunk,
  cascade: Cascade,
  closedSlots = base.slotCount,
  into: readonly DayChunk[] = cascade.map(({ plan }) => new DayChunk(plan.grid.slotCount)),
): readonly DayChunk[] {
  for (let i = 0; i < cascade.length; i++) {
    const { plan, source, starts } = cascade[i]!;
    const chunk = into[i]!;
    chunk.clear();
    const windows = closedWindowsOf(plan.starts, closedSlots);
    if (source < 0) aggregateInto(chunk, base, starts, windows);
    else joinWindows(chunk, into[source]!, base, starts, plan.starts, windows);
  }
  return into;
}

/** Writes windows that are made of windows of a finer chunk; `starts` counts those, `baseStarts` base slots. */
function joinWindows(
  into: DayChunk,
  finer: DayChunk,
  base: DayChunk,
  starts: Int32Array,
  baseStarts: Int32Array,
  windows: number,
): void {
  const { doubles, words, firstDouble } = finer;
  for (let window = 0; window < windows; window++) {
    const to = starts[window + 1]!;
    let count = 0;
    let open = 0;
    let high = -Infinity;
    let low = Infinity;
    let close = 0;
    for (let slot = starts[window]!, at = firstDouble + slot * 6; slot < to; slot++, at += 6) {
      const bars = words[2 * at + 11]! & 0xffff;
      if (bars === 0) continue;
      const finerHigh = doubles[at + 1]!;
      const finerLow = doubles[at + 2]!;
      if (count === 0) open = doubles[at]!;
      if (finerHigh > high) high = finerHigh;
      if (finerLow < low) low = finerLow;
      close = doubles[at + 3]!;
      count += bars;
    }
    if (count === 0) continue;
    const [from, end] = [baseStarts[window]!, baseStarts[window + 1]!];
    const volume = volumeOf(base, from, end);
    into.write(window, open, high, low, close, volume, ORIGIN_CODES.derived, 0, count, end - from);
  }
}

/** Volumes of base slots `[from, to)` in time order. An empty slot's record is zeros, and adds nothing. */
function volumeOf({ doubles, firstDouble }: DayChunk, from: number, to: number): number {
  let volume = 0;
  const end = firstDouble + to * 6 + 4;
  for (let at = firstDouble + from * 6 + 4; at < end; at += 6) volume += doubles[at]!;
  return volume;
}

/** The derived chunk of a day with the windows that are closed when `closedSlots` base slots are. */
export function aggregateDay(base: DayChunk, plan: DerivedPlan, closedSlots = base.slotCount): DayChunk {
  const derived = new DayChunk(plan.grid.slotCount);
  aggregateInto(derived, base, plan.starts, closedWindowsOf(plan.starts, closedSlots));
  return derived;
}

/** How many windows are made of base slots `[0, closedSlots)` alone. */
function closedWindowsOf(starts: Int32Array, closedSlots: number): number {
  let windows = starts.length - 1;
  while (windows > 0 && starts[windows]! > closedSlots) windows--;
  return windows;
}
