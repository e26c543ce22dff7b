/** The days, intervals, slots and windows of a session, computed from its spec. Times are epoch ms. Pure. */
import { DayGrid, intervalName, parseInterval, planDerived, sessionDays } from '@barkeep/bars';
import type { DerivedPlan, Interval, SessionSpec, TradingDay } from '@barkeep/bars';

/** What the stream reads and flushes at once: base slots `[fromSlot, toSlot)` of a day; the frontier before and after that. */
export interface Window {
  dayIndex: number;
  fromSlot: number;
  toSlot: number;
  /** The frontier when every earlier window is in the store, epoch ms. */
  prev: number;
  /** The frontier when this window is in the store: close time of its last slot, epoch ms. */
  to: number;
}

export class LayoutDays {
  /** The days of the history, then those of the session. */
  readonly days: readonly TradingDay[];
  /** Number of days of the history: `days[historyDays]` is the first day after it. */
  readonly historyDays: number;
  readonly base: Interval;
  readonly derived: readonly Interval[];
  /** The base interval, then the derived ones. */
  readonly intervals: readonly Interval[];
  /** The derived intervals that upkeep computes: all of them, or none when the spec's `autoComputeDerived` is false. */
  readonly computed: readonly Interval[];
  /** First open of all days, history included: the clock starts there. */
  readonly start: number;
  /** Last close of all days. */
  readonly end: number;
  /** First open after the history. */
  readonly sessionStart: number;
  /** Last close of the history; {@link start} when there is none. */
  readonly historyEnd: number;
  private readonly grids = new Map<string, DayGrid[]>();
  private readonly plans = new Map<string, DerivedPlan[]>();

  /**
   * @param historyDays how many days before the spec's start to take from the calendar
   * @param keptDays the days with which the session was created; these count, as the calendar may have changed since
   */
  constructor(
    readonly spec: SessionSpec,
    historyDays: number,
    keptDays: readonly TradingDay[] = sessionDays(spec, historyDays),
  ) {
    this.days = keptDays;
    this.historyDays = this.days.filter(({ date }) => date < spec.start).length;
    this.base = parseInterval(spec.baseInterval);
    this.derived = spec.derivedIntervals.map(parseInterval);
    this.intervals = [this.base, ...this.derived];
    this.computed = spec.upkeep.autoComputeDerived ? this.derived : [];
    this.start = this.grid(0).open;
    this.end = this.grid(this.days.length - 1).close;
    this.sessionStart = this.grid(this.historyDays).open;
    this.historyEnd = this.historyDays > 0 ? this.grid(this.historyDays - 1).close : this.start;
  }

  /** An interval that the session stores, by any of its names (`60m` is `1h`), or undefined. */
  interval(text: string): Interval | undefined {
    const name = intervalName(text);
    return this.intervals.find((interval) => interval.name === name);
  }

  /** The slots of a day at an interval. @param interval @default the base interval */
  grid(dayIndex: number, interval: Interval = this.base): DayGrid {
    return (daysOf(this.grids, interval)[dayIndex] ??= new DayGrid(this.day(dayIndex), interval));
  }

  /** The buckets of a day at a derived interval. */
  plan(dayIndex: number, interval: Interval): DerivedPlan {
    return (daysOf(this.plans, interval)[dayIndex] ??= planDerived(this.grid(dayIndex), interval));
  }

  day(dayIndex: number): TradingDay {
    const day = this.days[dayIndex];
    if (!day) throw new RangeError(`day: expected a number in [0, ${this.days.length}), was ${dayIndex}`);
    return day;
  }

