/**
 * Names and numbers of datasets and symbols. Rows carry the numbers; everything outside this package speaks names.
 * Numbers are given once and never change, so a caller may keep them for as long as the dataset is not removed.
 */
import type { DataSource } from 'typeorm';

/** Thrown for a dataset that does not exist. */
export class UnknownDatasetError extends Error {
  override readonly name = 'UnknownDatasetError';
  constructor(readonly dataset: string) {
    super(`expected the name of a dataset, was ${JSON.stringify(dataset)}, which does not exist`);
  }
}

/** The number of a dataset, or undefined when there is none of that name. */
export async function resolveDataset(dataSource: DataSource, name: string): Promise<number | undefined> {
  const rows = await dataSource.query<{ id: number }[]>('SELECT id FROM datasets WHERE name = $1', [name]);
  return rows[0]?.id;
}

/** The names of all datasets, sorted. */
export async function datasetNames(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM datasets ORDER BY name');
  return rows.map((row) => row.name);
}

/** The numbers of the symbols that are known; unknown ones are left out: they have no bars in any dataset. */
export async function symbolIds(dataSource: DataSource, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await dataSource.query<{ id: number; name: string }[]>(
    'SELECT id, name FROM symbols WHERE name = ANY($1)',
    [[...names]],
  );
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** The number of a dataset, which is made when it is new. */
export async function ensureDataset(dataSource: DataSource, name: string): Promise<number> {
  const known = await resolveDataset(dataSource, name);
  if (known !== undefined) return known;
  await dataSource.query('INSERT INTO datasets (name) VALUES ($1) ON CONFLICT DO NOTHING', [name]);
  const made = await resolveDataset(dataSource, name);
  if (made === undefined) throw new UnknownDatasetError(name);
  return made;
}

/** The numbers of all these symbols; the new ones are made. Each statement commits by itself, so that imports never wait for each other. */
export async function ensureSymbols(dataSource: DataSource, names: readonly string[]): Promise<Map<string, number>> {
  const known = await symbolIds(dataSource, names);
  const missing = [...new Set(names)].filter((name) => !known.has(name)).sort();
  if (missing.length === 0) return known;
  // Only names that are missing are tried: a refused insert uses up a number.
  await dataSource.query('INSERT INTO symbols (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [missing]);
  return symbolIds(dataSource, names);
}
