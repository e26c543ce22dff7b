/**
 * Datasets and symbols, and what is recorded per dataset: complete days, permitted values and a version.
 * The number of a dataset or symbol never changes, unless the database is made again, such as from a backup: then it may belong to another
 * one. So a caller may remember it for one stream, one command or one connection, and not for the life of a process.
 */
import { type Hours, orAborted } from '@barkeep/bars';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { withTransaction } from './connection.js';

/** Thrown for a dataset that does not exist. */
export class UnknownDatasetError extends Error {
  override readonly name = 'UnknownDatasetError';
  constructor(readonly dataset: string) {
    super(`expected the name of a dataset, was ${JSON.stringify(dataset)}, which does not exist`);
  }
}

/** The number of a dataset, or undefined when no dataset has that name. */
export async function resolveDataset(dataSource: DataSource, name: string): Promise<number | undefined> {
  const rows = await dataSource.query<{ id: number }[]>('SELECT id FROM datasets WHERE name = $1', [name]);
  return rows[0]?.id;
}

/** The names of all datasets, sorted. */
export async function datasetNames(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM datasets ORDER BY name');
  return rows.map((row) => row.name);
}

/** The numbers of these symbols, by name. Leaves out a symbol that the database does not have: no dataset has bars of it. */
export async function symbolIds(dataSource: DataSource, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await dataSource.query<{ id: number; name: string }[]>(
    'SELECT id, name FROM symbols WHERE name = ANY($1)',
    [[...names]],
  );
  return new Map(rows.map((row) => [row.name, row.id]));
}

/**
 * The number of a dataset, which is created when it is new, within the transaction of `client`. Other processes that create a dataset of
 * the same name wait for that. The transaction must be READ COMMITTED.
 */
export async function ensureDataset(client: PoolClient, name: string): Promise<number> {
  const resolve = async (): Promise<number | undefined> =>
    (await client.query<{ id: number }>('SELECT id FROM datasets WHERE name = $1', [name])).rows[0]?.id;
  const existingId = await resolve();
  if (existingId !== undefined) return existingId;
  await client.query('INSERT INTO datasets (name) VALUES ($1) ON CONFLICT DO NOTHING', [name]);
  const createdId = await resolve();
  if (createdId === undefined) throw new UnknownDatasetError(name); // removed by another process since the insert
  return createdId;
}

/** As {@link symbolIds}, but adds missing symbols. Each statement commits separately, so that imports do not wait for each other. */
export async function ensureSymbols(dataSource: DataSource, names: readonly string[]): Promise<Map<string, number>> {
  const known = await symbolIds(dataSource, names);
  const missing = [...new Set(names)].filter((name) => !known.has(name)).sort();
  if (missing.length === 0) return known;
  // Insert only missing names, because an insert that conflicts uses up a number.
  await dataSource.query('INSERT INTO symbols (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [missing]);
  return symbolIds(dataSource, names);
}

/** First key of the advisory locks on datasets: an arbitrary number of Barkeep. The second key is the dataset's number. */
const DATASET_LOCKS = 68_170_215;

/**
 * Locks the dataset against other imports and removal until the transaction ends. Waits for the current holder.
 * @returns false when the dataset was removed during the wait: its name may belong to a new dataset
 */
export async function lockDataset(client: PoolClient, datasetId: number): Promise<boolean> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [DATASET_LOCKS, datasetId]);
  return (await client.query('SELECT FROM datasets WHERE id = $1', [datasetId])).rowCount !== 0;
}

/**
 * Removes a dataset in one transaction, with all that belongs to it except the bars that sessions quarantined. Waits for a running import.
 * @param signal ends the wait; a removal that has begun is completed
 * @returns the number of bars removed, or undefined when the dataset does not exist
 */
export async function removeDataset(
  dataSource: DataSource,
  name: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const id = await resolveDataset(dataSource, name);
  if (id === undefined) return undefined;
  return withTransaction(dataSource, async (client) => {
    const exists = await orAborted(() => lockDataset(client, id), signal);
    if (!exists) return undefined;
    const removed = await client.query('DELETE FROM bars WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM complete_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM quarantined_bars WHERE dataset = $1 AND incarnation IS NULL', [name]);
    await client.query('DELETE FROM datasets WHERE id = $1', [id]);
    // Packs are deleted after the dataset's row, because from then on no process can pack days of the dataset.
    await client.query('DELETE FROM packed_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM dataset_changes WHERE dataset_id = $1', [id]);
    return removed.rowCount ?? 0;
  });
}

