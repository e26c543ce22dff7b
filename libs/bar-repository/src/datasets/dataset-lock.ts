import type { PoolClient } from 'pg';

/** First half of the advisory locks on datasets; the second is the dataset's number. */
const DATASET_LOCKS = 68_170_215;

/** Until the transaction ends, nobody else imports into the dataset or removes it. */
export async function lockDataset(client: PoolClient, datasetId: number): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [DATASET_LOCKS, datasetId]);
}
