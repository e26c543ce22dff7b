/** Describes datasets: their symbols, and how many rows each symbol has on each trading day of a calendar. */
import * as api from '@barkeep/api';
import {
  countRowsInSpans,
  datasetExtent,
  datasetNames,
  datasetValues,
  datasetVersion,
  quarantinedRows,
  resolveDataset,
  storedIntervalMs,
  type SymbolExtent,
  UnknownDatasetError,
} from '@barkeep/bar-repository';
import {
  calendarNamed,
  DayGrid,
  MINUTE_MS,
  type OutsideSpan,
  outsideSpans,
  parseInterval,
  type TradingDay,
} from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { Turns } from './turns.js';

/** Most reads at the same time: a large dataset may take minutes, and the streams and other calls need the other connections. */
const READS_AT_ONCE = 3;

export class DatasetReader {
  private readonly turns = new Turns(READS_AT_ONCE);

  constructor(private readonly dataSource: DataSource) {}

  /** All datasets, sorted by name. */
  async list(): Promise<api.DatasetPageAnswer> {
    const summaryOf = async (name: string) => {
      const id = await resolveDataset(this.dataSource, name);
      if (id === undefined) return []; // removed since its name was read
      const extents = await datasetExtent(this.dataSource, id);
      const version = await datasetVersion(this.dataSource, id);
      return [{ name, symbols: extents.length, ...rangeOf(extents), version }];
    };
    const names = await datasetNames(this.dataSource);
    return { datasets: (await Promise.all(names.map((name) => this.turns.run(() => summaryOf(name))))).flat() };
  }

  /** A dataset with its symbols, its number of rows, the values that it allows and its refused rows. @throws UnknownDatasetError */
  describe(name: string): Promise<api.DatasetAnswerBody> {
    return this.turns.run(() => this.describeNow(name));
  }

  private async describeNow(name: string): Promise<api.DatasetAnswerBody> {
    const { id, extents } = await this.extentsOf(name);
    // One after another, so that a read needs one connection.
    const { anyPrices, withoutVolume } = await datasetValues(this.dataSource, id);
    const version = await datasetVersion(this.dataSource, id);
    const quarantined = await quarantinedRows(this.dataSource, name);
    const countRows = 'SELECT count(*) AS rows FROM bars WHERE dataset_id = $1';
    const [counted] = await this.dataSource.query<{ rows: string }[]>(countRows, [id]);
    const symbols = extents.map((extent) => ({ symbol: extent.symbol, ...isoRange(extent) }));
    const prices = anyPrices ? ('any' as const) : ('positive' as const);
    const rows = Number(counted?.rows ?? 0);
    return { name, ...rangeOf(extents), version, rows, symbols, prices, withoutVolume, quarantined };
  }

  /**
   * Counts the rows of a page of symbols per trading day. Without `from` and `to`: the days from the first to the last bar.
   * The page begins after the symbol `after`; `nextAfter` is null on the last page.
   * @throws UnknownDatasetError, UnknownCalendarError, ExtendedHoursError
   */
  coverage(name: string, query: api.CoverageQuery): Promise<api.CoverageAnswer> {
    return this.turns.run(() => this.coverageNow(name, query));
  }

