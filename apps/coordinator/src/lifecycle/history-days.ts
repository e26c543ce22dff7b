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
  const retainsAll = retainDays === 0;
  if (!retainsAll && retainDays < needed) {
    const expected = `0, or at least ${needed}, the trading days that ${bars} bars take`;
    throw new SessionSpecError([{ field: 'history.retainDays', expected, was: String(retainDays) }]);
  }
  return needed;
}

/** The number of trading days that the bars need. @param days newest first */
async function daysForBars(
  dataSource: DataSource,
  spec: SessionSpec,
  bars: number,
  days: readonly TradingDay[],
): Promise<number> {
  const base = parseInterval(spec.baseInterval);
  const interval = parseInterval(spec.history.interval ?? spec.baseInterval);
  const datasetIds = await datasetIdsOf(dataSource, spec);
  const ids = [...(await symbolIds(dataSource, spec.symbols)).values()];
  const firsts = await firstBars(dataSource, datasetIds, ids);
  const search = new DaySearch(bars, firsts);
  const barsPerDay = days[0] ? new DayGrid(days[0], interval).slotCount : 1;
  // The first batch has enough days if few bars are missing; each further batch has twice as many.
  let batchDays = Math.ceil(bars / barsPerDay) + 1;
  for (let at = 0; at < days.length; at += batchDays, batchDays *= 2) {
    const batch = days.slice(at, at + batchDays);
    const [newest, oldest] = [batch[0]!, batch.at(-1)!];
    const incomplete = search.incomplete(newest);
    if (incomplete.length === 0) break;
    const counter = new BucketCounter(batch, at, base, interval, spec.prices);
    // One range that includes the nights reads a few more rows than needed, but a range per day would take a query per day.
    const range = { from: oldest.segments[0]!.open, to: newest.segments.at(-1)!.close };
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

  /** The ids of symbols that still need bars and may have some on `newest` or earlier days. */
  incomplete(newest: TradingDay): number[] {
    const close = newest.segments.at(-1)!.close;
    return [...this.missing].flatMap(([id, missing]) => (missing > 0 && this.firsts.get(id)! < close ? [id] : []));
  }

  /** Adds the counts of some days, in any order. All days are older than those of earlier calls. */
  add(counts: readonly DayCount[]): void {
    // Newest first: a symbol needs no further days once it has enough bars.
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
  bucketCount: number;
  /** By symbol, one byte per bucket: 1 if the bucket has a bar. */
  filled: Map<number, Uint8Array>;
}

/**
 * Counts the buckets of an interval in which each symbol has a bar, for some trading days. It finds slots and refuses rows as the
 * stream does, so it counts the bars that the session will have. Rows may come in any order and from several datasets. No I/O.
 */
export class BucketCounter {
  /** Newest first. */
  private readonly days: readonly CountedDay[];

  /** @param days newest first @param firstDay index of `days[0]`, counted back from the newest day of the history */
  constructor(
    days: readonly TradingDay[],
    firstDay: number,
    base: Interval,
    interval: Interval,
    private readonly prices: Prices,
  ) {
    this.days = days.map((day, i) => {
      const grid = new DayGrid(day, base);
      const bucketOf = new Int32Array(grid.slotCount);
      const bucketGrid = new DayGrid(day, interval);
      // Each bucket fills the array from its first slot to the end; the next bucket overwrites the rest.
      bucketStarts(grid, bucketGrid).forEach((slot, bucket) => bucketOf.fill(bucket, slot));
      return { day: firstDay + i, grid, bucketOf, bucketCount: bucketGrid.slotCount, filled: new Map() };
    });
  }

  /** Adds one row (`time` in epoch ms); a row that no session would store is ignored. */
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
    if (!filled) {
      filled = new Uint8Array(counted.bucketCount);
      counted.filled.set(symbolId, filled);
    }
    filled[counted.bucketOf[slot]!] = 1;
  };

  /** The counts, newest day first; a symbol has no count for a day without bars. */
  counts(): DayCount[] {
    return this.days.flatMap(({ day, filled }) =>
      [...filled].map(([symbolId, flags]) => ({ symbolId, day, bars: flags.reduce((sum, flag) => sum + flag, 0) })),
    );
  }

  /** The newest day that opens at `time` or earlier, by binary search; undefined when all days open later. */
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
