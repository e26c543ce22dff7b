/**
 * Names and numbers of datasets and symbols. Rows carry numbers, callers use names.
 * A number is assigned once and never changes, so a caller may cache it until the dataset is removed.
 */
import type { DataSource } from 'typeorm';

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
