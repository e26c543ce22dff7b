/**
 * All bars that a mirror holds of one symbol: a series for each interval of the session, brought up to date from stored
 * records. Derived bars are those that upkeep stored, or are made here of the base bars, by the same function. Does no I/O.
 */
import {
  aggregateInto,
  DayChunk,
  hasBit,
  RECORD_BYTES,
  recordOffset,
  type DayGrid,
  type Interval,
} from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';
import { BarColumns } from './columns.js';
import { BarSeries, type SymbolVersion } from './series.js';
import { slotClock, slotOpens } from './slot-clock.js';

/** Who makes the derived bars that are shown: the upkeep workers of the session, or this process. */
export type DerivedBy = 'upkeep' | 'client';

/** Stored records of slots `[fromSlot, toSlot)` of a day, one after another. */
export interface DayRecords {
  day: number;
  interval: Interval;
  records: Uint8Array;
  fromSlot: number;
  toSlot: number;
}

/** Days that there is room for at first, at most: growing means copying all, and memory that is not written to costs nothing. */
const DAYS_FIRST_MAX = 8;

export class SymbolBars implements SymbolVersion {
  version = 0;
  readonly base: BarSeries;
  /** The derived series, by interval, in the order of the spec. */
  readonly derived: ReadonlyMap<string, BarSeries>;
  /** The base bars of the day that was written last; only where derived bars are made here. */
  private today: { day: number; chunk: DayChunk } | undefined;

  /** @param daysHeld days that will be held at once, the one that is followed and what is loaded ahead of it among them */
  constructor(
    readonly symbol: string,
    readonly partition: number,
    layout: SessionLayout,
    private readonly derivedBy: DerivedBy,
    daysHeld = 2,
  ) {
    const days = Math.min(DAYS_FIRST_MAX, daysHeld, layout.days.length);
    const room = (interval: Interval) => days * layout.grid(0, interval).slotCount;
    this.base = new BarSeries(slotClock(layout, layout.base), this, room(layout.base));
    const computed = new Set((derivedBy === 'client' ? layout.derived : layout.computed).map(({ name }) => name));
    this.derived = new Map(
      layout.derived.map((interval) => {
        const forms = computed.has(interval.name);
        const clock = slotClock(layout, interval);
        return [interval.name, new BarSeries(clock, this, room(interval), forms ? this.base : undefined)];
      }),
    );
  }

  /** The series of an interval of the session, or undefined. */
  series(interval: string): BarSeries | undefined {
    return interval === this.base.interval.name ? this.base : this.derived.get(interval);
  }

  /** Adds what comes after all that was shown, in place of what is there of it; windows that end with it are derived here, where that is done here. */
  append(layout: SessionLayout, part: DayRecords): void {
    const { day, interval, records, fromSlot, toSlot } = part;
    const grid = layout.grid(day, interval);
    this.series(interval.name)?.columns.append(slotOpens(grid), records, fromSlot, toSlot);
    if (!this.derivesFrom(interval)) return;
    if (this.today?.day === day) this.today.chunk.clear(fromSlot);
    else this.today = { day, chunk: new DayChunk(grid.slotCount) };
    putRecords(this.today.chunk, records, fromSlot, toSlot);
    const [from, to] = [closedAt(grid, fromSlot), closedAt(grid, toSlot)];
    for (const series of this.derived.values()) {
      const made = this.derive(layout, day, this.today.chunk, series.interval, from, to);
      if (made)
        series.columns.append(slotOpens(layout.grid(day, series.interval)), made.records, made.fromSlot, made.toSlot);
    }
  }

  /** Shows a day's first `toSlot` slots as they are stored now. */
  replaceDay(layout: SessionLayout, { day, interval, records, toSlot }: Omit<DayRecords, 'fromSlot'>): void {
    this.version++;
    const grid = layout.grid(day, interval);
    replaceRows(this.series(interval.name), grid, records, 0, toSlot);
    if (!this.derivesFrom(interval)) return;
    const chunk = new DayChunk(grid.slotCount);
    putRecords(chunk, records, 0, toSlot);
    if (this.today === undefined || this.today.day <= day) this.today = { day, chunk };
    for (const series of this.derived.values()) {
      const made = this.derive(layout, day, chunk, series.interval, grid.open, closedAt(grid, toSlot));
      if (made) replaceRows(series, layout.grid(day, series.interval), made.records, made.fromSlot, made.toSlot);
    }
  }

  /** Forgets what opened before `time`, epoch ms. */
  dropBefore(time: number): void {
    for (const series of [this.base, ...this.derived.values()]) series.columns.dropBefore(time);
    this.version++;
  }

  private derivesFrom({ name }: Interval): boolean {
    return this.derivedBy === 'client' && this.derived.size > 0 && name === this.base.interval.name;
  }

  /** Records of the derived windows that close in `(from, to]`, epoch ms; undefined when none does. */
  private derive(
    layout: SessionLayout,
    day: number,
    base: DayChunk,
    interval: Interval,
    from: number,
    to: number,
  ): { records: Uint8Array; fromSlot: number; toSlot: number } | undefined {
    const { grid, starts } = layout.plan(day, interval);
    const [fromSlot, toSlot] = [grid.closedBy(from), grid.closedBy(to)];
    if (fromSlot >= toSlot) return undefined;
    // A chunk of the windows that closed alone: a whole day's would be made anew a few times a window.
    const into = new DayChunk(toSlot - fromSlot);
    aggregateInto(into, base, starts.subarray(fromSlot, toSlot + 1), toSlot - fromSlot);
    return { records: into.bytes.subarray(recordOffset(into.slotCount, 0)), fromSlot, toSlot };
  }
}

/** When the slots before `slot` are closed; the day's open for none. */
function closedAt(grid: DayGrid, slot: number): number {
  return slot === 0 ? grid.open : grid.closeTime(slot - 1);
}

function replaceRows(
  series: BarSeries | undefined,
  grid: DayGrid,
  records: Uint8Array,
  fromSlot: number,
  toSlot: number,
): void {
  if (!series) return;
  const rows = new BarColumns();
  rows.append(slotOpens(grid), records, fromSlot, toSlot);
  series.columns.replace(grid.open, grid.close, rows);
}

/** Writes records into their slots of a chunk that does not have them yet. */
function putRecords(chunk: DayChunk, records: Uint8Array, fromSlot: number, toSlot: number): void {
  const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
  const start = recordOffset(chunk.slotCount, fromSlot);
  chunk.bytes.set(records.subarray(0, slots * RECORD_BYTES), start);
  for (let slot = fromSlot, at = start + 40; slot < fromSlot + slots; slot++, at += RECORD_BYTES) {
    if (chunk.bytes[at] !== 0 && !hasBit(chunk.bitmap, slot)) chunk.bitmap[slot >> 3]! |= 0x80 >> (slot & 7);
  }
}
