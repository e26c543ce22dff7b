/**
 * How many trading days of history a session has: computed once, when the session is created, and kept with its row. For a
 * number of bars it searches the rows in Postgres backwards, in growing steps, until every symbol has enough bars or its data
 * or the calendar starts. The user's own repositories are not searched: their bars come in addition.
 */
import { firstBars, readWindow, resolveDataset, symbolIds } from '@barkeep/bar-repository';
import {
  bucketStarts,
  calendarNamed,
  DayGrid,
  HISTORY_DAYS_MAX,
  parseInterval,
  refuseValues,
  SessionSpecError,
  sourceName,
  type Interval,
  type Prices,
  type SessionSpec,
  type TradingDay,
} from '@barkeep/bars';
import type { DataSource } from 'typeorm';

/** @throws SessionSpecError when the bars need more days than are retained */
export async function historyDaysOf(dataSource: DataSource, spec: SessionSpec): Promise<number> {
  const { trailingDays = 0, bars, retainDays } = spec.history;
  const calendar = calendarNamed(spec.calendar);
  if (bars === undefined) return calendar.tradingDaysBefore(spec.start, trailingDays, spec.hours).length;
  const days = calendar.tradingDaysBefore(spec.start, HISTORY_DAYS_MAX, spec.hours).reverse();
  const needed = await daysForBars(dataSource, spec, bars, days);
  if (retainDays > 0 && retainDays < needed) {
    const expected = `0, or at least ${needed}, the trading days that ${bars} bars take`;
    throw new SessionSpecError([{ field: 'history.retainDays', expected, was: String(retainDays) }]);
  }
  return needed;
}

/** @param days newest first */
async function daysForBars(dataSource: DataSource, spec: SessionSpec, bars: number, days: readonly TradingDay[]) {
  const base = parseInterval(spec.baseInterval);
  const interval = parseInterval(spec.history.interval ?? spec.baseInterval);
  const datasetIds = await datasetIdsOf(dataSource, spec);
  const ids = [...(await symbolIds(dataSource, spec.symbols)).values()];
  const firsts = await firstBars(dataSource, datasetIds, ids);
  const search = new DaySearch(bars, firsts);
  const usual = days[0] ? new DayGrid(days[0], interval).slotCount : 1;
  let step = Math.ceil(bars / usual) + 1;
  for (let at = 0; at < days.length; at += step, step *= 2) {
    const batch = days.slice(at, at + step);
    const wanted = search.open(batch[0]!);
    if (wanted.length === 0) break;
    const counter = new WindowCounter(batch, at, base, interval, spec.prices);
    // One range with the nights in it: it reads few rows more, and a range for each day would be a query for each day.
    const range = { from: batch.at(-1)!.segments[0]!.open, to: batch[0]!.segments.at(-1)!.close };
    for (const datasetId of datasetIds) {
      await readWindow(dataSource, { datasetId, symbolIds: wanted, ranges: [range] }, counter.add);
    }
    search.add(counter.counts());
  }
  return search.days;
}

/** The datasets that a session takes bars from, if they are in Postgres. */
export async function datasetIdsOf(dataSource: DataSource, spec: SessionSpec): Promise<number[]> {
  const names = new Set([sourceName(spec), ...(spec.upkeep.enabled ? spec.backfill : [])]);
  const ids = await Promise.all([...names].map((name) => resolveDataset(dataSource, name)));
  return ids.filter((id) => id !== undefined);
}

/** Finds the day, counted back from the newest, on which the last symbol has all its bars. Pure. */
export class DaySearch {
  /** Days needed so far. */
  days = 0;
  private readonly missing: Map<number, number>;

  /** @param firsts the time of each symbol's first bar, epoch ms: there are no bars before it */
  constructor(
    bars: number,
    private readonly firsts: ReadonlyMap<number, number>,
  ) {
    this.missing = new Map([...firsts.keys()].map((id) => [id, bars]));
  }

  /** The symbols that still lack bars and may have some on or before `newest`. */
  open(newest: TradingDay): number[] {
    const close = newest.segments.at(-1)!.close;
    return [...this.missing].flatMap(([id, missing]) => (missing > 0 && this.firsts.get(id)! < close ? [id] : []));
  }

  /** Adds the counts of days that are older than those added before. */
  add(counts: readonly DayCount[]): void {
    for (const { symbolId, day, bars } of counts.toSorted((a, b) => a.day - b.day)) {
      const missing = this.missing.get(symbolId) ?? 0;
      if (missing <= 0) continue;
      this.missing.set(symbolId, missing - bars);
      this.days = Math.max(this.days, day + 1);
    }
  }
}

/** Bars of one symbol on one day. */
interface DayCount {
  symbolId: number;
  /** Index of the day in the given list, from `first`. */
  day: number;
  bars: number;
}

interface CountedDay {
  day: number;
  grid: DayGrid;
  /** The bucket of each base slot. */
  bucketOf: Int32Array;
  buckets: number;
  /** By symbol, one byte for each bucket: 1 when it has a bar. */
  found: Map<number, Uint8Array>;
}

/**
 * Counts, for some trading days, the buckets of an interval in which each symbol has a bar. It uses the slots and refusals of the
 * stream, so the count equals the stream's bars. Rows may come in any order and from several datasets. Pure.
 */
export class WindowCounter {
  /** Newest first, as the days are. */
  private readonly days: readonly CountedDay[];

  /** @param days newest first @param first index of the first of them */
  constructor(
    days: readonly TradingDay[],
    first: number,
    base: Interval,
    interval: Interval,
    private readonly prices: Prices,
  ) {
    this.days = days.map((day, i) => {
      const grid = new DayGrid(day, base);
      const bucketOf = new Int32Array(grid.slotCount);
      const buckets = new DayGrid(day, interval);
      bucketStarts(grid, buckets).forEach((slot, bucket) => bucketOf.fill(bucket, slot));
      return { day: first + i, grid, bucketOf, buckets: buckets.slotCount, found: new Map() };
    });
  }

  /** Adds one row; a row that no session would store is ignored. */
  readonly add = (
    symbolId: number,
    time: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): void => {
    const counted = this.dayAt(time);
    const slot = counted?.grid.slotAt(time);
    if (!counted || typeof slot !== 'number') return;
    if (refuseValues(open, high, low, close, volume, this.prices) !== undefined) return;
    let found = counted.found.get(symbolId);
    if (!found) counted.found.set(symbolId, (found = new Uint8Array(counted.buckets)));
    found[counted.bucketOf[slot]!] = 1;
  };

  /** Newest day first; symbols and days without a bar are left out. */
  counts(): DayCount[] {
    return this.days.flatMap(({ day, found }) =>
      [...found].map(([symbolId, buckets]) => ({ symbolId, day, bars: buckets.reduce((sum, one) => sum + one, 0) })),
    );
  }

  /** The newest day that opens at `time` or before. */
  private dayAt(time: number): CountedDay | undefined {
    let [from, to] = [0, this.days.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.days[middle]!.grid.open <= time) to = middle;
      else from = middle + 1;
    }
    return this.days[from];
  }
}
