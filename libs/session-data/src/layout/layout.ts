/**
 * The layout of a session's store: days, intervals, partitions and windows. It is computed from the spec and the changes of
 * its symbols, so that every process gets the same answer without asking. Pure.
 */
import {
  currentSymbols,
  DayGrid,
  addedPartition,
  intervalName,
  parseInterval,
  planDerived,
  sessionDays,
  sourceName,
  UNCHANGED,
  type DerivedPlan,
  type Interval,
  type Membership,
  type SessionSpec,
  type TradingDay,
} from '@barkeep/bars';
import { basePartition, basePartitionsOf, type PartitionKeys, partitionKeys } from './keys.js';

/**
 * Who reads a session. A strategy's answers depend on nothing after the clock (I2). An operator's show everything that is
 * stored, up to the frontier.
 */
export type View = 'strategy' | 'operator';

/** One step of the stream: base slots `[fromSlot, toSlot)` of a day, and the frontier before and after it. */
export interface Window {
  dayIndex: number;
  fromSlot: number;
  toSlot: number;
  /** The frontier when every earlier window is in the store, epoch ms. */
  prev: number;
  /** The frontier when this window is in the store: close time of its last slot, epoch ms. */
  to: number;
}

export class SessionLayout {
  /** The days of the history, then those of the session. */
  readonly days: readonly TradingDay[];
  /** Days of the history: `days[historyDays]` is the session's first own day. */
  readonly historyDays: number;
  readonly base: Interval;
  readonly derived: readonly Interval[];
  /** The base interval, then the derived ones. */
  readonly intervals: readonly Interval[];
  /** The derived intervals that upkeep computes: all, or none when the spec says so. */
  readonly computed: readonly Interval[];
  /** Datasets by their number in the bars' meta: the source, then the backfill datasets. */
  readonly datasets: readonly string[];
  /** First open, where the clock starts, and last close, epoch ms. */
  readonly start: number;
  readonly end: number;
  /** First open of the session's own days, epoch ms. */
  readonly sessionStart: number;
  /** Last close of the history, epoch ms; {@link start} when there is none. */
  readonly historyEnd: number;
  /** Current symbols: those of the spec without those that left, and those that joined. */
  readonly symbols: readonly string[];
  /** Number of partitions for the symbols of the spec; each later partition has one symbol that joined, or none. */
  readonly basePartitions: number;
  readonly keys: readonly PartitionKeys[];
  private readonly symbolsByPartition: readonly (readonly string[])[];
  private readonly partitionBySymbol = new Map<string, number>();
  private readonly grids = new Map<string, DayGrid[]>();
  private readonly plans = new Map<string, DerivedPlan[]>();

  /**
   * @param historyDays trading days before the first one; fewer when the calendar begins later
   * @param keptDays the days that the session was created with @default those that its calendar has now
   */
  constructor(
    readonly id: string,
    readonly incarnation: string,
    readonly spec: SessionSpec,
    keyPrefix: string,
    historyDays: number,
    readonly membership: Membership = UNCHANGED,
    keptDays?: readonly TradingDay[],
  ) {
    this.days = keptDays ?? sessionDays(spec, historyDays);
    this.historyDays = this.days.filter(({ date }) => date < spec.start).length;
    this.base = parseInterval(spec.baseInterval);
    this.derived = spec.derivedIntervals.map(parseInterval);
    this.intervals = [this.base, ...this.derived];
    this.computed = spec.upkeep.autoComputeDerived ? this.derived : [];
    this.datasets = [...new Set([sourceName(spec), ...spec.backfill])];
    this.start = this.grid(0).open;
    this.end = this.grid(this.days.length - 1).close;
    this.sessionStart = this.grid(this.historyDays).open;
    this.historyEnd = this.historyDays > 0 ? this.grid(this.historyDays - 1).close : this.start;
    this.symbols = currentSymbols(spec.symbols, membership);
    this.basePartitions = basePartitionsOf(spec.symbols.length);
    const count = Math.max(this.basePartitions, ...Object.keys(membership.stamps).map((partition) => +partition + 1));
    const partitions: string[][] = Array.from({ length: count }, () => []);
    for (const symbol of this.symbols) {
      const partition = addedPartition(membership, symbol) ?? basePartition(symbol, this.basePartitions);
      this.partitionBySymbol.set(symbol, partition);
      partitions[partition]!.push(symbol);
    }
    this.symbolsByPartition = partitions;
    this.keys = partitions.map((_, partition) => partitionKeys(keyPrefix, id, partition));
  }