/**
 * Declares a dataset complete for pairs of symbol number and trading date (`YYYY-MM-DD` in the caller's calendar): an empty slot of such
 * a day means that there was no trade. The connection may be in a transaction.
 * @param hours `regular`: only the slots of regular hours. A day that was declared in all its slots stays declared in all
 */
export async function declareSymbolDates(
  client: PoolClient,
  datasetId: number,
  pairs: readonly (readonly [symbolId: number, date: string])[],
  hours: Hours,
): Promise<void> {
  if (pairs.length === 0) return;
  await client.query(
    `INSERT INTO complete_days AS known (dataset_id, symbol_id, date, regular_only)
     SELECT $1, *, $4 FROM unnest($2::int[], $3::date[])
     ON CONFLICT (dataset_id, symbol_id, date) DO UPDATE SET regular_only = false WHERE known.regular_only AND NOT $4`,
    [datasetId, pairs.map(([id]) => id), pairs.map(([, date]) => date), hours === 'regular'],
  );
}

/** The symbols for which at least one of the datasets is declared complete on `date`, in all slots of `hours`. */
export async function completeSymbols(
  dataSource: DataSource,
  datasets: readonly string[],
  symbols: readonly string[],
  date: string,
  hours: Hours,
): Promise<Set<string>> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT DISTINCT s.name FROM datasets d
     JOIN complete_days c ON c.dataset_id = d.id AND c.date = $3::date AND (NOT c.regular_only OR $4)
     JOIN symbols s ON s.id = c.symbol_id AND s.name = ANY($2)
     WHERE d.name = ANY($1)`,
    [[...datasets], [...symbols], date, hours === 'regular'],
  );
  return new Set(rows.map((row) => row.name));
}

/** Which values the bars of a dataset may have. */
export interface DatasetValues {
  /** Some bars may have negative prices, or prices of 0. */
  anyPrices: boolean;
  /** Some files had no volume: their bars have volume 0. */
  withoutVolume: boolean;
}

/** Which values a dataset may have. Both fields are false for an unknown dataset. */
export async function datasetValues(dataSource: DataSource, datasetId: number): Promise<DatasetValues> {
  const [row] = await dataSource.query<DatasetValues[]>(
    'SELECT any_prices AS "anyPrices", without_volume AS "withoutVolume" FROM datasets WHERE id = $1',
    [datasetId],
  );
  return row ?? { anyPrices: false, withoutVolume: false };
}

/** Sets the fields of a dataset that are true in `values`. The others stay as they are. */
export async function allowDatasetValues(client: PoolClient, datasetId: number, values: DatasetValues): Promise<void> {
  if (!values.anyPrices && !values.withoutVolume) return;
  await client.query(
    `UPDATE datasets SET any_prices = any_prices OR $2, without_volume = without_volume OR $3
     WHERE id = $1 AND (any_prices, without_volume) IS DISTINCT FROM (any_prices OR $2, without_volume OR $3)`,
    [datasetId, values.anyPrices, values.withoutVolume],
  );
}

/**
 * The version of a dataset as text, which changes with any change of its rows; `0` for one that never changed. It is the XOR of random
 * stamps, one for each change. A cache reads the version first, then the rows, and stores the rows under that version.
 */
export async function datasetVersion(dataSource: DataSource, datasetId: number): Promise<string> {
  const [row] = await dataSource.query<{ version: string }[]>(
    'SELECT coalesce(bit_xor(stamp), 0)::text AS version FROM dataset_changes WHERE dataset_id = $1',
    [datasetId],
  );
  return row?.version ?? '0';
}

/** Replaces the stamps of a dataset's changes by one, their XOR, so that they stay few. The version stays the same. */
export async function mergeChanges(dataSource: DataSource, datasetId: number): Promise<void> {
  // A concurrent merge skips the stamps that this one deletes, so each stamp is merged exactly once.
  await dataSource.query(
    `WITH merged AS (DELETE FROM dataset_changes WHERE dataset_id = $1 RETURNING stamp)
     INSERT INTO dataset_changes (dataset_id, stamp) SELECT $1, bit_xor(stamp) FROM merged HAVING count(*) > 0`,
    [datasetId],
  );
}
