/** Time ranges, and what a dataset has in them: numbers of rows, first and last bars. Each query reads only these rows, by the index. */
import type { DataSource } from 'typeorm';

/** From `from` to `to`, epoch ms, end exclusive. */
export interface TimeRange {
  from: number;
  to: number;
}

/** Thrown for a range whose start or end is not a whole number of milliseconds. */
export class TimeRangeError extends Error {
  override readonly name = 'TimeRangeError';
  constructor(readonly range: TimeRange) {
    super(`expected a range of whole milliseconds since the epoch, was ${range.from} to ${range.to}`);
  }
}

/** @throws TimeRangeError */
export function checkRange(range: TimeRange): void {
  if (!Number.isSafeInteger(range.from) || !Number.isSafeInteger(range.to)) throw new TimeRangeError(range);
}

/** Sorts ranges and merges those that touch or overlap, so that no row is read twice; drops empty ones. @throws TimeRangeError */
export function mergeRanges(ranges: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    checkRange(range);
    if (range.to <= range.from) continue;
    const last = merged.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else merged.push({ from: range.from, to: range.to });
  }
  return merged;
}

/** SQL condition: the time of a row fits in a `Date`. Other programs may have stored later times, or `infinity`: those rows are no bars. */
export const TIME_FITS_DATE = `"time" > '-infinity' AND "time" < '275000-01-01Z'`;

/** @param time epoch ms */
export function isoText(time: number): string {
  return new Date(time).toISOString();
}

/**
 * For each symbol and span with rows: their number, and the open time of the first one, epoch ms. `span` is an index of `spans`, which are in
 * order and without overlap.
 *
 * The query reads adjacent spans as one range, because that is faster, and puts each row into the last span that starts at its time or
 * before.
 */
export async function countRowsInSpans(
  dataSource: DataSource,
  datasetId: number,
  symbolIds: readonly number[],
  spans: readonly TimeRange[],
) {
  const ranges = mergeRanges(spans);
  if (ranges.length === 0) return [];
  const rows = await dataSource.query<{ symbolId: number; span: number; rows: number; first: Date }[]>(COUNT_SPANS, [
    datasetId,
    symbolIds,
    ranges.map(({ from }) => isoText(from)),
    ranges.map(({ to }) => isoText(to)),
    spans.map(({ from }) => isoText(from)),
  ]);
  return rows.map((row) => ({ ...row, first: row.first.getTime() }));
}

// `width_bucket` numbers the spans from 1. OFFSET 0 keeps the planner from turning the look-ups into a scan of the whole dataset.
const COUNT_SPANS = `SELECT symbol.id AS "symbolId", width_bucket(bar."time", $5::timestamptz[]) - 1 AS span,
    count(*)::int AS rows, min(bar."time") AS first
  FROM unnest($2::int4[]) AS symbol(id)
  CROSS JOIN unnest($3::timestamptz[], $4::timestamptz[]) AS part(opens, closes)
  CROSS JOIN LATERAL (SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = symbol.id
    AND "time" >= part.opens AND "time" < part.closes OFFSET 0) AS bar
  GROUP BY symbol.id, span ORDER BY symbol.id, span`;

/** Counts the rows in each range; a range is of one symbol. @returns the counts in the order of `ranges` */
export async function countRows(
  dataSource: DataSource,
  datasetId: number,
  ranges: readonly (TimeRange & { symbolId: number })[],
): Promise<number[]> {
  if (ranges.length === 0) return [];
  const rows = await dataSource.query<{ rows: number }[]>(COUNT_RANGES, [
    datasetId,
    ranges.map(({ symbolId }) => symbolId),
    ranges.map(({ from }) => isoText(from)),
    ranges.map(({ to }) => isoText(to)),
  ]);
  return rows.map(({ rows: count }) => count);
}

// `place` is the position of a range in the call.
const COUNT_RANGES = `SELECT counted.rows
  FROM unnest($2::int4[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS part(id, opens, closes, place)
  CROSS JOIN LATERAL (SELECT count(*)::int AS rows FROM bars WHERE dataset_id = $1 AND symbol_id = part.id
    AND "time" >= part.opens AND "time" < part.closes) AS counted
  ORDER BY part.place`;

/** From when to when a dataset has bars of a symbol. */
export interface SymbolExtent {
  /** Number of the symbol. */
  id: number;
  symbol: string;
  /** Open times of the first and the last bar, epoch ms. */
  first: number;
  last: number;
}

/** The first and the last open time of all symbols, epoch ms. @param extents one at least */
export function timesOfAll(extents: readonly SymbolExtent[]): { first: number; last: number } {
  // Not `Math.min(...)`: a dataset may have more symbols than a call can have arguments.
  const first = extents.reduce((least, extent) => Math.min(least, extent.first), Infinity);
  const last = extents.reduce((most, extent) => Math.max(most, extent.last), -Infinity);
  return { first, last };
}

/**
 * Every symbol that has a bar in the dataset, sorted by name. The recursive part steps from symbol to symbol in the index (`held`: their
 * ids).
 */
export async function datasetExtent(dataSource: DataSource, datasetId: number): Promise<SymbolExtent[]> {
  const rows = await dataSource.query<{ id: number; symbol: string; first: Date; last: Date }[]>(
    `WITH RECURSIVE held AS (
       (SELECT symbol_id AS id FROM bars WHERE dataset_id = $1 ORDER BY symbol_id LIMIT 1)
       UNION ALL
       SELECT (SELECT symbol_id FROM bars WHERE dataset_id = $1 AND symbol_id > held.id ORDER BY symbol_id LIMIT 1)
       FROM held WHERE held.id IS NOT NULL)
     SELECT held.id, symbols.name AS symbol, times.first, times.last
     FROM held JOIN symbols ON symbols.id = held.id
     CROSS JOIN LATERAL (SELECT min("time") AS first, max("time") AS last FROM bars
       WHERE dataset_id = $1 AND symbol_id = held.id AND ${TIME_FITS_DATE}) AS times
     WHERE times.first IS NOT NULL ORDER BY symbols.name`,
    [datasetId],
  );
  return rows.map(({ id, symbol, first, last }) => ({ id, symbol, first: first.getTime(), last: last.getTime() }));
}

/** Open time of each symbol's first bar in any of the datasets, epoch ms. Symbols without a bar are left out. */
export async function firstBars(
  dataSource: DataSource,
  datasetIds: readonly number[],
  symbolIds: readonly number[],
): Promise<Map<number, number>> {
  const rows = await dataSource.query<{ symbolId: number; time: Date }[]>(
    `SELECT symbol.id AS "symbolId", min(first."time") AS "time"
     FROM unnest($2::int4[]) AS symbol(id) CROSS JOIN unnest($1::int2[]) AS dataset(id)
     CROSS JOIN LATERAL (SELECT "time" FROM bars WHERE dataset_id = dataset.id AND symbol_id = symbol.id
       AND ${TIME_FITS_DATE} ORDER BY "time" LIMIT 1) AS first
     GROUP BY symbol.id`,
    [datasetIds, symbolIds],
  );
  return new Map(rows.map(({ symbolId, time }) => [symbolId, time.getTime()]));
}
