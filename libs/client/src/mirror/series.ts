/**
 * The visible bars of one symbol at one interval: the rows that are closed at a given clock (invariant I2, docs/ARCHITECTURE.md)
 * and, at a derived interval, the bar that is still forming. Caches the results of the last calls. Does no I/O; the clock is an argument.
 */
import { formingBucket } from '@barkeep/bars';
import { dayAtClock } from '@barkeep/session-data';
import { aggregateRows } from './aggregate.js';
import { BarObjects, CACHED_AT_ONCE_MAX, type MirrorBar } from './bar-objects.js';
import { BarColumns, openTimeOf } from './columns.js';
import type { Holdings } from './holdings.js';
import type { SlotClock } from './slot-clock.js';

/** The instant of a read. Its number `moves` changes with the clock and with the set of symbols: caches compare it in place of both. */
export type MirrorTime = Pick<Holdings, 'clock' | 'moves' | 'layout'>;

export class MirrorSeries {
  readonly columns: BarColumns;
  private readonly objects: BarObjects;
  /** The last result of {@link visibleEnd}, a row. */
  private cachedEnd = 0;
  /** The clock for which `cachedEnd` was computed; NaN before the first call. */
  private endClock = NaN;
  /** `columns.generation` for which `cachedEnd` was computed; another one means that rows may have moved to other indexes. */
  private endGeneration = 0;
  // Cached bars: the results of `latest`, `last` and `formingBar`. Each is valid while `MirrorTime.moves` equals its `…At`; -1: never.
  private cachedLatest: MirrorBar | undefined;
  private latestAt = -1;
  private cachedLast: MirrorBar[] = [];
  private lastCount = 0;
  private lastAt = -1;
  private cachedForming: MirrorBar | undefined;
  private formingAt = -1;

  /**
   * @param slots open and close times of the interval's slots
   * @param capacity initial capacity, in bars
   * @param base the symbol's base bars; undefined for the base interval itself and for an interval that shows no forming bar
   */
  constructor(
    private readonly slots: SlotClock,
    capacity: number,
    private readonly base?: MirrorSeries,
  ) {
    this.columns = new BarColumns(capacity);
    this.objects = new BarObjects(this.columns, slots);
  }

  /**
   * Forgets the cached bars. To be called when shown rows of this series or of the base bars may have changed, which `moves` does not show.
   * ({@link visibleEnd} compares the generation itself.)
   */
  rowsChanged(): void {
    this.latestAt = this.lastAt = this.formingAt = -1;
  }

  /** The row after the newest row that is closed at `clock`, epoch ms. Fastest when the clock moves in small steps. */
  visibleEnd(clock: number): number {
    const { columns } = this;
    const haveRowsMoved = this.endGeneration !== columns.generation;
    const isForward = clock >= this.endClock; // false at the first call, because of NaN
    if (haveRowsMoved || !isForward) {
      this.cachedEnd = columns.rowFrom(this.slots.openLimit(clock));
      if (haveRowsMoved) this.objects.clear();
      this.endGeneration = columns.generation;
    } else if (clock !== this.endClock) {
      // Steps on from the last result.
      const { rows, end: rowsEnd } = columns;
      const limit = this.slots.openLimit(clock);
      let row = Math.max(this.cachedEnd, columns.first);
      while (row < rowsEnd && openTimeOf(rows, row) < limit) row++;
      this.cachedEnd = row;
    }
    this.endClock = clock;
    return this.cachedEnd;
  }

  /** Number of bars that are closed at `clock`. */
  countAt(clock: number): number {
    return Math.max(0, this.visibleEnd(clock) - this.columns.first);
  }

  /** The newest bar: the forming bar if there is one, else the last closed bar; undefined without both. */
  latest(now: MirrorTime): MirrorBar | undefined {
    if (now.moves === this.latestAt) return this.cachedLatest;
    const end = this.visibleEnd(now.clock);
    this.cachedLatest = this.formingBar(now) ?? (end > this.columns.first ? this.objects.at(end - 1) : undefined);
    this.latestAt = now.moves;
    return this.cachedLatest;
  }

  /** The newest `count` bars, oldest first, including the forming one, in a new array. */
  last(now: MirrorTime, count: number): MirrorBar[] {
    // The same call again: a copy of the cached array is almost free.
    if (count === this.lastCount && now.moves === this.lastAt) return this.cachedLast.slice();
    const bars = this.findLast(now, count);
    if (bars.length > CACHED_AT_ONCE_MAX) return bars;
    this.cachedLast = bars;
    this.lastCount = count;
    this.lastAt = now.moves;
    return bars.slice();
  }

  /** Close prices of the newest `count` closed bars at `clock`, oldest first: a view of memory. */
  closes(clock: number, count: number): Float64Array {
    const end = this.visibleEnd(clock);
    const from = count >= 1 ? end - Math.floor(count) : end; // `end` also for NaN
    return this.columns.closesOf(Math.max(this.columns.first, from), end);
  }

  /** As {@link last}, without the cache. */
  private findLast(now: MirrorTime, count: number): MirrorBar[] {
    if (!(count >= 1)) return []; // also for NaN
    const forming = this.formingBar(now);
    const end = this.visibleEnd(now.clock);
    const from = Math.max(this.columns.first, end - Math.floor(count) + (forming ? 1 : 0));
    const bars = this.objects.between(from, end);
    if (forming) bars.push(forming);
    return bars;
  }

  /** The forming bar; undefined in a series without base bars, and as for {@link makeForming}. Cached. */
  private formingBar(now: MirrorTime): MirrorBar | undefined {
    if (!this.base) return undefined;
    if (now.moves === this.formingAt) return this.cachedForming;
    this.cachedForming = this.makeForming(now, this.base);
    this.formingAt = now.moves;
    return this.cachedForming;
  }

  /** The bar of the bucket that contains the clock; undefined when no bucket is forming or it has no visible base bar. */
  private makeForming({ clock, layout }: MirrorTime, base: MirrorSeries): MirrorBar | undefined {
    const day = dayAtClock(layout, clock);
    const grid = layout.grid(day);
    const plan = layout.plan(day, this.slots.interval);
    const forming = formingBucket(grid, plan, clock);
    if (!forming) return undefined;
    const { bucket, from, to, closed } = forming; // the bucket has base slots [from, to); those before `closed` are closed
    const firstRow = base.columns.rowFrom(grid.openTime(from));
    const openTime = plan.grid.openTime(bucket);
    const closeTime = grid.closeTime(closed - 1); // of the last closed base slot, because the bucket's own close is after the clock
    const expectedCount = to - from;
    return aggregateRows(base.columns, firstRow, base.visibleEnd(clock), { openTime, closeTime, expectedCount });
  }
}
