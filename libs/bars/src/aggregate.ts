/**
 * Aggregates base bars into derived bars, on the numbers of day chunks. A derived bar covers a *bucket* of base slots: it has the open of
 * the bucket's first base bar, the close of the last one, the highest high, the lowest low, and the sum of the volumes in time order. Its
 * two counts are the base bars that the bucket has and those that the calendar expects (invariant I5 of docs/ARCHITECTURE.md). Pure.
 *
 * In the loops, `at` is the index of a record's open among the chunk's doubles (chunk.ts).
 */
import { COUNTS_WORD, DayChunk, ORIGIN_CODES, RECORD_DOUBLES } from './chunk.js';
import { isDerivable, type Interval } from './interval.js';
import { DayGrid, bucketStarts } from './slots.js';

/** Distance from a record's open to its other values, in doubles. */
const [HIGH, LOW, CLOSE, VOLUME] = [1, 2, 3, 4];
/** Local copies: in the compiled module the loops would look up a property for each use of an imported name. */
const [STRIDE, COUNTS] = [RECORD_DOUBLES, COUNTS_WORD];
/** Mask of the source count in word `2 * at + COUNTS` (`DayChunk.words`). */
const LOW_HALF = 0xffff;
/** A larger sum of volumes becomes this number, because infinity would be `null` in JSON. */
const MAX_VOLUME = Number.MAX_VALUE;

/** The buckets of one derived interval over the base slots of a day; the same for all symbols. */
export interface DerivedPlan {
  grid: DayGrid;
  /** Bucket `b` covers base slots `[starts[b], starts[b + 1])`. */
  starts: Int32Array;
}

/** Plans the buckets of a day. @throws RangeError when `interval` is not a whole multiple of the base interval. */
export function planDerived(base: DayGrid, interval: Interval): DerivedPlan {
  if (!isDerivable(interval, base.interval)) {
    throw new RangeError(`derived interval: expected a multiple of ${base.interval.name}, was ${interval.name}`);
  }
  const grid = new DayGrid(base.day, interval);
  return { grid, starts: bucketStarts(base, grid) };
}

/**
 * Writes the buckets `[first, end)` of a day into `into`, each from the base bars that are present in it. Leaves a bucket without a base
 * bar as it is.
 * @param starts bucket `b` covers base slots `[starts[b], starts[b + 1])`
 */
export function aggregateInto(into: DayChunk, base: DayChunk, starts: Int32Array, end: number, first = 0): void {
  const { bitmap, doubles, firstDouble } = base;
  for (let bucket = first; bucket < end; bucket++) {
    const from = starts[bucket]!;
    const to = starts[bucket + 1]!;
    let count = 0;
    let open = 0;
    let high = -Infinity;
    let low = Infinity;
    let close = 0;
    let volume = 0;
    for (let slot = from, at = firstDouble + from * STRIDE; slot < to; slot++, at += STRIDE) {
      if ((bitmap[slot >> 3]! & (0x80 >> (slot & 7))) === 0) continue; // the slot is empty
      const barHigh = doubles[at + HIGH]!;
      const barLow = doubles[at + LOW]!;
      if (count++ === 0) open = doubles[at]!;
      if (barHigh > high) high = barHigh;
      if (barLow < low) low = barLow;
      close = doubles[at + CLOSE]!;
      volume += doubles[at + VOLUME]!;
    }
    if (count === 0) continue;
    if (volume > MAX_VOLUME) volume = MAX_VOLUME;
    into.write(bucket, open, high, low, close, volume, ORIGIN_CODES.derived, 0, count, to - from);
  }
}

/** The source of a {@link CascadeStep} that is derived from the base bars. */
const BASE_BARS = -1;

/** One interval of a {@link Cascade}, and the bars from which it is derived. */
interface CascadeStep {
  plan: DerivedPlan;
  /** Index of the step whose buckets are the source, or {@link BASE_BARS}. */
  source: number;
  /** Bucket `b` covers buckets `[starts[b], starts[b + 1])` of the source. */
  starts: Int32Array;
}

/** All derived intervals of a day, each with its source. */
export type Cascade = readonly CascadeStep[];

