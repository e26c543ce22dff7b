/** Describes a dataset by its rows: symbols, coverage of a calendar, quarantined rows, spacing and largest jumps. */
import {
  countRowsInSpans,
  datasetExtent,
  datasetValues,
  type DatasetValues,
  quarantinedRows,
  type QuarantinedRows,
  type SymbolExtent,
} from '@barkeep/bar-repository';
import type { Calendar, Hours, TradingDay } from '@barkeep/bars';
import { exampleOfCloses, greatestCommonDivisor, spacingOf, spacingText } from './import/index.js';
import type { Database } from './services/index.js';

export interface DatasetDescription {
  dataset: string;
  rows: number;
  /** UTC dates with a row. */
  days: number;
  values: DatasetValues;
  symbols: { symbol: string; rows: number; first: string; last: string; zeroVolumeShare: number }[];
  coverage?: Coverage;
  quarantined: QuarantinedRows;
  /** Time between the first rows of the first symbol, such as `1-minute`; null when it has too few rows. */
  spacing: string | null;
  /** True when the times of the first symbol look like close times instead of open times. */
  looksLikeCloses: boolean;
  /** The largest changes from one close (`before`) to the next; `change` is the share of `before`. */
  jumps: { symbol: string; time: string; before: number; close: number; change: number }[];
}

/** A description finds `spacing` and `looksLikeCloses` from this many rows of the first symbol. */
const SAMPLE_ROWS = 5_000;
/** An import finds the spacing of a dataset from this many rows of each of this many symbols. */
const SPACING_ROWS = 500;
const SPACING_SYMBOLS = 10;
const MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 5 * MINUTE_MS;
const DAY_MS = 86_400_000;
const JUMPS_MAX = 5;

/**
 * The spacings of at most ten symbols: for each, the time in ms between its first rows. Leaves out symbols without a clear
 * spacing, so the list may be empty.
 */
export async function storedSpacings(
  database: Database,
  id: number,
  extents: readonly SymbolExtent[],
): Promise<number[]> {
  // Every n-th symbol, so that the sample is spread over the whole list.
  const step = Math.ceil(extents.length / SPACING_SYMBOLS);
  const symbols = extents.filter((_, index) => index % step === 0);
  const sampled = await Promise.all(symbols.map((symbol) => sampleTimes(database, id, symbol.id, SPACING_ROWS)));
  const spacings = sampled.flatMap((times) => (times.length > 3 ? spacingOf(times) : narrowSpacing(times)) ?? []);
  return spacings.filter((spacing) => spacing < DAY_MS); // no session has an interval of one row per day
}

/** The spacing of two or three rows if it is below five minutes: so few rows cannot prove a longer spacing. */
function narrowSpacing(times: readonly number[]): number | undefined {
  const divisor = times.slice(1).reduce((gcd, time, index) => greatestCommonDivisor(time - times[index]!, gcd), 0);
  return divisor > 0 && divisor < FIVE_MINUTES_MS ? divisor : undefined;
}

/**
 * Describes a dataset from its rows in the database.
 * @param coveredHours calendar and hours to measure the coverage against; without them there is no `coverage`
 */
export async function describeDataset(
  database: Database,
  dataset: string,
  id: number,
  coveredHours?: CoveredHours,
): Promise<DatasetDescription> {
  const extents = await datasetExtent(database, id);
  const counts = await database.query<{ symbol_id: number; rows: string; zero: string }[]>(
    'SELECT symbol_id, count(*) AS rows, count(*) FILTER (WHERE volume = 0) AS zero FROM bars WHERE dataset_id = $1 GROUP BY symbol_id',
    [id],
  );
  const countsById = new Map(counts.map((row) => [row.symbol_id, row]));
  const [dates] = await database.query<{ days: string }[]>(
    `SELECT count(DISTINCT ("time" AT TIME ZONE 'UTC')::date) AS days FROM bars WHERE dataset_id = $1`,
    [id],
  );
  const times = await sampleTimes(database, id, extents[0]?.id);
  const spacing = spacingOf(times);
  const symbols = extents.map(({ id: symbolId, symbol, first, last }) => {
    const rows = Number(countsById.get(symbolId)?.rows ?? 0);
    const zeroVolumeShare = Number(countsById.get(symbolId)?.zero ?? 0) / Math.max(1, rows);
    return { symbol, rows, first: new Date(first).toISOString(), last: new Date(last).toISOString(), zeroVolumeShare };
  });
  const rows = symbols.reduce((sum, symbol) => sum + symbol.rows, 0);
  return {
    dataset,
    rows,
    days: Number(dates?.days ?? 0),
    values: await datasetValues(database, id),
    symbols,
    coverage: coveredHours && (await coverageOf(database, { id, rows, extents }, coveredHours)),
    quarantined: await quarantinedRows(database, dataset),
    spacing: spacing === undefined ? null : spacingText(spacing),
    looksLikeCloses: exampleOfCloses([{ times, isFirst: true, isLast: times.length < SAMPLE_ROWS }]) !== undefined,
    jumps: await jumpsOf(database, id),
  };
}

