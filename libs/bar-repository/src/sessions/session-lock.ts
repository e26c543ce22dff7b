/**
 * One process at a time brings a session's store in line with the symbols that its row has. The lock ends with its
 * transaction, so also with the process that holds it, or after it did nothing for a while.
 */
import { parseMembership, UNCHANGED, type Membership } from '@barkeep/bars';
import type { DataSource, EntityManager } from 'typeorm';
import type { SessionKey } from './session-repository.js';

/** A holder that is silent for so long, because it was halted, loses the lock. */
const SILENT_MAX_MS = 30_000;

/**
 * Works while nobody else holds the lock of the session. The work must use no other connection of the pool than its
 * manager's: when all of them waited for a lock, none would be left for whoever holds one.
 * @param work gets the symbols that the session has now, or undefined when it is gone
 */
export async function withSessionLock<T>(
  dataSource: DataSource,
  { id, incarnation }: SessionKey,
  work: (membership: Membership | undefined, manager: EntityManager) => Promise<T>,
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    await manager.query(`SET LOCAL idle_in_transaction_session_timeout = ${SILENT_MAX_MS}`);
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [incarnation]);
    const [row] = await manager.query<{ membership: unknown }[]>(
      'SELECT membership FROM sessions WHERE id = $1 AND incarnation = $2',
      [id, incarnation],
    );
    return work(row && (row.membership ? parseMembership(row.membership) : UNCHANGED), manager);
  });
}

/** Removes what a session quarantined of symbols that left it. */
export async function forgetQuarantined(
  manager: EntityManager,
  incarnation: string,
  symbols: readonly string[],
): Promise<void> {
  if (symbols.length === 0) return;
  const parameters = [incarnation, symbols];
  await manager.query('DELETE FROM quarantined_bars WHERE incarnation = $1 AND symbol = ANY($2)', parameters);
}