/**
 * Plans a cascade for one day. The source of an interval is the earlier one with the fewest buckets whose whole buckets make up its
 * buckets. Without one, the base bars are the source.
 */
export function planCascade(plans: readonly DerivedPlan[]): Cascade {
  const steps: CascadeStep[] = [];
  for (const plan of plans) {
    let best: CascadeStep = { plan, source: BASE_BARS, starts: plan.starts };
    let fewestBuckets = Infinity;
    for (const [source, { plan: finer }] of steps.entries()) {
      // The index of the finer bucket at which each bucket starts; -1 when no finer bucket starts there.
      const starts = plan.starts.map((slot) => finer.starts.indexOf(slot));
      const hasWholeBuckets = !starts.includes(-1);
      if (!hasWholeBuckets || finer.grid.slotCount >= fewestBuckets) continue;
      best = { plan, source, starts };
      fewestBuckets = finer.grid.slotCount;
    }
    steps.push(best);
  }
  return steps;
}

/**
 * Derives, for all intervals of a day, the buckets that lie within the first `closedSlots` base slots. The bytes are those that
 * {@link aggregateInto} makes of the base bars. Prices and counts do not depend on how bars are grouped. A sum of volumes does,
 * because of rounding, so volumes are always added up from the base bars.
 * @param into chunks to overwrite, one for each step; new ones by default
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
    const buckets = closedBuckets(plan.starts, closedSlots);
    if (source === BASE_BARS) aggregateInto(chunk, base, starts, buckets);
    else joinBuckets(chunk, into[source]!, base, starts, plan.starts, buckets);
  }
  return into;
}

/**
 * Writes the first `buckets` buckets into the empty chunk `into`, each joined from whole buckets of `finer`. Bucket `b` covers the finer
 * buckets `[starts[b], starts[b + 1])` and the base slots `[baseStarts[b], baseStarts[b + 1])`.
 */
function joinBuckets(
  into: DayChunk,
  finer: DayChunk,
  base: DayChunk,
  starts: Int32Array,
  baseStarts: Int32Array,
  buckets: number,
): void {
  const { doubles, words, firstDouble } = finer;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const to = starts[bucket + 1]!;
    let count = 0;
    let open = 0;
    let high = -Infinity;
    let low = Infinity;
    let close = 0;
    for (let slot = starts[bucket]!, at = firstDouble + slot * STRIDE; slot < to; slot++, at += STRIDE) {
      const bars = words[2 * at + COUNTS]! & LOW_HALF;
      if (bars === 0) continue;
      const finerHigh = doubles[at + HIGH]!;
      const finerLow = doubles[at + LOW]!;
      if (count === 0) open = doubles[at]!;
      if (finerHigh > high) high = finerHigh;
      if (finerLow < low) low = finerLow;
      close = doubles[at + CLOSE]!;
      count += bars;
    }
    if (count === 0) continue;
    const [from, end] = [baseStarts[bucket]!, baseStarts[bucket + 1]!];
    const volume = volumeOf(base, from, end);
    into.write(bucket, open, high, low, close, volume, ORIGIN_CODES.derived, 0, count, end - from);
  }
}

/** Sum of the volumes of base slots `[from, to)` in time order. An empty slot's record is zeros and adds nothing. */
function volumeOf({ doubles, firstDouble }: DayChunk, from: number, to: number): number {
  let volume = 0;
  const end = firstDouble + to * STRIDE;
  for (let at = firstDouble + from * STRIDE; at < end; at += STRIDE) volume += doubles[at + VOLUME]!;
  return volume > MAX_VOLUME ? MAX_VOLUME : volume;
}

/** Number of buckets that lie within base slots `[0, closedSlots)`; also the index of the first bucket that does not. */
export function closedBuckets(starts: Int32Array, closedSlots: number): number {
  // Binary search for the last start that is not after the closed slots.
  let [buckets, most] = [0, starts.length - 1];
  while (buckets < most) {
    const middle = (buckets + most + 1) >> 1;
    if (starts[middle]! <= closedSlots) buckets = middle;
    else most = middle - 1;
  }
  return buckets;
}