  get partitions(): number {
    return this.keys.length;
  }

  /** Up to here the clock follows the watermark, from here on the frontier, epoch ms: a history is always behind a barrier. */
  get barrierEnd(): number {
    const { enabled, barrier } = this.spec.upkeep;
    if (!enabled) return this.start;
    return barrier === 'none' ? this.historyEnd : this.end;
  }

  symbolsOf(partition: number): readonly string[] {
    return this.symbolsByPartition[partition] ?? [];
  }

  /** The partition of a symbol, or undefined when the session does not have it. */
  partitionOf(symbol: string): number | undefined {
    return this.partitionBySymbol.get(symbol);
  }

  /**
   * The stamp in a partition's meta hash: the incarnation, and a version when the partition's symbols changed. Every write
   * compares it, so that a writer that does not know of the change writes nothing.
   */
  stampOf(partition: number): string {
    const version = this.membership.stamps[partition];
    return version === undefined ? this.incarnation : `${this.incarnation}+${version}`;
  }

  /** Whether a meta hash with this stamp belongs to the session, in any version. */
  owns(stamp: string | null | undefined): boolean {
    return stamp?.split('+')[0] === this.incarnation;
  }

  /** True for a partition whose symbol left, until another joins: nothing is written there. */
  isVacant(partition: number): boolean {
    return partition >= this.basePartitions && this.symbolsOf(partition).length === 0;
  }

  /** The symbols of a partition, and the symbols of the spec that left it. */
  everSymbolsOf(partition: number): readonly string[] {
    const { removed } = this.membership;
    const left = removed.filter((symbol) => basePartition(symbol, this.basePartitions) === partition);
    return [...this.symbolsOf(partition), ...left];
  }

  keysOf(partition: number): PartitionKeys {
    const keys = this.keys[partition];
    if (!keys) throw new RangeError(`partition: expected a number in [0, ${this.partitions}), was ${partition}`);
    return keys;
  }

  /** What a partition stores under own keys of a symbol's day: its states, then its chunks. */
  dayKeys(partition: number, symbol: string, date: string): string[] {
    const keys = this.keysOf(partition);
    return [keys.states(symbol, date), ...this.intervals.map(({ name }) => keys.chunk(name, symbol, date))];
  }

  /** The slots of a day at an interval; the base interval when none is named. */
  grid(dayIndex: number, interval: Interval = this.base): DayGrid {
    return (daysOf(this.grids, interval)[dayIndex] ??= new DayGrid(this.day(dayIndex), interval));
  }

  plan(dayIndex: number, interval: Interval): DerivedPlan {
    return (daysOf(this.plans, interval)[dayIndex] ??= planDerived(this.grid(dayIndex), interval));
  }

  day(dayIndex: number): TradingDay {
    const day = this.days[dayIndex];
    if (!day) throw new RangeError(`day: expected a number in [0, ${this.days.length}), was ${dayIndex}`);
    return day;
  }

  /** The first day that is not over at `time`; `days.length` when all are. */
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

  /** True for a day of the history: it streams whole, at any pace and with any barrier. */
  isHistory(dayIndex: number): boolean {
    return dayIndex < this.historyDays;
  }

  /** The first day of a store that retains bars from `retainedFrom` on, epoch ms; 0 when it has all days. */
  firstKept(retainedFrom: number): number {
    return retainedFrom <= this.start ? 0 : this.dayIndexAt(retainedFrom);
  }