  private async coverageNow(name: string, query: api.CoverageQuery): Promise<api.CoverageAnswer> {
    const { id, extents } = await this.extentsOf(name);
    const days = daysOf(extents, query);
    const { after } = query;
    const remaining = after === undefined ? extents : extents.filter(({ symbol }) => symbol > after);
    const page = remaining.slice(0, query.limit);
    /** By symbol id; `rows` has a number for each day. */
    const counts = new Map(page.map((extent) => [extent.id, { rows: days.map(() => 0), outside: 0, extended: 0 }]));
    const spans = spansOf(days, query);
    const symbolIds = extents.map((extent) => extent.id);
    const intervalMs = await storedIntervalMs(this.dataSource, id, symbolIds);
    const interval = parseInterval(`${intervalMs / MINUTE_MS}m`);
    for (const { symbolId, span, rows } of await countRowsInSpans(this.dataSource, id, [...counts.keys()], spans)) {
      const { day, kind } = spans[span]!;
      const count = counts.get(symbolId)!;
      if (kind === 'inside') count.rows[day]! += rows;
      else count[kind] += rows;
    }
    return {
      dataset: name,
      calendar: query.calendar,
      hours: query.hours,
      days: days.map((day) => ({ date: day.date, expected: new DayGrid(day, interval).slotCount })),
      symbols: page.map((extent) => ({ symbol: extent.symbol, ...counts.get(extent.id)! })),
      nextAfter: remaining.length > page.length ? page.at(-1)!.symbol : null,
    };
  }

  /** The symbols of a dataset, in the order of their UTF-16 code units: the order of the database depends on its collation. */
  private async extentsOf(name: string): Promise<{ id: number; extents: SymbolExtent[] }> {
    const id = await resolveDataset(this.dataSource, name);
    if (id === undefined) throw new UnknownDatasetError(name);
    const extents = await datasetExtent(this.dataSource, id);
    return { id, extents: extents.sort((a, b) => (a.symbol < b.symbol ? -1 : 1)) };
  }
}

/** A time span of the calendar, `[from, to)` in epoch ms. */
interface CoverageSpan {
  /** Index of the trading day; -1 for a span without slots. */
  day: number;
  kind: 'inside' | OutsideSpan['kind'];
  from: number;
  to: number;
}

/** The segments of the days, and the spans between them, in order of time. */
function spansOf(days: readonly TradingDay[], { calendar, hours }: api.CoverageQuery): CoverageSpan[] {
  if (days.length === 0) return [];
  const inside = days.flatMap(({ segments }, day) =>
    segments.map(({ open, close }) => ({ day, kind: 'inside' as const, from: open, to: close })),
  );
  const outside = outsideSpans(calendarNamed(calendar), days[0]!.date, days.at(-1)!.date, hours);
  return [...inside, ...outside.map((span) => ({ ...span, day: -1 }))].sort((a, b) => a.from - b.from);
}

/** The requested trading days that the calendar has; by default those from the first to the last bar. */
function daysOf(extents: readonly SymbolExtent[], { calendar: id, from, to, hours }: api.CoverageQuery): TradingDay[] {
  if (extents.length === 0 && (from === undefined || to === undefined)) return [];
  const calendar = calendarNamed(id);
  const { first, last } = timesOf(extents);
  const days = from !== undefined && to !== undefined ? [] : calendar.tradingDaysOf(first, last, hours);
  if (from === undefined && to === undefined) return days;
  // An end that is not requested is the trading day of the first or last bar; without such a day, the UTC date of that bar.
  const firstDate = from ?? days[0]?.date ?? api.isoTime(first).slice(0, 10);
  const lastDate = to ?? days.at(-1)?.date ?? api.isoTime(last).slice(0, 10);
  return calendar.knownTradingDays(firstDate, lastDate, hours);
}

/** The open times of the first and the last bar; null in a dataset without bars. */
function rangeOf(extents: readonly SymbolExtent[]): { first: string | null; last: string | null } {
  return extents.length === 0 ? { first: null, last: null } : isoRange(timesOf(extents));
}

function isoRange({ first, last }: Pick<SymbolExtent, 'first' | 'last'>) {
  return { first: api.isoTime(first), last: api.isoTime(last) };
}

/** The open times of the first and the last bar, epoch ms; Infinity and -Infinity in a dataset without bars. */
function timesOf(extents: readonly SymbolExtent[]): { first: number; last: number } {
  // Not `Math.min(...)`: a dataset may have more symbols than a call can have arguments.
  const first = extents.reduce((least, extent) => Math.min(least, extent.first), Infinity);
  const last = extents.reduce((most, extent) => Math.max(most, extent.last), -Infinity);
  return { first, last };
}
