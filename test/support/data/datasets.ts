/** Declares dates complete and counts quarantined bars, directly in PostgreSQL. Only tests do this. */
import { resolveDataset, UnknownDatasetError } from '@barkeep/bar-repository';
import type { DataSource } from 'typeorm';
import { withConnection } from '../../../libs/bar-repository/src/connection.js';
import { declareSymbolDates, ensureSymbols } from '../../../libs/bar-repository/src/datasets.js';

/** Declares each of `dates` complete for each of `symbols`. Adds symbols that are new. @throws UnknownDatasetError */
export async function declareComplete(
  dataSource: DataSource,
  dataset: string,
  symbols: readonly string[],
  dates: readonly string[],
): Promise<void> {
  const datasetId = await resolveDataset(dataSource, dataset);
  if (datasetId === undefined) throw new UnknownDatasetError(dataset);
  const ids = await ensureSymbols(dataSource, symbols);
  const pairs = [...ids.values()].flatMap((id) => dates.map((date): [number, string] => [id, date]));
  await withConnection(dataSource, (client) => declareSymbolDates(client, datasetId, pairs, 'extended'));
}

/** Number of quarantined bars of a session (`null`: of all imports), by symbol and reason. */
export async function quarantineCounts(
  dataSource: DataSource,
  incarnation: string | null,
): Promise<Map<string, Map<string, number>>> {
  const rows = await dataSource.query<{ symbol: string; reason: string; bars: number }[]>(
    `SELECT symbol, reason, count(*)::int AS bars FROM quarantined_bars
     WHERE incarnation IS NOT DISTINCT FROM $1::uuid GROUP BY symbol, reason ORDER BY symbol, reason`,
    [incarnation],
  );
  const counts = new Map<string, Map<string, number>>();
  for (const { symbol, reason, bars } of rows) {
    const reasons = counts.get(symbol) ?? new Map<string, number>();
    counts.set(symbol, reasons.set(reason, bars));
  }
  return counts;
}
