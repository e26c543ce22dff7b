/**
 * The forming bar: the derived bar of the bucket in which the clock stands, aggregated from the base bars that are visible.
 * A read makes it; it is never stored. Its close time is that of the last closed base slot, so that `closeTime <= clock`
 * holds as for any bar (I2). Pure.
 */
import { aggregateInto, type DerivedPlan } from './aggregate.js';
import type { StoredBar } from './bar.js';
import { DayChunk } from './chunk.js';
import type { DayGrid } from './slots.js';

/** A bucket with some, but not all, of its base slots closed. */
export interface FormingBucket {
  bucket: number;
  /** It covers base slots `[from, to)`; `[from, closed)` are closed. */
  from: number;
  closed: number;
  to: number;
}

/** The bucket that is forming at `clock`, epoch ms; undefined between two buckets, in a break, before and after the day. */
export function formingBucket(base: DayGrid, { starts }: DerivedPlan, clock: number): FormingBucket | undefined {
  const closed = base.closedBy(clock);
  let [bucket, end] = [0, starts.length - 1];
  while (bucket < end) {
    const middle = (bucket + end) >> 1;
    if ((starts[middle + 1] ?? 0) <= closed) bucket = middle + 1;
    else end = middle;
  }
  const [from, to] = [starts[bucket] ?? 0, starts[bucket + 1] ?? 0];
  return from < closed && closed < to ? { bucket, from, closed, to } : undefined;
}

/**
 * The bar of a forming bucket; undefined while none of its closed base slots has a bar.
 * @param chunk base bars of the day; only slots `[from, closed)` are read
 */
export function formingBar(
  base: DayGrid,
  { grid, starts }: DerivedPlan,
  { bucket, closed, to, from }: FormingBucket,
  chunk: DayChunk,
): StoredBar | undefined {
  const soFar = starts.slice();
  soFar[bucket + 1] = closed;
  const into = new DayChunk(grid.slotCount);
  aggregateInto(into, chunk, soFar, bucket + 1, bucket);
  const bar = into.bar(bucket, grid);
  return bar && { ...bar, closeTime: base.closeTime(closed - 1), expectedCount: to - from, complete: false };
}