  /** Whether the spec asks for any history. The calendar may have none. */
  get asksHistory(): boolean {
    const { trailingDays = 0, bars = 0 } = this.spec.history;
    return trailingDays > 0 || bars > 0;
  }

  /** The interval in which the history is counted: the spec's, otherwise the base interval. */
  get historyInterval(): Interval {
    return this.interval(this.spec.history.interval ?? this.base.name) ?? this.base;
  }

  /** The oldest day that stays when the clock is at `time`: the last `retainDays` closed days, and all later ones. */
  firstKeptAt(time: number): number {
    const { retainDays } = this.spec.history;
    return retainDays === 0 ? 0 : Math.max(0, this.dayIndexAt(time) - retainDays);
  }

  /** An interval that the session stores, by any of its names (`60m` is `1h`), or undefined. */
  interval(text: string): Interval | undefined {
    const name = intervalName(text);
    return this.intervals.find((interval) => interval.name === name);
  }

  /** Base slots of the session's own days that are closed at `time`, for one symbol. */
  slotsClosedBy(time: number): number {
    return this.days.reduce((sum, _, i) => (this.isHistory(i) ? sum : sum + this.grid(i).closedBy(time)), 0);
  }

  /** The close of the base slot that comes `slots` after those that are closed at `time`, epoch ms; the end when there are no more. */
  closeAfter(time: number, slots: number): number {
    let dayIndex = this.dayIndexAt(time);
    if (dayIndex === this.days.length) return this.end;
    let slot = this.grid(dayIndex).closedBy(time) + slots;
    for (; slot > this.grid(dayIndex).slotCount; dayIndex++) {
      if (dayIndex + 1 === this.days.length) return this.end;
      slot -= this.grid(dayIndex).slotCount;
    }
    return slot > 0 ? this.grid(dayIndex).closeTime(slot - 1) : time;
  }

  /** Base slots in a barrier window; a whole day in the history, and when the spec does not say minutes. */
  private windowSlots(dayIndex: number): number {
    const { barrier } = this.spec.upkeep;
    if (typeof barrier === 'string' || this.isHistory(dayIndex)) return this.grid(dayIndex).slotCount;
    return Math.max(1, Math.round((barrier.minutes * 60_000) / this.base.ms));
  }

  /** The start of the window in which a base slot of a day lies; `slotCount` for the end of the day. */
  windowStart(dayIndex: number, slot: number): number {
    const step = this.windowSlots(dayIndex);
    return slot === this.grid(dayIndex).slotCount ? slot : Math.floor(slot / step) * step;
  }

  /** The last end of a base slot that is not after `time`, epoch ms; {@link start} when there is none. */
  slotEndBefore(time: number): number {
    return this.endBefore(time, (_, closed) => closed);
  }

  /** The last end of a window that is not after `time`, epoch ms; {@link start} when there is none. */
  windowEndBefore(time: number): number {
    return this.endBefore(time, (dayIndex, closed) => this.windowStart(dayIndex, closed));
  }

  /** The end of the slots that `slotsOf` makes of the closed slots of the day of `time`; of the day before when there is none. */
  private endBefore(time: number, slotsOf: (dayIndex: number, closed: number) => number): number {
    const dayIndex = this.dayIndexAt(time);
    const grid = dayIndex < this.days.length ? this.grid(dayIndex) : undefined;
    const slots = grid ? slotsOf(dayIndex, grid.closedBy(time)) : 0;
    if (grid && slots > 0) return grid.closeTime(slots - 1);
    return dayIndex > 0 ? this.grid(dayIndex - 1).close : this.start;
  }

  /** The windows after a frontier, in order. The same for every process, so that a dataset's frontier is always a window's end; a feed's is any slot's. */
  *windowsFrom(frontier: number): Generator<Window> {
    const first = this.dayIndexAt(frontier);
    let prev = first > 0 ? this.grid(first - 1).close : this.start;
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

/** Cached values of an interval, by day. */
function daysOf<T>(made: Map<string, T[]>, { name }: Interval): T[] {
  return made.get(name) ?? made.set(name, []).get(name)!;
}
