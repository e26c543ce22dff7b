/** Finds the interval of a dataset's bars by the times of its first rows. */
import { DAY_MS, type Interval, MINUTE_MS, parseInterval, shortSpacingOf, spacingOf } from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { TIME_FITS_DATE } from './stored-ranges.js';

/** A spacing is found from at most this many rows of a symbol: the first ones. */
const SPACING_ROWS = 500;
/** The spacings of at most this many symbols are found. */
const SPACING_SYMBOLS = 10;

/** The spacings of some of the symbols, in ms, by their first rows. Leaves out symbols without a clear spacing. */
export async function storedSpacings(
  dataSource: DataSource,
  datasetId: number,
  symbolIds: readonly number[],
): Promise<number[]> {
  // Every n-th symbol, so that the sample is spread over the whole list.
  const step = Math.ceil(symbolIds.length / SPACING_SYMBOLS);
  const sample = symbolIds.filter((_, index) => index % step === 0);
  const rows = await dataSource.query<{ times: Date[] }[]>(FIRST_TIMES, [datasetId, sample]);
  const spacings = rows.flatMap(({ times }) => {
    const sorted = times.map((time) => time.getTime());
    return spacingOf(sorted) ?? shortSpacingOf(sorted) ?? [];
  });
  return spacings.filter((spacing) => spacing < DAY_MS); // no session has an interval of one row per day
}

const FIRST_TIMES = `SELECT array_agg(bar."time" ORDER BY bar."time") AS times
  FROM unnest($2::int4[]) AS symbol(id) CROSS JOIN LATERAL (
    SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = symbol.id AND ${TIME_FITS_DATE}
    ORDER BY "time" LIMIT ${SPACING_ROWS}
  ) AS bar GROUP BY symbol.id`;

/** The interval of a dataset's bars: the shortest spacing. A minute when no spacing is clear, or it is not whole minutes. */
export async function storedInterval(
  dataSource: DataSource,
  datasetId: number,
  symbolIds: readonly number[],
): Promise<Interval> {
  const shortest = Math.min(...(await storedSpacings(dataSource, datasetId, symbolIds))); // Infinity without a clear one
  const minutes = shortest / MINUTE_MS;
  return parseInterval(`${Number.isInteger(minutes) ? minutes : 1}m`);
}
