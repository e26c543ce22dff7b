/** Describes datasets: their symbols, and their rows by trading day against a calendar. */
import {
  isoTime,
  type CoverageAnswer,
  type CoverageQuery,
  type DatasetAnswerBody,
  type DatasetPageAnswer,
} from '@barkeep/api';
import {
  countRowsInSpans,
  datasetExtent,
  datasetNames,
  datasetValues,
  datasetVersion,
  resolveDataset,
  type SymbolExtent,
  UnknownDatasetError,
} from '@barkeep/bar-repository';
import { calendarNamed, type TradingDay } from '@barkeep/bars';
import type { DataSource } from 'typeorm';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export class DatasetReader {
  constructor(private readonly dataSource: DataSource) {}

  /** All datasets, sorted by name. */
  async list(): Promise<DatasetPageAnswer> {
    const names = await datasetNames(this.dataSource);
    const datasets = await Promise.all(
      names.map(async (name) => {
        const { id, extents } = await this.extentsOf(name);
        const version = await datasetVersion(this.dataSource, id);
        return { name, symbols: extents.length, ...rangeOf(extents), version };
      }),
    );
    return { datasets };
  }

  /** @throws UnknownDatasetError */
  async describe(name: string): Promise<DatasetAnswerBody> {
    const { id, extents } = await this.extentsOf(name);
    const [{ anyPrices, withoutVolume }, version, [counted]] = await Promise.all([
      datasetValues(this.dataSource, id),
      datasetVersion(this.dataSource, id),
      this.dataSource.query<{ rows: string }[]>('SELECT count(*) AS rows FROM bars WHERE dataset_id = $1', [id]),
    ]);
    const symbols = extents.map((extent) => ({
      symbol: extent.symbol,
      first: isoTime(extent.first),
      last: isoTime(extent.last),
    }));
    const prices = anyPrices ? ('any' as const) : ('positive' as const);
    return { name, ...rangeOf(extents), version, rows: Number(counted?.rows ?? 0), symbols, prices, withoutVolume };
  }

  /**
   * A page of symbols. Without `from` and `to` the days are those between the first and the last bar.
   * @throws UnknownDatasetError, UnknownCalendarError, ExtendedHoursError
   */
  async coverage(name: string, query: CoverageQuery): Promise<CoverageAnswer> {
    const { id, extents } = await this.extentsOf(name);
    const days = daysOf(extents, query);
    const { after } = query;
    const rest = after === undefined ? extents : extents.filter(({ symbol }) => symbol > after);
    const page = rest.slice(0, query.limit);
    const rows = new Map(page.map((extent) => [extent.id, days.map(() => 0)]));
    const spans = days.flatMap(({ segments }, day) =>
      segments.map(({ open, close }) => ({ day, from: open, to: close })),
    );
    for (const counted of await countRowsInSpans(this.dataSource, id, [...rows.keys()], spans)) {
      rows.get(counted.symbolId)![spans[counted.span]!.day]! += counted.rows;
    }
    return {
      dataset: name,
      calendar: query.calendar,
      hours: query.hours,
      days: days.map(({ date, segments }) => ({ date, expected: minutesOf(segments) })),
      symbols: page.map((extent) => ({ symbol: extent.symbol, rows: rows.get(extent.id)! })),
      nextAfter: rest.length > page.length ? page.at(-1)!.symbol : null,
    };
  }

  /** Symbols in the order of their UTF-16 code units, whatever the database's collation. */
  private async extentsOf(name: string): Promise<{ id: number; extents: SymbolExtent[] }> {
    const id = await resolveDataset(this.dataSource, name);
    if (id === undefined) throw new UnknownDatasetError(name);
    const extents = await datasetExtent(this.dataSource, id);
    return { id, extents: extents.sort((a, b) => (a.symbol < b.symbol ? -1 : 1)) };
  }
}

/** The requested days that the calendar covers. */
function daysOf(extents: readonly SymbolExtent[], { calendar: id, from, to, hours }: CoverageQuery): TradingDay[] {
  const calendar = calendarNamed(id);
  const first = Math.min(...extents.map((extent) => extent.first));
  const last = Math.max(...extents.map((extent) => extent.last));
  if (extents.length === 0 && (from === undefined || to === undefined)) return [];
  // A trading day may begin on the date before its own.
  const days = calendar.knownTradingDays(
    from ?? isoTime(first).slice(0, 10),
    to ?? isoTime(last + DAY_MS).slice(0, 10),
    hours,
  );
  return from === undefined && to === undefined ? days.filter(({ segments }) => segments[0]!.open <= last) : days;
}

function minutesOf(segments: TradingDay['segments']): number {
  return segments.reduce((sum, { open, close }) => sum + (close - open) / MINUTE_MS, 0);
}

function rangeOf(extents: readonly SymbolExtent[]): { first: string | null; last: string | null } {
  if (extents.length === 0) return { first: null, last: null };
  const first = Math.min(...extents.map((extent) => extent.first));
  const last = Math.max(...extents.map((extent) => extent.last));
  return { first: isoTime(first), last: isoTime(last) };
}
