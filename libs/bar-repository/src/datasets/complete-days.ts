/**
 * Declarations that a dataset is complete for a symbol on a trading day. There, an empty slot means that there was no trade.
 * Dates are trading dates, `YYYY-MM-DD`. The caller's calendar decides which date a minute belongs to.
 */
import type { DataSource } from 'typeorm';
import type { ClientBase } from 'pg';

/** Declares pairs of symbol number and date complete, on a connection that may be in a transaction. */
export async function declareSymbolDates(
  client: ClientBase,
  datasetId: number,
  pairs: readonly (readonly [number, string])[],
): Promise<void> {
  if (pairs.length === 0) return;
  await client.query(
    `INSERT INTO complete_days (dataset_id, symbol_id, date)
     SELECT $1, * FROM unnest($2::int[], $3::date[]) ON CONFLICT DO NOTHING`,
    [datasetId, pairs.map(([id]) => id), pairs.map(([, date]) => date)],
  );
}

/** The symbols for which at least one of the datasets is declared complete on `date`. */
export async function completeSymbols(
  dataSource: DataSource,
  datasets: readonly string[],
  symbols: readonly string[],
  date: string,
): Promise<Set<string>> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT DISTINCT s.name FROM datasets d
     JOIN complete_days c ON c.dataset_id = d.id AND c.date = $3::date
     JOIN symbols s ON s.id = c.symbol_id AND s.name = ANY($2)
     WHERE d.name = ANY($1)`,
    [[...datasets], [...symbols], date],
  );
  return new Set(rows.map((row) => row.name));
}