/** Open times of a symbol's first rows, epoch ms, in order. */
async function sampleTimes(
  database: Database,
  id: number,
  symbolId: number | undefined,
  rowsMax = SAMPLE_ROWS,
): Promise<number[]> {
  if (symbolId === undefined) return [];
  const rows = await database.query<{ time: Date }[]>(
    `SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = $2 ORDER BY "time" LIMIT ${rowsMax}`,
    [id, symbolId],
  );
  return rows.map(({ time }) => time.getTime());
}

async function jumpsOf(database: Database, id: number): Promise<DatasetDescription['jumps']> {
  const rows = await database.query<{ symbol: string; time: Date; before: number; close: number; change: number }[]>(
    `SELECT s.name AS symbol, j."time", j.before, j.close, j.close / j.before - 1 AS change
     FROM (SELECT symbol_id, "time", close, lag(close) OVER (PARTITION BY symbol_id ORDER BY "time") AS before
           FROM bars WHERE dataset_id = $1) j JOIN symbols s ON s.id = j.symbol_id
     WHERE j.before > 0 AND j.close <> j.before ORDER BY abs(j.close / j.before - 1) DESC LIMIT ${JUMPS_MAX}`,
    [id],
  );
  return rows.map((row) => ({ ...row, time: row.time.toISOString() }));
}

interface Coverage {
  calendar: string;
  hours: Hours;
  /** Share of the expected slots that have a row, 0 to 1; for each symbol from its first to its last trading day. */
  share: number;
  /** Rows for which the calendar has no slot. */
  outside: number;
  /** By month of the trading date. */
  months: { month: string; expected: number; present: number }[];
}

interface CoveredHours {
  calendar: Calendar;
  hours: Hours;
}

async function coverageOf(
  database: Database,
  { id, rows, extents }: { id: number; rows: number; extents: readonly SymbolExtent[] },
  { calendar, hours }: CoveredHours,
): Promise<Coverage> {
  const days = daysWithRows(extents, calendar, hours);
  const expected = new Map<string, number>();
  for (const { first, last } of extents) {
    for (const { date, segments } of days) {
      const month = date.slice(0, 7);
      if (segments.at(-1)!.close <= first || segments[0]!.open > last) continue;
      const slots = segments.reduce((sum, { open, close }) => sum + (close - open) / MINUTE_MS, 0);
      expected.set(month, (expected.get(month) ?? 0) + slots);
    }
  }
  const present = await presentByMonth(database, id, extents, days);
  const months = [...expected]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([month, slots]) => ({ month, expected: slots, present: present.get(month) ?? 0 }));
  const inSlots = [...present.values()].reduce((sum, slots) => sum + slots, 0);
  const total = months.reduce((sum, month) => sum + month.expected, 0);
  return { calendar: calendar.id, hours, share: inSlots / Math.max(1, total), outside: rows - inSlots, months };
}

/** The trading days from the first row of any symbol to the last one; empty without symbols. */
export function daysWithRows(extents: readonly SymbolExtent[], calendar: Calendar, hours: Hours): TradingDay[] {
  if (extents.length === 0) return [];
  const date = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const first = extents.reduce((least, extent) => Math.min(least, extent.first), Infinity);
  const last = extents.reduce((most, extent) => Math.max(most, extent.last), -Infinity);
  // A trading day may start on the previous date, or carry the name of the next one.
  const days = calendar.knownTradingDays(date(first - DAY_MS), date(last + DAY_MS), hours);
  return days.filter(({ segments }) => segments[0]!.open <= last && segments.at(-1)!.close > first);
}

/** Number of rows in the segments of the days, by month of the trading date. */
async function presentByMonth(
  database: Database,
  id: number,
  extents: readonly SymbolExtent[],
  days: readonly TradingDay[],
): Promise<Map<string, number>> {
  const spans = days.flatMap(({ date, segments }) =>
    segments.map(({ open, close }) => ({ month: date.slice(0, 7), from: open, to: close })),
  );
  const symbolIds = extents.map((extent) => extent.id);
  const present = new Map<string, number>();
  for (const { span, rows } of await countRowsInSpans(database, id, symbolIds, spans)) {
    const { month } = spans[span]!;
    present.set(month, (present.get(month) ?? 0) + rows);
  }
  return present;
}
