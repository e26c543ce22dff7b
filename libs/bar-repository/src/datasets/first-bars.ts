/** The times of symbols' first bars. Needs one index look-up per symbol and dataset. */
import type { DataSource } from 'typeorm';

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
