/**
 * Slot arithmetic: which bars a trading day has at an interval, and where each one stands.
 * Slots of a day are numbered from 0 across all its segments, each segment anchored at its own open; a bar never
 * crosses a break, so the last one of a segment may be shorter. Knows nothing of calendars beyond one day.
 */
import type { Segment, TradingDay } from './calendar/index.js';
import type { Interval } from './interval.js';

/** A segment with the slots it has. */
export interface SegmentSlots extends Segment {
  /** Number of the segment's first slot, and of the first slot after it. */
  first: number;
  end: number;
}

/** The slots of one trading day at one interval. Immutable. */
export class DayGrid {
  readonly date: string;
  readonly slotCount: number;
  /** First segment's open and last segment's close, epoch ms. */
  readonly open: number;
  readonly close: number;
  /** From one slot's open to the next one's, within a segment, in ms. */
  readonly stepMs: number;
  private readonly segments: readonly SegmentSlots[];

  constructor(
    readonly day: TradingDay,
    readonly interval: Interval,
  ) {
    const first = day.segments[0];
    const last = day.segments.at(-1);
    if (!first || !last) throw new RangeError(`trading day ${day.date}: expected at least one segment, was none`);
    this.date = day.date;
    this.open = first.open;
    this.close = last.close;
    // The trading day as one slot: its breaks lie inside the bar.
    this.stepMs = interval.daily ? last.close - first.open : interval.ms;
    const spans = interval.daily ? [{ open: first.open, close: last.close }] : day.segments;
    let slots = 0;
    this.segments = spans.map(({ open, close }) => {
      const firstSlot = slots;
      slots += Math.ceil((close - open) / this.stepMs);
      return { open, close, first: firstSlot, end: slots };
    });
    this.slotCount = slots;
  }

  /** Open time of a slot, epoch ms. @throws RangeError outside `[0, slotCount)`. */
  openTime(slot: number): number {
    const segment = this.segmentOf(slot);
    return segment.open + (slot - segment.first) * this.stepMs;
  }

  /** Close time of a slot, exclusive, epoch ms; that of a segment's last slot is the segment's close. */
  closeTime(slot: number): number {
    const segment = this.segmentOf(slot);
    return Math.min(segment.open + (slot + 1 - segment.first) * this.stepMs, segment.close);
  }

  /** The slot that opens exactly at `time`, or why there is none. */
  slotAt(time: number): number | 'off-grid' | 'outside-calendar' {
    for (const segment of this.segments) {
      if (time < segment.open || time >= segment.close) continue;
      const steps = (time - segment.open) / this.stepMs;
      return Number.isInteger(steps) ? segment.first + steps : 'off-grid';
    }
    return 'outside-calendar';
  }

  /** The segment that `time` lies in, or undefined. */
  segmentAt(time: number): Readonly<SegmentSlots> | undefined {
    return this.segments.find(({ open, close }) => time >= open && time < close);
  }

  /** How many slots have `closeTime <= time`: slots `[0, n)` are closed, the rest is not. */
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

/**
 * Which base slots each derived window is made of: window `w` covers base slots `[starts[w], starts[w + 1])`.
 * Every window has at least one base slot, and the windows cover the day without overlap.
 */
export function windowStarts(base: DayGrid, derived: DayGrid): Int32Array {
  const starts = new Int32Array(derived.slotCount + 1);
  for (let window = 0; window < derived.slotCount; window++) starts[window] = base.firstFrom(derived.openTime(window));
  starts[derived.slotCount] = base.slotCount;
  return starts;
}
