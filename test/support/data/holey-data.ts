/**
 * Dataset `holey`: `lean` without 5 % of its regular minutes, taken at random from a seed, without one hour of IBM and
 * without one day of BAC.
 */
import { EQUITY_FOLDERS, importLean, regularRows, type Row } from './lean-data.js';
import { seeded } from './seeded.js';
import type { TestSystem } from '../system/system.js';

const SEED = 20131004;
/** Share of the regular minutes that `holey` lacks at random. */
const REMOVED_SHARE = 0.05;

/** The two regular minutes without a bar of IBM in `lean`. */
export const IBM_ABSENT = ['2013-10-04T16:39:00.000Z', '2013-10-11T16:46:00.000Z'];

/** The session that repairs `holey` from `lean`. */
export const REPAIR = {
  symbols: ['SPY', 'IBM', 'BAC'],
  start: '2013-10-04',
  end: '2013-10-11',
  derivedIntervals: ['5m', '15m', '30m', '1h', '1d'],
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['lean'],
};

/**
 * Imports `lean` into an empty database and makes `holey` from it. @returns the regular rows of `lean`, and the keys
 * ({@link keyOf}) of the rows that `holey` lacks
 */
export async function makeHoley(system: TestSystem): Promise<{ lean: Row[]; removed: ReadonlySet<string> }> {
  await importLean(system, 'lean', EQUITY_FOLDERS);
  const lean = await regularRows(system, 'lean');
  const random = seeded(SEED);
  const removed = lean.filter(
    ({ symbol, time }) =>
      random.chance(REMOVED_SHARE) ||
      (symbol === 'IBM' && time.startsWith('2013-10-08T15')) ||
      (symbol === 'BAC' && time.startsWith('2013-10-09')),
  );
  // `lean` is the only dataset so far: all of table `bars` is copied, except the removed rows.
  await system.query(
    `WITH holey AS (INSERT INTO datasets (name) VALUES ('holey') RETURNING id)
     INSERT INTO bars (dataset_id, symbol_id, time, open, high, low, close, volume)
     SELECT holey.id, b.symbol_id, b.time, b.open, b.high, b.low, b.close, b.volume
     FROM holey, bars b JOIN symbols s ON s.id = b.symbol_id
     WHERE (s.name, b.time) NOT IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))`,
    [removed.map(({ symbol }) => symbol), removed.map(({ time }) => time)],
  );
  return { lean, removed: new Set(removed.map(keyOf)) };
}

/** The key of a row in `removed` of {@link makeHoley}: `SYMBOL TIME`. */
export function keyOf({ symbol, time }: Pick<Row, 'symbol' | 'time'>): string {
  return `${symbol} ${time}`;
}
