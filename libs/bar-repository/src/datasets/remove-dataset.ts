import type { DataSource } from 'typeorm';
import { withConnection } from '../connection.js';
import { lockDataset } from './dataset-lock.js';
import { resolveDataset } from './datasets.js';

/**
 * Removes a dataset with its bars, its declarations, its packed days and what its imports quarantined, all or nothing: the undo of an
 * import. What sessions quarantined stays theirs. @returns the number of bars removed, or undefined when there was no such dataset.
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
    // Last: from here on nobody packs days of it any more.
    await client.query('DELETE FROM packed_days WHERE dataset_id = $1', [id]);
    await client.query('DELETE FROM dataset_changes WHERE dataset_id = $1', [id]);
    await client.query('COMMIT');
    return removed.rowCount ?? 0;
  });
}
