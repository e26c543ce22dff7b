/**
 * The version of a dataset: another one after any change of its rows, by whichever way they were changed. For what keeps something
 * that was made of rows: read the version first, then the rows, and keep what was made under that version.
 */
import type { DataSource } from 'typeorm';

/** A word that is equal only while the rows are. A dataset that was never changed, or does not exist, has version `0`. */
export async function datasetVersion(dataSource: DataSource, datasetId: number): Promise<string> {
  const [row] = await dataSource.query<{ version: string }[]>(
    'SELECT coalesce(bit_xor(stamp), 0)::text AS version FROM dataset_changes WHERE dataset_id = $1',
    [datasetId],
  );
  return row?.version ?? '0';
}

/** Makes one of the changes that are noted of a dataset, which leaves its version as it is. */
export async function mergeChanges(dataSource: DataSource, datasetId: number): Promise<void> {
  // Who merges at the same time finds these gone: each stamp goes into one sum.
  await dataSource.query(
    `WITH gone AS (DELETE FROM dataset_changes WHERE dataset_id = $1 RETURNING stamp)
     INSERT INTO dataset_changes (dataset_id, stamp) SELECT $1, bit_xor(stamp) FROM gone HAVING count(*) > 0`,
    [datasetId],
  );
}
