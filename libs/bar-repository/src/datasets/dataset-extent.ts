/** The symbols of a dataset with the times of their first and last bars. Needs a few index look-ups per symbol and no scan of the bars. */
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
