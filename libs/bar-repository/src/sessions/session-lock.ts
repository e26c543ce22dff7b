/**
 * A lock per session, for changes of the store that two processes must not make at once: of its symbols, or its removal. The lock ends with
 * its transaction, so also when its process dies or its connection is idle for too long.
 */
import { parseMembership, UNCHANGED, type Membership } from '@barkeep/bars';
import type { DataSource, EntityManager } from 'typeorm';
import type { SessionKey } from './session-repository.js';

/** A transaction is rolled back, and its locks end, when its process runs no statement in it for longer than this. */
const SILENT_MAX_MS = 30_000;

/**
 * Runs `work` in a transaction. A statement outside of a transaction may still take effect after its process has given up: a server that
 * was paused finds the statement in its socket. A statement in a transaction does not, because the server finds no COMMIT.
 * @param lockLimitMs how long a statement may wait for a lock @default as long as other statements of the connection
 */
export function inTransaction<T>(
  dataSource: Pick<EntityManager, 'transaction'>,
  work: (manager: EntityManager) => Promise<T>,
  lockLimitMs?: number,
): Promise<T> {
  // A higher level may be the database's default; `work` would then not see what another transaction has changed before it.
  return dataSource.transaction('READ COMMITTED', async (manager) => {
    await manager.query(`SET LOCAL idle_in_transaction_session_timeout = ${SILENT_MAX_MS}`);
    if (lockLimitMs !== undefined) await manager.query(`SET LOCAL lock_timeout = ${lockLimitMs}`);
    return work(manager);
  });
}

/**
 * Runs `work` while it holds the session's lock. `work` must use the connection of `manager`: callers that wait for the lock could occupy
 * all others of the pool.
 * @param work gets the changes of the session's symbols, or undefined when the session no longer exists
 */
export async function withSessionLock<T>(
  dataSource: DataSource,
  { id, incarnation }: SessionKey,
  work: (membership: Membership | undefined, manager: EntityManager) => Promise<T>,
): Promise<T> {
  return inTransaction(dataSource, async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [incarnation]);
    const [row] = await manager.query<{ membership: unknown }[]>(
      'SELECT membership FROM sessions WHERE id = $1 AND incarnation = $2',
      [id, incarnation],
    );
    if (!row) return work(undefined, manager);
    return work(row.membership ? parseMembership(row.membership) : UNCHANGED, manager);
  });
}

/** Deletes the quarantined bars of symbols that were removed from a session. */
export async function forgetQuarantined(
  manager: EntityManager,
  incarnation: string,
  symbols: readonly string[],
): Promise<void> {
  if (symbols.length === 0) return;
  const parameters = [incarnation, symbols];
  await manager.query('DELETE FROM quarantined_bars WHERE incarnation = $1 AND symbol = ANY($2)', parameters);
}
