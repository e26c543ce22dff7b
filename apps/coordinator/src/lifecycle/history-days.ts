/**
 * Computes how many trading days of history a session has: once, when the session is created; its row keeps the number. If the
 * spec asks for a number of bars, the rows in Postgres are searched backwards in growing steps, until every symbol has enough bars
 * or its data or the calendar begins. The user's own repositories are not searched: their bars come in addition.
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

/** The number of trading days of history. @throws SessionSpecError when the bars need more days than are retained */
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

/** The number of trading days that the bars need. @param days newest first */
async function daysForBars(dataSource: DataSource, spec: SessionSpec, bars: number, days: readonly TradingDay[]) {
  const base = parseInterval(spec.baseInterval);
  const interval = parseInterval(spec.history.interval ?? spec.baseInterval);
  const datasetIds = await datasetIdsOf(dataSource, spec);
  const ids = [...(await symbolIds(dataSource, spec.symbols)).values()];
  const firsts = await firstBars(dataSource, datasetIds, ids);
  const search = new DaySearch(bars, firsts);
  const barsPerDay = days[0] ? new DayGrid(days[0], interval).slotCount : 1;
  let step = Math.ceil(bars / barsPerDay) + 1;
  for (let at = 0; at < days.length; at += step, step *= 2) {
    const batch = days.slice(at, at + step);
    const incomplete = search.incomplete(batch[0]!);
    if (incomplete.length === 0) break;
    const counter = new WindowCounter(batch, at, base, interval, spec.prices);
    // One range that includes the nights reads a few more rows than needed, but a range per day would take a query per day.
    const range = { from: batch.at(-1)!.segments[0]!.open, to: batch[0]!.segments.at(-1)!.close };
    for (const datasetId of datasetIds) {
      await readWindow(dataSource, { datasetId, symbolIds: incomplete, ranges: [range] }, counter.add);
    }
    search.add(counter.counts());
  }
  return search.days;
}

/** The ids of the datasets from which a session takes bars; names that are not datasets are left out. */
export async function datasetIdsOf(dataSource: DataSource, spec: SessionSpec): Promise<number[]> {
  const names = new Set([sourceName(spec), ...(spec.upkeep.enabled ? spec.backfill : [])]);
  const ids = await Promise.all([...names].map((name) => resolveDataset(dataSource, name)));
  return ids.filter((id) => id !== undefined);
}

/** Finds how many days, counted back from the newest, contain the wanted number of bars of every symbol. No I/O. */
export class DaySearch {
  /** The number of days that are needed so far. */
  days = 0;
  /** How many bars each symbol still needs. */
  private readonly missing: Map<number, number>;

  /** @param firsts the time of each symbol's first bar, epoch ms: there are no bars before it */
  constructor(
    bars: number,
    private readonly firsts: ReadonlyMap<number, number>,
  ) {
    this.missing = new Map([...firsts.keys()].map((id) => [id, bars]));
  }

  /** The symbols that still need bars and may have some on `newest` or earlier days. */
  incomplete(newest: TradingDay): number[] {
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

/** The number of bars of one symbol on one day. */
interface DayCount {
  symbolId: number;
  /** Index of the day, counted back from the newest day of the history. */
  day: number;
  bars: number;
}

interface CountedDay {
  day: number;
  grid: DayGrid;
  /** The bucket of each base slot. */
  bucketOf: Int32Array;
  buckets: number;
  /** By symbol, one byte per bucket: 1 if the bucket has a bar. */
  filled: Map<number, Uint8Array>;
}

/**
 * Counts the buckets of an interval in which each symbol has a bar, for some trading days. It finds slots and refuses rows as the
 * stream does, so it counts the bars that the session will have. Rows may come in any order and from several datasets. No I/O.
 */
export class WindowCounter {
  /** Newest first. */
  private readonly days: readonly CountedDay[];

  /** @param days newest first @param first the `day` of `days[0]` */
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
      return { day: first + i, grid, bucketOf, buckets: buckets.slotCount, filled: new Map() };
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
    let filled = counted.filled.get(symbolId);
    if (!filled) counted.filled.set(symbolId, (filled = new Uint8Array(counted.buckets)));
    filled[counted.bucketOf[slot]!] = 1;
  };

  /** The counts, newest day first; a symbol has no count for a day without bars. */
  counts(): DayCount[] {
    return this.days.flatMap(({ day, filled }) =>
      [...filled].map(([symbolId, buckets]) => ({ symbolId, day, bars: buckets.reduce((sum, one) => sum + one, 0) })),
    );
  }

  /** The newest day that opens at `time` or earlier. */
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
