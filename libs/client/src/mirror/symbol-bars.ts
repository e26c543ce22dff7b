/**
 * All bars that a mirror holds of one symbol: one series per interval of the session. Derived bars are either stored ones, like the base
 * bars, or this process derives them. Does no I/O.
 */
import { intervalName, type Interval } from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';
import { BarColumns } from './columns.js';
import { Derivation, type DayRecords } from './derivation.js';
import { MirrorSeries } from './series.js';
import { slotClock, slotOpens } from './slot-clock.js';

/** Which process derives the bars that are shown: the session's upkeep workers, or this one. */
export type DerivedBy = 'upkeep' | 'client';

/** Upper bound of the initial capacity, in days. A large one avoids copies when rows are added; unwritten memory costs nothing. */
const INITIAL_DAYS_MAX = 8;

export class SymbolBars {
  readonly base: MirrorSeries;
  private readonly byInterval = new Map<string, MirrorSeries>();
  /** Set when this process derives bars. */
  private readonly derivation: Derivation | undefined;

  /** @param daysHeld number of days that will be held at once, including the current day and the days loaded ahead */
  constructor(
    readonly symbol: string,
    readonly partition: number,
    layout: SessionLayout,
    derivedBy: DerivedBy,
    daysHeld = 2,
  ) {
    const days = Math.min(INITIAL_DAYS_MAX, daysHeld, layout.days.length);
    const seriesOf = (interval: Interval, formingFrom?: MirrorSeries) =>
      new MirrorSeries(slotClock(layout, interval), days * layout.grid(0, interval).slotCount, formingFrom);
    this.base = seriesOf(layout.base);
    this.byInterval.set(layout.base.name, this.base);
    // Only an interval whose bars this process or upkeep computes shows a forming bar.
    const computed = derivedBy === 'client' ? layout.derived : layout.computed;
    for (const interval of layout.derived) {
      this.byInterval.set(interval.name, seriesOf(interval, computed.includes(interval) ? this.base : undefined));
    }
    if (derivedBy === 'client' && layout.derived.length > 0) this.derivation = new Derivation(layout.derived);
  }

  /** The series of an interval of the session, by any name of the interval (`60m` is `1h`), or undefined. */
  series(interval: string): MirrorSeries | undefined {
    return this.byInterval.get(interval) ?? this.byInterval.get(intervalName(interval) ?? interval);
  }

  /** Appends records, and the bars that this process derives from them. They replace bars from `fromSlot` on, which were not shown yet. */
  append(layout: SessionLayout, loaded: DayRecords): void {
    this.appendRows(layout, loaded);
    if (this.derivation) for (const derived of this.derivation.derive(layout, loaded)) this.appendRows(layout, derived);
  }

  /** Replaces all held bars of a day by records that start at slot 0, and derives bars as {@link append} does. */
  replaceDay(layout: SessionLayout, loaded: DayRecords): void {
    this.rowsChanged();
    this.replaceRows(layout, loaded);
    if (this.derivation)
      for (const derived of this.derivation.derive(layout, loaded)) this.replaceRows(layout, derived);
  }

  /** Drops bars that opened before `time`, epoch ms. */
  dropBefore(time: number): void {
    for (const series of this.byInterval.values()) series.columns.dropBefore(time);
    this.rowsChanged();
  }

  private rowsChanged(): void {
    for (const series of this.byInterval.values()) series.rowsChanged();
  }

  private appendRows(layout: SessionLayout, { day, interval, records, fromSlot, toSlot }: DayRecords): void {
    const { columns } = this.byInterval.get(interval.name)!;
    columns.append(slotOpens(layout.grid(day, interval)), records, fromSlot, toSlot);
  }

  private replaceRows(layout: SessionLayout, { day, interval, records, fromSlot, toSlot }: DayRecords): void {
    const { columns } = this.byInterval.get(interval.name)!;
    const grid = layout.grid(day, interval);
    const rows = new BarColumns();
    rows.append(slotOpens(grid), records, fromSlot, toSlot);
    columns.replace(grid.open, grid.close, rows);
  }
}
