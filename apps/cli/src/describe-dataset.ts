/** Describes a dataset by its rows: symbols, coverage of a calendar, quarantined rows, spacing and largest jumps. */
import { datasetExtent, datasetValues, quarantinedRows, storedSpacings } from '@barkeep/bar-repository';
import { type SymbolExtent, TIME_FITS_DATE } from '@barkeep/bar-repository';
import type { Calendar, Hours } from '@barkeep/bars';
import { coverageOf } from './dataset-coverage.js';
import { exampleOfCloses, spacingText } from './import/index.js';
import type { Database } from './services/index.js';

export type DatasetDescription = Awaited<ReturnType<typeof describeDataset>>;

/** `describeDataset` finds `looksLikeCloses` from this many rows of the first symbol. */
const SAMPLE_ROWS = 5_000;
const JUMPS_MAX = 5;

/**
 * Describes a dataset from its rows in the database.
 * @param against calendar and hours for the coverage; without them the coverage is left out
 */
export async function describeDataset(
  database: Database,
  dataset: string,
  id: number,
  against?: { calendar: Calendar; hours: Hours },
) {
  const extents = await datasetExtent(database, id);
  const symbols = await symbolsOf(database, id, extents);
  const rows = symbols.reduce((sum, symbol) => sum + symbol.rows, 0);
  const days = await countUtcDates(database, id);
  const [firstSymbol] = extents;
  const times = firstSymbol === undefined ? [] : await sampleTimes(database, id, firstSymbol.id);
  const symbolIds = extents.map((extent) => extent.id);
  const [spacing] = (await storedSpacings(database, id, symbolIds)).sort((a, b) => a - b);
  const closes = exampleOfCloses([{ times, isFirst: true, isLast: times.length < SAMPLE_ROWS }], spacing);
  return {
    dataset,
    rows,
    days, // UTC dates with a row
    values: await datasetValues(database, id),
    symbols,
    coverage: against && (await coverageOf(database, { id, rows, extents }, against)),
    quarantined: await quarantinedRows(database, dataset),
    // The shortest time between the first rows of a symbol, such as `1-minute`; null when the symbols have too few rows.
    spacing: spacing === undefined ? null : spacingText(spacing),
    looksLikeCloses: closes !== undefined, // the times of the first symbol look like close times
    jumps: await jumpsOf(database, id),
  };
}

/** Each symbol with its range, its number of rows, and the share of them whose volume is 0. */
async function symbolsOf(database: Database, id: number, extents: readonly SymbolExtent[]) {
  const counts = await database.query<{ symbol_id: number; rows: number; zero_share: number }[]>(
    `SELECT symbol_id, count(*)::float8 AS rows, (count(*) FILTER (WHERE volume = 0))::float8 / count(*) AS zero_share
     FROM bars WHERE dataset_id = $1 GROUP BY symbol_id`,
    [id],
  );
  const countsById = new Map(counts.map((row) => [row.symbol_id, row]));
  const iso = (time: number): string => new Date(time).toISOString();
  return extents.map((extent) => {
    const { rows = 0, zero_share: zeroVolumeShare = 0 } = countsById.get(extent.id) ?? {};
    return { symbol: extent.symbol, rows, first: iso(extent.first), last: iso(extent.last), zeroVolumeShare };
  });
}

async function countUtcDates(database: Database, id: number): Promise<number> {
  const [dates] = await database.query<{ days: number }[]>(
    `SELECT count(DISTINCT ("time" AT TIME ZONE 'UTC')::date)::float8 AS days FROM bars WHERE dataset_id = $1`,
    [id],
  );
  return dates?.days ?? 0;
}

/** Open times of a symbol's first rows, epoch ms, in order. */
async function sampleTimes(database: Database, id: number, symbolId: number): Promise<number[]> {
  const rows = await database.query<{ time: Date }[]>(
    `SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = $2 AND ${TIME_FITS_DATE}
     ORDER BY "time" LIMIT ${SAMPLE_ROWS}`,
    [id, symbolId],
  );
  return rows.map(({ time }) => time.getTime());
}

/** The largest changes from one close (`before`) to the next; `change` is the difference, divided by `before`. */
async function jumpsOf(database: Database, id: number) {
  const rows = await database.query<{ symbol: string; time: Date; before: number; close: number; change: number }[]>(
    `SELECT s.name AS symbol, j."time", j.before, j.close, j.close / j.before - 1 AS change
     FROM (SELECT symbol_id, "time", close, lag(close) OVER (PARTITION BY symbol_id ORDER BY "time") AS before
           FROM bars WHERE dataset_id = $1 AND ${TIME_FITS_DATE}) j JOIN symbols s ON s.id = j.symbol_id
     WHERE j.before > 0 AND j.close <> j.before ORDER BY abs(j.close / j.before - 1) DESC LIMIT ${JUMPS_MAX}`,
    [id],
  );
  return rows.map((row) => ({ ...row, time: row.time.toISOString() }));
}
