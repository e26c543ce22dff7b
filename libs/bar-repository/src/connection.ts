/**
 * Borrows plain `pg` connections from the pool of TypeORM, for what TypeORM does not offer: COPY and advisory locks.
 * A connection in an unknown state is closed instead of returned to the pool.
 */
import type { ClientBase, Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Where connections come from: the pool of a TypeORM `DataSource`, or a connection that the caller has borrowed. The caller releases its own
 * connection, and closes it when a call on it fails.
 */
export type ConnectionSource = DataSource | PoolClient;

/** Thrown when a `DataSource` is not connected to Postgres. */
export class NotPostgresError extends Error {
  override readonly name = 'NotPostgresError';
  constructor(readonly actual: string) {
    super(`expected an initialized TypeORM DataSource of type postgres, was ${actual}`);
  }
}

/**
 * Runs `work` with a borrowed connection and releases it, or closes it when `work` throws, because a COPY or a transaction may still be
 * open. A connection of the caller is only used.
 * @throws what `work` throws, NotPostgresError, what the pool throws when it cannot connect
 */
export async function withConnection<T>(
  source: ConnectionSource,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  if (isClient(source)) return work(source);
  const client = await borrowConnection(source);
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/**
 * As {@link withConnection}, but in one transaction, which is rolled back when `work` throws.
 * @param mode `READ COMMITTED`: each statement sees all earlier commits, also those of a transaction that the statement before it waited
 *   for. The database's default level may be a higher one, at which the rows of that transaction would be missing
 */
export async function withTransaction<T>(
  source: ConnectionSource,
  work: (client: PoolClient) => Promise<T>,
  mode: 'READ COMMITTED' | 'REPEATABLE READ READ ONLY' = 'READ COMMITTED',
): Promise<T> {
  return withConnection(source, async (client) => {
    await client.query(`BEGIN ISOLATION LEVEL ${mode}`);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
}

/**
 * Borrows a connection; the caller releases it. A connection that is lost rejects the statement that runs on it, and every later one.
 * @throws NotPostgresError, what the pool throws when it cannot connect
 */
export async function borrowConnection(dataSource: DataSource): Promise<PoolClient> {
  const pool = poolOf(dataSource);
  // The pool removes its own listener when it lends a connection, and then emits `acquire`.
  if (!pool.listeners('acquire').includes(ignoreErrors)) pool.on('acquire', ignoreErrors);
  return pool.connect();
}

/**
 * Gives a connection a listener for `error` that is never removed, because an `error` event without a listener ends the process. The pool
 * removes its own at checkout. A borrower that adds one later misses an error that arrives in the same packet as the previous answer.
 */
export function ignoreErrors(client: ClientBase): void {
  if (!client.listeners('error').includes(doNothing)) client.on('error', doNothing);
}

function doNothing(): void {}

/** The pool of a `DataSource`. @throws NotPostgresError */
export function poolOf({ driver, options, isInitialized }: DataSource): Pool {
  const pool: unknown = 'master' in driver ? driver.master : undefined;
  if (isPool(pool)) return pool;
  throw new NotPostgresError(`${options.type}, ${isInitialized ? '' : 'not '}initialized`);
}

function isClient(source: ConnectionSource): source is PoolClient {
  return 'release' in source;
}

/** Checks for the methods, because another copy of `pg` has another Pool class. */
function isPool(value: unknown): value is Pool {
  return typeof value === 'object' && value !== null && 'totalCount' in value && 'connect' in value;
}
