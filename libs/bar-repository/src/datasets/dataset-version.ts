/**
 * The version of a dataset. It changes whenever rows of the dataset change, by any statement. A cache of rows reads the version
 * first and the rows second, and stores the rows under that version.
 */
import type { DataSource } from 'typeorm';

/** The version as text: equal versions mean equal rows. A dataset that never changed, or that does not exist, has version `0`. */
export async function datasetVersion(dataSource: DataSource, datasetId: number): Promise<string> {
  const [row] = await dataSource.query<{ version: string }[]>(
    'SELECT coalesce(bit_xor(stamp), 0)::text AS version FROM dataset_changes WHERE dataset_id = $1',
    [datasetId],
  );
  return row?.version ?? '0';
}

/** Replaces the recorded changes of a dataset by their sum. The version stays the same. */
export async function mergeChanges(dataSource: DataSource, datasetId: number): Promise<void> {
  // A concurrent merge does not see the deleted stamps, so each stamp is in exactly one sum.
  await dataSource.query(
    `WITH gone AS (DELETE FROM dataset_changes WHERE dataset_id = $1 RETURNING stamp)
     INSERT INTO dataset_changes (dataset_id, stamp) SELECT $1, bit_xor(stamp) FROM gone HAVING count(*) > 0`,
    [datasetId],
  );
}
