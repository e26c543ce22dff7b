/**
 * Slot arithmetic: which bars a trading day has at an interval, and the slot of each one. Slots are numbered from 0 across all segments. A
 * bar never crosses a break, so the last bar of a segment may be shorter. Only the bar of `1d` contains the breaks.
 */
import type { TradingDay } from './calendar/index.js';
import type { Interval } from './interval.js';

/** A segment with its slots `[first, end)`. */
type SegmentSlots = TradingDay['segments'][number] & { first: number; end: number };

/** The slots of one trading day at one interval. Immutable. */
export class DayGrid {
  readonly date: string;
  readonly slotCount: number;
  /** The first segment's open and the last segment's close, epoch ms. */
  readonly open: number;
  readonly close: number;
  /** Time from one slot's open to the next slot's open within a segment, in ms. */
  readonly stepMs: number;
  private readonly segments: readonly SegmentSlots[];

  constructor(
    readonly day: TradingDay,
    readonly interval: Interval,
  ) {
    const firstSegment = day.segments[0];
    const lastSegment = day.segments.at(-1);
    if (!firstSegment || !lastSegment)
      throw new RangeError(`trading day ${day.date}: expected at least one segment, was none`);
    this.date = day.date;
    this.open = firstSegment.open;
    this.close = lastSegment.close;
    // A daily bar is one slot that contains the breaks.
    this.stepMs = interval.daily ? this.close - this.open : interval.ms;
    const spans = interval.daily ? [{ open: this.open, close: this.close }] : day.segments;
    let end = 0;
    this.segments = spans.map(({ open, close }) => {
      const firstSlot = end;
      end += Math.ceil((close - open) / this.stepMs);
      return { open, close, first: firstSlot, end };
    });
    this.slotCount = end;
  }

  /** Open time of a slot, epoch ms. @throws RangeError outside `[0, slotCount)`. */
  openTime(slot: number): number {
    const segment = this.segmentOf(slot);
    return segment.open + (slot - segment.first) * this.stepMs;
  }

  /** Close time of a slot, exclusive, epoch ms; the last slot of a segment closes with the segment. @throws as {@link openTime} */
  closeTime(slot: number): number {
    const segment = this.segmentOf(slot);
    return Math.min(segment.open + (slot + 1 - segment.first) * this.stepMs, segment.close);
  }

  /** The slot that opens exactly at `time`, or the reason why there is none. */
  slotAt(time: number): number | 'off-grid' | 'outside-calendar' {
    for (const segment of this.segments) {
      if (time < segment.open || time >= segment.close) continue;
      const steps = (time - segment.open) / this.stepMs;
      return Number.isInteger(steps) ? segment.first + steps : 'off-grid';
    }
    return 'outside-calendar';
  }

  /** The segment that contains `time`; undefined outside the segments. For a daily grid, one segment contains the breaks. */
  segmentAt(time: number): Readonly<SegmentSlots> | undefined {
    return this.segments.find(({ open, close }) => time >= open && time < close);
  }

  /** Number `n` of slots with `closeTime <= time`: slots `[0, n)` are closed. */
  closedBy(time: number): number {
    let closed = 0;
    for (const segment of this.segments) {
      if (time >= segment.close) closed = segment.end;
      else if (time > segment.open) closed = segment.first + Math.floor((time - segment.open) / this.stepMs);
    }
    return closed;
  }

  /** The first slot with `openTime >= time`; `slotCount` when there is none. */
  firstFrom(time: number): number {
    for (const segment of this.segments) {
      if (time <= segment.open) return segment.first;
      if (time < segment.close) return segment.first + Math.ceil((time - segment.open) / this.stepMs);
    }
    return this.slotCount;
  }

  private segmentOf(slot: number): SegmentSlots {
    for (const segment of this.segments) if (slot >= segment.first && slot < segment.end) return segment;
    throw new RangeError(`slot: expected a whole number in [0, ${this.slotCount}), was ${slot}`);
  }
}

/** Bucket `b` covers base slots `[starts[b], starts[b + 1])`, at least one. The buckets cover the day without overlap. */
export function bucketStarts(base: DayGrid, derived: DayGrid): Int32Array {
  const starts = new Int32Array(derived.slotCount + 1);
  for (let bucket = 0; bucket < derived.slotCount; bucket++) starts[bucket] = base.firstFrom(derived.openTime(bucket));
  starts[derived.slotCount] = base.slotCount;
  return starts;
}
