/**
 * Borrowing a plain `pg` connection from the pool that TypeORM holds, for what TypeORM has no words for: COPY and advisory locks.
 * Guarantees that a connection goes back exactly once, and that one in an unknown state is closed instead.
 */
import { Pool, type PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Where connections come from: a TypeORM `DataSource` (its pool is used) or a pool of `pg`; or a connection that the caller has
 * borrowed already, and gives back, or closes when something fails on it.
 */
export type ConnectionSource = DataSource | Pool | PoolClient;

/** Thrown when a `DataSource` is not connected to Postgres. */
export class NotPostgresError extends Error {
  override readonly name = 'NotPostgresError';
  constructor(readonly actual: string) {
    super(`expected an initialized TypeORM DataSource of type postgres, was ${actual}`);
  }
}

/**
 * Runs `work` with a connection of its own and gives it back.
 * When `work` throws, the connection is closed, unless it is the caller's: a COPY or transaction may be open on it.
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
 * Borrows a connection; the caller releases it. The pool removes its error listener at checkout, so this adds one that stays
 * as long as the connection lives: a connection that is lost rejects the statement that runs on it, and every later one.
 * @throws NotPostgresError, what the pool throws when it cannot connect
 */
export async function borrowConnection(source: DataSource | Pool): Promise<PoolClient> {
  const client = await poolOf(source).connect();
  if (!client.listeners('error').includes(ignoreError)) client.on('error', ignoreError);
  return client;
}

function ignoreError(): void {}

/** The pool behind a source. @throws NotPostgresError */
export function poolOf(source: DataSource | Pool): Pool {
  if (source instanceof Pool) return source;
  // A pool of another copy of `pg` is no instance of ours, so ask what it can do.
  if (isPool(source)) return source;
  const pool: unknown = 'driver' in source && 'master' in source.driver ? source.driver.master : undefined;
  if (!isPool(pool))
    throw new NotPostgresError(`${source.options.type}, ${source.isInitialized ? '' : 'not '}initialized`);
  return pool;
}

function isClient(source: ConnectionSource): source is PoolClient {
  return 'release' in source;
}

function isPool(value: unknown): value is Pool {
  return typeof value === 'object' && value !== null && 'totalCount' in value && 'connect' in value;
}
