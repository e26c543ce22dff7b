import type { PoolClient } from 'pg';

/** First key of the advisory locks on datasets. The second key is the dataset's number. */
const DATASET_LOCKS = 68_170_215;

/** Locks the dataset against other imports and removal until the transaction ends. Waits for the current holder. */
export async function lockDataset(client: PoolClient, datasetId: number): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [DATASET_LOCKS, datasetId]);
}
