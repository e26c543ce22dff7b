/** Stores refused bars with their reason, so that an operator can see what was refused and why. */
import type { DataSource } from 'typeorm';

/** A refused bar. A value is null when it could not be read. */
export interface QuarantinedBar {
  dataset: string;
  symbol: string;
  /** Open time, epoch ms; null when it could not be read. */
  time?: number | null;
  open?: number | null;
  high?: number | null;
  low?: number | null;
  close?: number | null;
  volume?: number | null;
  /** A `RefusalReason`, or another reason of the caller such as `malformed`. */
  reason: string;
  /** The record as it arrived. The first 1,000 characters are stored. */
  raw?: string | null;
}

const ROWS_PER_STATEMENT = 5_000;
const RAW_CHARS_MAX = 1_000;

/**
 * Stores refused bars of a session, each once. Writes nothing for a session that was deleted.
 * @param requestedDate the trading day that was requested when a repository returned the bars
 */
export async function quarantine(
  dataSource: DataSource,
  incarnation: string,
  rows: readonly QuarantinedBar[],
  requestedDate: string | null = null,
): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const part = rows.slice(at, at + ROWS_PER_STATEMENT);
    await dataSource.query(INSERT_ROWS, [incarnation, ...columnsOf(part), requestedDate]);
  }
}

/** `FOR KEY SHARE` locks the session's row, so that the session cannot be deleted meanwhile. */
const INSERT_ROWS = `
  INSERT INTO quarantined_bars (incarnation, dataset, symbol, "time", open, high, low, close, volume, reason, raw, requested_date)
  SELECT $1::uuid, *, $12::date FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::float8[], $6::float8[], $7::float8[],
    $8::float8[], $9::float8[], $10::text[], $11::text[])
  WHERE EXISTS (SELECT FROM sessions WHERE incarnation = $1::uuid FOR KEY SHARE)
  ON CONFLICT DO NOTHING`;

/** The parameters `$2` to `$11` of {@link INSERT_ROWS}: one array for each column. */
function columnsOf(rows: readonly QuarantinedBar[]): unknown[] {
  const columns = (...names: (keyof QuarantinedBar)[]) => names.map((name) => rows.map((row) => row[name] ?? null));
  return [
    ...columns('dataset', 'symbol'),
    rows.map((row) => timestampOf(row.time)),
    ...columns('open', 'high', 'low', 'close', 'volume', 'reason'),
    // PostgreSQL cannot store NUL in a text.
    rows.map((row) => row.raw?.replaceAll('\0', '').slice(0, RAW_CHARS_MAX) ?? null),
  ];
}

/** The time as PostgreSQL takes it; null for an unknown time, and for one outside the years 1 to 9999. */
function timestampOf(time: number | null | undefined): string | null {
  const date = new Date(time ?? NaN);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString() : null;
}

/** How many bars of one symbol were refused for one reason. */
export interface QuarantineTotal {
  symbol: string;
  reason: string;
  total: number;
}

/** Counts a session's refused bars of one requested trading day in these datasets, per symbol and reason. */
export async function quarantineTotals(
  dataSource: DataSource,
  incarnation: string,
  datasets: readonly string[],
  symbols: readonly string[],
  requestedDate: string,
): Promise<QuarantineTotal[]> {
  return dataSource.query<QuarantineTotal[]>(
    `SELECT symbol, reason, count(*)::int AS total FROM quarantined_bars
     WHERE incarnation = $1::uuid AND dataset = ANY($2) AND symbol = ANY($3) AND requested_date = $4
     GROUP BY symbol, reason`,
    [incarnation, datasets, symbols, requestedDate],
  );
}

/** A summary of the refused rows of a dataset. */
export interface QuarantinedRows {
  rows: number;
  /** Number of rows per reason, most frequent reason first. */
  reasons: Record<string, number>;
  /** The rows that were refused first. */
  examples: { symbol: string; time: string | null; reason: string; close: number | null; volume: number | null }[];
}

const EXAMPLES_MAX = 5;

/** Summarizes the quarantined rows of a dataset, those of sessions and of imports together. */
export async function quarantinedRows(database: Pick<DataSource, 'query'>, dataset: string): Promise<QuarantinedRows> {
  const reasons = await database.query<{ reason: string; rows: string }[]>(
    'SELECT reason, count(*) AS rows FROM quarantined_bars WHERE dataset = $1 GROUP BY reason ORDER BY count(*) DESC',
    [dataset],
  );
  const examples = await database.query<
    { symbol: string; time: Date | null; reason: string; close: number; volume: number }[]
  >(
    `SELECT symbol, "time", reason, close, volume FROM quarantined_bars WHERE dataset = $1 ORDER BY id LIMIT ${EXAMPLES_MAX}`,
    [dataset],
  );
  return {
    rows: reasons.reduce((sum, { rows }) => sum + Number(rows), 0),
    reasons: Object.fromEntries(reasons.map(({ reason, rows }) => [reason, Number(rows)])),
    examples: examples.map((row) => ({ ...row, time: row.time?.toISOString() ?? null })),
  };
}
