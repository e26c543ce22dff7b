/** A separate database for a test file, on the server that DATABASE_URL names. */
import { randomBytes } from 'node:crypto';
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { untilTrue } from './until-true.js';

export interface TestDatabase {
  /** Connection string of the new, empty database. */
  url: string;
  /** Removes it, also while clients are still connected. */
  drop(): Promise<void>;
}

/** Makes an empty database. Call {@link TestDatabase.drop} in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const database = plannedDatabase();
  await database.create();
  return database;
}

/**
 * A database with the schema, for the tests of one file. Registers hooks that make it before the tests and remove it after them. The
 * `dataSource` is connected within tests, and within `beforeAll` hooks that follow the call.
 */
export function migratedDatabase(): { url: string; dataSource: DataSource } {
  const database = plannedDatabase();
  const dataSource = createDataSource(database.url);
  beforeAll(async () => {
    await database.create();
    await dataSource.initialize();
    await migrate(dataSource);
  });
  afterAll(async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  });
  return { url: database.url, dataSource };
}

/** A database that does not exist before `create`. */
function plannedDatabase(): TestDatabase & { create(): Promise<void> } {
  const server = process.env['DATABASE_URL'];
  if (!server) throw new Error('expected DATABASE_URL to name a Postgres server, was not set');
  const name = `barkeep_test_${randomBytes(6).toString('hex')}`;
  return {
    url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
    create: async () => void (await queryDatabase(server, `CREATE DATABASE ${name}`)),
    drop: async () => void (await queryDatabase(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/** Opens a connection, runs one statement and closes the connection. @returns the statement's rows */
export async function queryDatabase<Row extends object = Record<string, unknown>>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row & QueryResultRow>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Terminates the backends that run a COPY and meet a condition on pg_stat_activity, as soon as there is one. */
export async function terminateCopy(dataSource: DataSource, condition: string): Promise<void> {
  const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'COPY%' AND ${condition}`;
  for (let looks = 0; looks < 1_000; looks++) {
    if ((await dataSource.query<unknown[]>(terminate)).length > 0) return;
    await delay(1);
  }
  throw new Error(`expected a COPY with ${condition}, was none`);
}

/** Waits until a connection of this database waits for the lock of a session. */
export async function untilLockAwaited(connection: Pick<DataSource, 'query'>): Promise<void> {
  const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  await untilTrue(async () => (await connection.query<unknown[]>(waiting)).length > 0);
}
