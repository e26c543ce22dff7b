/**
 * Names and numbers of datasets and symbols, and the removal of a dataset. Rows carry numbers, callers use names.
 * A number is assigned once and never changes, so a caller may cache it until the dataset is removed.
 */
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { withConnection } from '../connection.js';

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

/** The numbers of the symbols that the database knows. An unknown symbol, which has no bars in any dataset, is left out. */
export async function symbolIds(dataSource: DataSource, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await dataSource.query<{ id: number; name: string }[]>(
    'SELECT id, name FROM symbols WHERE name = ANY($1)',
    [[...names]],
  );
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** The number of a dataset. Creates the dataset when it is new. */
export async function ensureDataset(dataSource: DataSource, name: string): Promise<number> {
  const known = await resolveDataset(dataSource, name);
  if (known !== undefined) return known;
  await dataSource.query('INSERT INTO datasets (name) VALUES ($1) ON CONFLICT DO NOTHING', [name]);
  const made = await resolveDataset(dataSource, name);
  if (made === undefined) throw new UnknownDatasetError(name);
  return made;
}

/** The numbers of all these symbols. Adds the new ones. Each statement commits on its own, so that imports do not wait for each other. */
export async function ensureSymbols(dataSource: DataSource, names: readonly string[]): Promise<Map<string, number>> {
  const known = await symbolIds(dataSource, names);
  const missing = [...new Set(names)].filter((name) => !known.has(name)).sort();
  if (missing.length === 0) return known;
  // Insert only missing names, because an insert that conflicts uses up a number.
  await dataSource.query('INSERT INTO symbols (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [missing]);
  return symbolIds(dataSource, names);
}

/** First key of the advisory locks on datasets. The second key is the dataset's number. */
const DATASET_LOCKS = 68_170_215;

/** Locks the dataset against other imports and removal until the transaction ends. Waits for the current holder. */
export async function lockDataset(client: PoolClient, datasetId: number): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [DATASET_LOCKS, datasetId]);
}

/**
 * Removes a dataset in one transaction: its bars, its declarations of complete days, its packed days and the bars that its imports
 * quarantined. Bars that sessions quarantined stay.
 * @returns the number of bars removed, or undefined when the dataset does not exist
 */
export async function removeDataset(dataSource: DataSource, name: string): Promise<number | undefined> {
  const id = await resolveDataset(dataSource, name);
  if (id === undefined) return undefined;
  return withConnection(dataSource, async (client) => {
    await client.query('BEGIN');
    await lockDataset(client, id);
    const removed = await client.query('DELETE FROM bars WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM complete_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM quarantined_bars WHERE dataset = $1 AND incarnation IS NULL', [name]);
    await client.query('DELETE FROM datasets WHERE id = $1', [id]);
    // After the dataset's row: from here on no process can pack days of the dataset.
    await client.query('DELETE FROM packed_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM dataset_changes WHERE dataset_id = $1', [id]);
    await client.query('COMMIT');
    return removed.rowCount ?? 0;
  });
}