  /** Index of the first day that is not over at `time`; `days.length` when all are over. */
  dayIndexAt(time: number): number {
    // Binary search: every move of the clock calls this.
    let [low, high] = [0, this.days.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.day(middle).segments.at(-1)!.close > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  dayIndexOf(date: string): number | undefined {
    const index = this.days.findIndex((day) => day.date === date);
    return index < 0 ? undefined : index;
  }

  /** True for a day of the history, which is always streamed whole, at any pace and with any barrier. */
  isHistory(dayIndex: number): boolean {
    return dayIndex < this.historyDays;
  }

  /** Whether the spec requests history. The calendar may have no days for it. */
  get asksHistory(): boolean {
    const { trailingDays = 0, bars = 0 } = this.spec.history;
    return trailingDays > 0 || bars > 0;
  }

  /** The interval in which the history is counted: the spec's, otherwise the base interval. */
  get historyInterval(): Interval {
    return this.interval(this.spec.history.interval ?? this.base.name) ?? this.base;
  }

  /** Index of the first day that a store still has; 0 when it has all days. @param retainedFrom time from which it has bars, epoch ms */
  firstKept(retainedFrom: number): number {
    return retainedFrom <= this.start ? 0 : this.dayIndexAt(retainedFrom);
  }

  /** Index of the first day that a store must keep when the clock is at `time`: `retainDays` closed days and all later ones. */
  firstKeptAt(time: number): number {
    const { retainDays } = this.spec.history;
    return retainDays === 0 ? 0 : Math.max(0, this.dayIndexAt(time) - retainDays);
  }

  /**
   * Before this time (epoch ms) the clock follows the watermark, after it the frontier. It is the start without upkeep, and the end with
   * barriers. With upkeep and the barrier `none` it is the end of the history, which is always repaired before it is shown.
   */
  get barrierEnd(): number {
    const { enabled, barrier } = this.spec.upkeep;
    if (!enabled) return this.start;
    return barrier === 'none' ? this.historyEnd : this.end;
  }

  /** Number of a symbol's base slots after the history that are closed at `time`. */
  slotsClosedBy(time: number): number {
    return this.days.reduce((sum, _, i) => (this.isHistory(i) ? sum : sum + this.grid(i).closedBy(time)), 0);
  }

  /** Number of base slots of the history, for one symbol. */
  get historySlots(): number {
    return this.days.slice(0, this.historyDays).reduce((sum, _, i) => sum + this.grid(i).slotCount, 0);
  }

  /** When `slots` more base slots are closed than at `time`, epoch ms; the session's end when there are fewer. */
  closeAfter(time: number, slots: number): number {
    let dayIndex = this.dayIndexAt(time);
    if (dayIndex === this.days.length) return this.end;
    // How many slots of day `dayIndex` must be closed. What exceeds the day is carried into the next one.
    let closed = this.grid(dayIndex).closedBy(time) + slots;
    for (; closed > this.grid(dayIndex).slotCount; dayIndex++) {
      if (dayIndex + 1 === this.days.length) return this.end;
      closed -= this.grid(dayIndex).slotCount;
    }
    return closed > 0 ? this.grid(dayIndex).closeTime(closed - 1) : time;
  }

  /** Number of base slots per window; the whole day in the history, and when the spec's barrier has no minutes. */
  private windowSlots(dayIndex: number): number {
    const { barrier } = this.spec.upkeep;
    if (typeof barrier === 'string' || this.isHistory(dayIndex)) return this.grid(dayIndex).slotCount;
    return Math.max(1, Math.round((barrier.minutes * 60_000) / this.base.ms));
  }

  /** The first slot of the window that contains a base slot. `slotCount` (the end of the day) is returned unchanged. */
  windowStart(dayIndex: number, slot: number): number {
    const step = this.windowSlots(dayIndex);
    return slot === this.grid(dayIndex).slotCount ? slot : Math.floor(slot / step) * step;
  }

  /** The last end of a base slot at or before `time`, epoch ms; {@link start} when there is none. */
  slotEndBefore(time: number): number {
    const [dayIndex, closed] = this.closedAt(time);
    return this.endOfSlots(dayIndex, closed);
  }

  /** The last end of a window at or before `time`, epoch ms; {@link start} when there is none. */
  windowEndBefore(time: number): number {
    const [dayIndex, closed] = this.closedAt(time);
    if (closed === 0) return this.endOfSlots(dayIndex, 0); // before the first close of a day, or after the last day
    return this.endOfSlots(dayIndex, this.windowStart(dayIndex, closed));
  }

  /** The first day that is not over at `time`, and how many of its slots are closed then; `days.length` and 0 when all are over. */
  private closedAt(time: number): [dayIndex: number, closed: number] {
    const dayIndex = this.dayIndexAt(time);
    return [dayIndex, dayIndex < this.days.length ? this.grid(dayIndex).closedBy(time) : 0];
  }

  /** The end of the first `slots` slots of a day; of no slots: the close of the day before, or {@link start}. */
  private endOfSlots(dayIndex: number, slots: number): number {
    if (slots > 0) return this.grid(dayIndex).closeTime(slots - 1);
    return dayIndex > 0 ? this.grid(dayIndex - 1).close : this.start;
  }

  /**
   * The windows that end after a frontier, in order. In a session over a dataset the frontier is the end of a window. In a fed session it may
   * be within one; then `prev` of the first window is before it.
   */
  *windowsFrom(frontier: number): Generator<Window> {
    const first = this.dayIndexAt(frontier);
    let prev = this.endOfSlots(first, 0);
    for (let dayIndex = first; dayIndex < this.days.length; dayIndex++) {
      const grid = this.grid(dayIndex);
      const step = this.windowSlots(dayIndex);
      for (let fromSlot = 0; fromSlot < grid.slotCount; fromSlot += step) {
        const toSlot = Math.min(fromSlot + step, grid.slotCount);
        const to = grid.closeTime(toSlot - 1);
        if (to > frontier) yield { dayIndex, fromSlot, toSlot, prev, to };
        prev = to;
      }
    }
  }
}

/** The cached values of an interval, by index of the day. */
function daysOf<T>(cache: Map<string, T[]>, { name }: Interval): T[] {
  return cache.get(name) ?? cache.set(name, []).get(name)!;
}
