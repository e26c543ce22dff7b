/**
 * The connection to PostgreSQL. Each process has one `DataSource`, whose pool serves both TypeORM and COPY.
 * The caller connects with `initialize()`, then calls `migrate` (./migrate.js).
 */
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { ignoreErrors } from '../connection.js';
import { socketFor } from '../rows/index.js';
import { checkWhenSilent } from './backend-check.js';
import { leaveWhenDemoted } from './demoted.js';
import { MIGRATION_CLASSES } from './migrations.js';

export interface DataSourceOptions {
  /** Maximum number of connections, at least 2 because a migration holds one for its lock. @default 10 */
  poolSize?: number;
  /** Name in `pg_stat_activity`. @default 'barkeep' */
  applicationName?: string;
  /** Returns how long the server may stay silent before the connection is closed, ms. @default no limit */
  silenceLimitMs?: () => number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Settings of every connection: no JIT (queries are short), UTC, and a check that frees the locks of a dead client within a second
 * instead of after a network timeout.
 */
const SESSION_SETTINGS = [
  'jit=off',
  'TimeZone=UTC',
  'client_connection_check_interval=1s',
  'idle_in_transaction_session_timeout=10min',
];

/**
 * A `DataSource` for the database at `url` (`postgres://user:password@host:port/database`) with all migrations. The tables have no
 * entities, because every statement is SQL. It never changes the schema without a call of `migrate`.
 */
export function createDataSource(url: string, options: DataSourceOptions = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    migrations: MIGRATION_CLASSES,
    poolSize: Math.max(2, options.poolSize ?? 10),
    applicationName: options.applicationName ?? 'barkeep',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      onConnect: (client: PoolClient) => {
        // TypeORM adds its own listener for errors only some time after checkout.
        ignoreErrors(client);
        checkWhenSilent(client, url);
        leaveWhenDemoted(client);
      },
      options: SESSION_SETTINGS.map((setting) => `-c ${setting}`).join(' '),
      stream: (settings: { ssl?: unknown }) => socketFor(settings, options.silenceLimitMs),
    },
  });
}
