/** Bars that a read makes and that are never stored: those of empty slots with `fill=forward`, and the forming bar. Pure. */
import { aggregateInto, closedBuckets, type DerivedPlan } from './aggregate.js';
import type { ShownBar, StoredBar } from './bar.js';
import { DayChunk } from './chunk.js';
import type { DayGrid } from './slots.js';

/** The slots of one day that a read shows. */
export interface FillRange {
  grid: DayGrid;
  /** Shows slots `[from, to)`. */
  from: number;
  to: number;
  /** Empty slots from this slot on are left out, because their bars may still arrive. */
  fillTo: number;
  /** For derived bars: slot `b` of the grid covers base slots `[starts[b], starts[b + 1])`. */
  starts?: Int32Array | undefined;
}

/**
 * A bar for each slot of the range, oldest first. An empty slot is shown with the last close as open, high, low and close, volume 0, origin
 * `filled-forward` and `sourceCount` 0.
 * @param lastClose close of the newest bar before the range; undefined when there is none: then no bar is shown before the first stored one
 * @returns the bars, and the last close to pass on for the next day
 */
export function fillForward(
  chunk: DayChunk | undefined,
  { grid, from, to, fillTo, starts }: FillRange,
  lastClose: number | undefined,
): { bars: ShownBar[]; lastClose: number | undefined } {
  if (!chunk && lastClose === undefined) return { bars: [], lastClose };
  const bars: ShownBar[] = [];
  let close = lastClose;
  for (let slot = from; slot < to; slot++) {
    const bar = chunk?.bar(slot, grid);
    if (bar) {
      bars.push(bar);
      close = bar.close;
    } else if (close !== undefined && slot < fillTo) {
      const expectedCount = starts ? (starts[slot + 1] ?? 0) - (starts[slot] ?? 0) : 1;
      bars.push(filledForwardBar(grid, slot, close, expectedCount));
    }
  }
  return { bars, lastClose: close };
}

/** The bar that an empty slot is shown with. @param expectedCount number of base slots that the slot covers */
function filledForwardBar(grid: DayGrid, slot: number, close: number, expectedCount: number): ShownBar {
  return {
    openTime: grid.openTime(slot),
    closeTime: grid.closeTime(slot),
    open: close,
    high: close,
    low: close,
    close,
    volume: 0,
    origin: 'filled-forward',
    dataset: 0,
    sourceCount: 0,
    expectedCount,
    complete: false,
  };
}

/** A bucket with some, but not all, of its base slots closed. */
export interface FormingBucket {
  bucket: number;
  /** The bucket covers base slots `[from, to)`, of which `[from, closed)` are closed. */
  from: number;
  closed: number;
  to: number;
}

/** The bucket that is forming at `clock`, epoch ms; undefined between two buckets, in a break, before the day and after it. */
export function formingBucket(base: DayGrid, { starts }: DerivedPlan, clock: number): FormingBucket | undefined {
  const closed = base.closedBy(clock);
  const bucket = closedBuckets(starts, closed);
  const [from, to] = [starts[bucket] ?? 0, starts[bucket + 1] ?? 0];
  return from < closed && closed < to ? { bucket, from, closed, to } : undefined;
}

/**
 * The bar of a forming bucket, from the visible base bars; undefined while no closed base slot of the bucket has a bar. It closes with the
 * last closed base slot, so that `closeTime <= clock` holds as for any bar (invariant I2 of docs/ARCHITECTURE.md).
 * @param chunk base bars of the day; only slots `[from, closed)` are read
 */
export function formingBar(
  base: DayGrid,
  { grid, starts }: DerivedPlan,
  { bucket, from, closed, to }: FormingBucket,
  chunk: DayChunk,
): StoredBar | undefined {
  const startsSoFar = starts.slice();
  startsSoFar[bucket + 1] = closed; // aggregates as if the bucket ended here
  const into = new DayChunk(grid.slotCount);
  aggregateInto(into, chunk, startsSoFar, bucket + 1, bucket);
  const bar = into.bar(bucket, grid);
  return bar && { ...bar, closeTime: base.closeTime(closed - 1), expectedCount: to - from, complete: false };
}
