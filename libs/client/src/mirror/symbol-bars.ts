/**
 * All bars that a mirror holds of one symbol: one series per interval of the session, filled from stored records. Derived bars
 * are either read from the store, or derived here from the base bars with the function that upkeep uses. Does no I/O.
 */
import {
  aggregateInto,
  DayChunk,
  hasBit,
  intervalName,
  ORIGIN_OFFSET,
  RECORD_BYTES,
  recordOffset,
  type DayGrid,
  type Interval,
} from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';
import { BarColumns } from './columns.js';
import { MirrorSeries } from './series.js';
import { slotClock, slotOpens } from './slot-clock.js';

/** Which process derives the bars that are shown: the session's upkeep workers, or this one. */
export type DerivedBy = 'upkeep' | 'client';

/** Records of slots `[fromSlot, toSlot)`, in sequence; records at the end may be missing. */
interface SlotRecords {
  records: Uint8Array;
  fromSlot: number;
  toSlot: number;
}

/** Stored records of a day. */
export interface DayRecords extends SlotRecords {
  /** Index into the layout's days. */
  day: number;
  interval: Interval;
}

/** Upper bound of the initial capacity, in days. A large one avoids copies when rows are added; unwritten memory costs nothing. */
const INITIAL_DAYS_MAX = 8;

export class SymbolBars {
  readonly base: MirrorSeries;
  /** The derived series, by interval, in the order of the spec. */
  readonly derived: ReadonlyMap<string, MirrorSeries>;
  private readonly byName: ReadonlyMap<string, MirrorSeries>;
  /** The base bars of the newest written day; set only when this process derives bars. */
  private newestDay: { day: number; chunk: DayChunk } | undefined;

  /** @param daysHeld number of days that will be held at once, including the current day and the days loaded ahead */
  constructor(
    readonly symbol: string,
    readonly partition: number,
    layout: SessionLayout,
    private readonly derivedBy: DerivedBy,
    daysHeld = 2,
  ) {
    const days = Math.min(INITIAL_DAYS_MAX, daysHeld, layout.days.length);
    const capacity = (interval: Interval) => days * layout.grid(0, interval).slotCount;
    this.base = new MirrorSeries(slotClock(layout, layout.base), capacity(layout.base));
    // Only an interval whose bars this process or upkeep computes shows a forming bar.
    const computed = derivedBy === 'client' ? layout.derived : layout.computed;
    this.derived = new Map(
      layout.derived.map((interval) => {
        const base = computed.includes(interval) ? this.base : undefined;
        return [interval.name, new MirrorSeries(slotClock(layout, interval), capacity(interval), base)];
      }),
    );
    this.byName = new Map([[layout.base.name, this.base], ...this.derived]);
  }

  /** The series of an interval of the session, by any name of the interval (`60m` is `1h`), or undefined. */
  series(interval: string): MirrorSeries | undefined {
    return this.byName.get(interval) ?? this.byName.get(intervalName(interval) ?? interval);
  }

  /** Appends records, and the bars that this process derives from them. Replaces loaded bars from `fromSlot` on, of which none was shown. */
  append(layout: SessionLayout, { day, interval, records, fromSlot, toSlot }: DayRecords): void {
    const grid = layout.grid(day, interval);
    this.series(interval.name)?.columns.append(slotOpens(grid), records, fromSlot, toSlot);
    if (!this.derivesFrom(interval)) return;
    if (this.newestDay?.day === day) this.newestDay.chunk.clear(fromSlot);
    else this.newestDay = { day, chunk: new DayChunk(grid.slotCount) };
    writeRecords(this.newestDay.chunk, records, fromSlot, toSlot);
    const [from, to] = [closedAt(grid, fromSlot), closedAt(grid, toSlot)];
    for (const series of this.derived.values()) {
      const bars = this.derive(layout, day, this.newestDay.chunk, series.interval, from, to);
      if (!bars) continue;
      const opens = slotOpens(layout.grid(day, series.interval));
      series.columns.append(opens, bars.records, bars.fromSlot, bars.toSlot);
    }
  }

  /** Replaces all held bars of a day by the records of its first `toSlot` slots, and derives bars as {@link append} does. */
  replaceDay(layout: SessionLayout, { day, interval, records, toSlot }: Omit<DayRecords, 'fromSlot'>): void {
    this.rowsChanged();
    const grid = layout.grid(day, interval);
    const series = this.series(interval.name);
    if (series) replaceRows(series, grid, { records, fromSlot: 0, toSlot });
    if (!this.derivesFrom(interval)) return;
    const chunk = new DayChunk(grid.slotCount);
    writeRecords(chunk, records, 0, toSlot);
    if (this.newestDay === undefined || this.newestDay.day <= day) this.newestDay = { day, chunk };
    for (const derived of this.derived.values()) {
      const bars = this.derive(layout, day, chunk, derived.interval, grid.open, closedAt(grid, toSlot));
      if (bars) replaceRows(derived, layout.grid(day, derived.interval), bars);
    }
  }

  /** Drops bars that opened before `time`, epoch ms. */
  dropBefore(time: number): void {
    for (const series of this.byName.values()) series.columns.dropBefore(time);
    this.rowsChanged();
  }

  private rowsChanged(): void {
    for (const series of this.byName.values()) series.rowsChanged();
  }

  private derivesFrom({ name }: Interval): boolean {
    return this.derivedBy === 'client' && this.derived.size > 0 && name === this.base.interval.name;
  }

  /** The derived bars of the buckets that close in `(from, to]`, epoch ms; undefined when none does. */
  private derive(
    layout: SessionLayout,
    day: number,
    base: DayChunk,
    interval: Interval,
    from: number,
    to: number,
  ): SlotRecords | undefined {
    const { grid, starts } = layout.plan(day, interval);
    const [fromSlot, toSlot] = [grid.closedBy(from), grid.closedBy(to)];
    if (fromSlot >= toSlot) return undefined;
    // A small chunk for the closed buckets: allocating a whole day's chunk for every few slots would be slow.
    const into = new DayChunk(toSlot - fromSlot);
    aggregateInto(into, base, starts.subarray(fromSlot, toSlot + 1), toSlot - fromSlot);
    return { records: into.bytes.subarray(recordOffset(into.slotCount, 0)), fromSlot, toSlot };
  }
}

/** The time from which on all slots before `slot` are closed, epoch ms; the day's open for slot 0. */
function closedAt(grid: DayGrid, slot: number): number {
  return slot === 0 ? grid.open : grid.closeTime(slot - 1);
}

/** Replaces all rows of a day. */
function replaceRows(series: MirrorSeries, grid: DayGrid, { records, fromSlot, toSlot }: SlotRecords): void {
  const rows = new BarColumns();
  rows.append(slotOpens(grid), records, fromSlot, toSlot);
  series.columns.replace(grid.open, grid.close, rows);
}

/** Writes records into their slots of a chunk and sets their presence bits. */
function writeRecords(chunk: DayChunk, records: Uint8Array, fromSlot: number, toSlot: number): void {
  const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
  const start = recordOffset(chunk.slotCount, fromSlot);
  chunk.bytes.set(records.subarray(0, slots * RECORD_BYTES), start);
  // A record without an origin is an empty slot. In the bitmap, the first slot of a byte is its highest bit.
  for (let slot = fromSlot, at = start + ORIGIN_OFFSET; slot < fromSlot + slots; slot++, at += RECORD_BYTES) {
    if (chunk.bytes[at] !== 0 && !hasBit(chunk.bitmap, slot)) chunk.bitmap[slot >> 3]! |= 0x80 >> (slot & 7);
  }
}
