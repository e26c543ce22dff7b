import type { DataSource } from 'typeorm';
import { withConnection } from '../connection.js';
import { lockDataset } from './dataset-lock.js';
import { resolveDataset } from './datasets.js';

/**
 * Removes a dataset in one transaction: its bars, its declarations of complete days, its packed days and the bars that its imports
 * quarantined. Bars that sessions quarantined stay.
 * @returns the number of bars removed, or undefined when the dataset does not exist
 */
export async function removeDataset(dataSource: DataSource, name: string): Promise<number | undefined> {
  const id = await resolveDataset(dataSource, name);
  if (id === undefined) return undefined;
  return withConnection(dataSource, async (client) => {
    await client.query('BEGIN');
    await lockDataset(client, id);
    const removed = await client.query('DELETE FROM bars WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM complete_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM quarantined_bars WHERE dataset = $1 AND incarnation IS NULL', [name]);
    await client.query('DELETE FROM datasets WHERE id = $1', [id]);
    // After the dataset's row: from here on no process can pack days of the dataset.
    await client.query('DELETE FROM packed_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM dataset_changes WHERE dataset_id = $1', [id]);
    await client.query('COMMIT');
    return removed.rowCount ?? 0;
  });
}
