/** Which values the bars of a dataset may have. */
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

export interface DatasetValues {
  /** Some bars may have negative prices. */
  anyPrices: boolean;
  /** Some files had no volume: their bars have volume 0. */
  withoutVolume: boolean;
}

/** The values of a dataset; the defaults for an unknown dataset. */
export async function datasetValues(dataSource: DataSource, datasetId: number): Promise<DatasetValues> {
  const [row] = await dataSource.query<DatasetValues[]>(
    'SELECT any_prices AS "anyPrices", without_volume AS "withoutVolume" FROM datasets WHERE id = $1',
    [datasetId],
  );
  return row ?? { anyPrices: false, withoutVolume: false };
}

/** Adds the given values to those of the dataset. A value that was set once stays. */
export async function allowDatasetValues(client: PoolClient, datasetId: number, values: DatasetValues): Promise<void> {
  if (!values.anyPrices && !values.withoutVolume) return;
  await client.query(
    `UPDATE datasets SET any_prices = any_prices OR $2, without_volume = without_volume OR $3
     WHERE id = $1 AND (any_prices, without_volume) IS DISTINCT FROM (any_prices OR $2, without_volume OR $3)`,
    [datasetId, values.anyPrices, values.withoutVolume],
  );
}
