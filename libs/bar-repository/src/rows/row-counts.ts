/** Counts a dataset's rows by symbol and time. Needs one index look-up for each symbol and gap between spans, and reads only rows that it counts. */
import type { DataSource } from 'typeorm';
import { isoText, mergeRanges, type TimeRange } from './time-ranges.js';

export interface SpanRows {
  symbolId: number;
  /** Position of the span in the call. */
  span: number;
  rows: number;
  /** Open time of the first of them, epoch ms. */
  first: number;
}

/**
 * Rows of the symbols in each of the spans; pairs of symbol and span without a row are left out.
 * @param spans in order and without overlap
 */
export async function countRowsInSpans(
  dataSource: DataSource,
  datasetId: number,
  symbolIds: readonly number[],
  spans: readonly TimeRange[],
): Promise<SpanRows[]> {
  const gaps = mergeRanges(spans);
  if (gaps.length === 0) return [];
  const rows = await dataSource.query<{ symbolId: number; span: number; rows: number; first: Date }[]>(COUNT_SPANS, [
    datasetId,
    symbolIds,
    gaps.map(({ from }) => isoText(from)),
    gaps.map(({ to }) => isoText(to)),
    spans.map(({ from }) => isoText(from)),
  ]);
  return rows.map((row) => ({ ...row, first: row.first.getTime() }));
}

// OFFSET 0 keeps the planner from turning the look-ups into a scan of the whole dataset.
const COUNT_SPANS = `SELECT symbol.id AS "symbolId", width_bucket(bar."time", $5::timestamptz[]) - 1 AS span,
    count(*)::int AS rows, min(bar."time") AS first
  FROM unnest($2::int4[]) AS symbol(id)
  CROSS JOIN unnest($3::timestamptz[], $4::timestamptz[]) AS gap(opens, closes)
  CROSS JOIN LATERAL (SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = symbol.id
    AND "time" >= gap.opens AND "time" < gap.closes OFFSET 0) AS bar
  GROUP BY symbol.id, span ORDER BY symbol.id, span`;

/** Number of rows of each symbol in its range, in the order of the call. */
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

const COUNT_RANGES = `SELECT counted.rows
  FROM unnest($2::int4[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS part(id, opens, closes, place)
  CROSS JOIN LATERAL (SELECT count(*)::int AS rows FROM bars WHERE dataset_id = $1 AND symbol_id = part.id
    AND "time" >= part.opens AND "time" < part.closes) AS counted
  ORDER BY part.place`;
