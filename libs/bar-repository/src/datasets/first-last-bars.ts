/** The times of symbols' first and last bars. Needs a few index look-ups per symbol and dataset, and no scan of the bars. */
import type { DataSource } from 'typeorm';

export interface SymbolExtent {
  id: number;
  symbol: string;
  /** Open times of the first and the last bar, epoch ms. */
  first: number;
  last: number;
}

/** Every symbol that has a bar in the dataset, sorted by name. */
export async function datasetExtent(dataSource: DataSource, datasetId: number): Promise<SymbolExtent[]> {
  const rows = await dataSource.query<{ id: number; symbol: string; first: Date; last: Date }[]>(
    `WITH RECURSIVE held AS (
       (SELECT symbol_id AS id FROM bars WHERE dataset_id = $1 ORDER BY symbol_id LIMIT 1)
       UNION ALL
       SELECT (SELECT symbol_id FROM bars WHERE dataset_id = $1 AND symbol_id > held.id ORDER BY symbol_id LIMIT 1)
       FROM held WHERE held.id IS NOT NULL)
     SELECT held.id, symbols.name AS symbol, first."time" AS first, last."time" AS last
     FROM held JOIN symbols ON symbols.id = held.id
     CROSS JOIN LATERAL (SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = held.id ORDER BY "time" LIMIT 1) AS first
     CROSS JOIN LATERAL (SELECT "time" FROM bars WHERE dataset_id = $1 AND symbol_id = held.id ORDER BY "time" DESC LIMIT 1) AS last
     ORDER BY symbols.name`,
    [datasetId],
  );
  return rows.map(({ id, symbol, first, last }) => ({ id, symbol, first: first.getTime(), last: last.getTime() }));
}

/** Open time of each symbol's first bar in any of the datasets, epoch ms. Symbols without a bar are left out. */
export async function firstBars(
  dataSource: DataSource,
  datasetIds: readonly number[],
  symbolIds: readonly number[],
): Promise<Map<number, number>> {
  const rows = await dataSource.query<{ symbolId: number; time: Date }[]>(
    `SELECT symbol.id AS "symbolId", min(first."time") AS "time"
     FROM unnest($2::int4[]) AS symbol(id) CROSS JOIN unnest($1::int2[]) AS dataset(id)
     CROSS JOIN LATERAL (SELECT "time" FROM bars WHERE dataset_id = dataset.id AND symbol_id = symbol.id
       ORDER BY "time" LIMIT 1) AS first
     GROUP BY symbol.id`,
    [datasetIds, symbolIds],
  );
  return new Map(rows.map(({ symbolId, time }) => [symbolId, time.getTime()]));
}
