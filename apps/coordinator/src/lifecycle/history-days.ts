/**
 * Computes how many trading days of history a session has: once, when the session is created; its row keeps the number. If the
 * spec asks for a number of bars, the rows in Postgres are searched backwards in growing steps, until every symbol has enough bars
 * or its data or the calendar begins. The user's own repositories are not searched: their bars come in addition.
 */
import { firstBars, readWindow, resolveDataset, symbolIds } from '@barkeep/bar-repository';
import {
  calendarNamed,
  DayGrid,
  HISTORY_DAYS_MAX,
  parseInterval,
  SessionSpecError,
  type SessionSpec,
  type TradingDay,
} from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { BucketCounter, type DayCount } from './bucket-counter.js';

/** The number of trading days of history. @throws SessionSpecError when the bars need more days than are retained */
export async function historyDaysOf(dataSource: DataSource, spec: SessionSpec): Promise<number> {
  const { trailingDays = 0, bars, retainDays } = spec.history;
  const calendar = calendarNamed(spec.calendar);
  if (bars === undefined) return calendar.tradingDaysBefore(spec.start, trailingDays, spec.hours).length;
  const days = calendar.tradingDaysBefore(spec.start, HISTORY_DAYS_MAX, spec.hours).reverse();
  const needed = await daysForBars(dataSource, spec, bars, days);
  // 0 retains all days.
  if (retainDays !== 0 && retainDays < needed) {
    const expected = `0, or at least ${needed}, the trading days that ${bars} bars take`;
    throw new SessionSpecError([{ field: 'history.retainDays', expected, was: String(retainDays) }]);
  }
  return needed;
}

/** The number of trading days that the bars need. @param days newest first */
async function daysForBars(dataSource: DataSource, spec: SessionSpec, bars: number, days: readonly TradingDay[]) {
  const base = parseInterval(spec.baseInterval);
  const interval = parseInterval(spec.history.interval ?? spec.baseInterval);
  const datasetIds = [...(await datasetIdsOf(dataSource, spec)).values()];
  const ids = [...(await symbolIds(dataSource, spec.symbols)).values()];
  const search = new DaySearch(bars, await firstBars(dataSource, datasetIds, ids));
  const barsPerDay = days[0] ? new DayGrid(days[0], interval).slotCount : 1;
  // The first batch is enough when few bars are missing; each further batch has twice as many days.
  let batchDays = Math.ceil(bars / barsPerDay) + 1;
  for (let at = 0; at < days.length; at += batchDays, batchDays *= 2) {
    const batch = days.slice(at, at + batchDays);
    const [newest, oldest] = [batch[0]!, batch.at(-1)!];
    const incomplete = search.incomplete(newest);
    if (incomplete.length === 0) break; // every symbol has enough bars, or has no older ones
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
export async function datasetIdsOf(
  dataSource: DataSource,
  { source, upkeep, backfill }: SessionSpec,
): Promise<Map<string, number>> {
  const sources = source.type === 'dataset' ? [source.dataset] : [];
  const names = new Set([...sources, ...(upkeep.enabled ? backfill : [])]);
  const entries = [...names].map(async (name) => [name, await resolveDataset(dataSource, name)] as const);
  return new Map((await Promise.all(entries)).filter((entry): entry is [string, number] => entry[1] !== undefined));
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
      this.days = Math.max(this.days, day + 1); // `day` 0 is the newest
    }
  }
}
