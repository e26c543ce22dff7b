/**
 * How Barkeep connects to Postgres. One `DataSource` a process: its pool serves TypeORM and the COPY of the hot path alike.
 * Makes no connection by itself: call `initialize()`, then `migrate` (./migrate.js).
 */
import { DataSource } from 'typeorm';
import { socketFor } from '../rows/index.js';
import { ENTITIES } from './entities/index.js';
import { MIGRATIONS } from './migrations/index.js';

export interface DataSourceOptions {
  /** Connections at most; at least 2, since a migration holds one for its lock. @default 10 */
  poolSize?: number;
  /** What `pg_stat_activity` shows. @default 'barkeep' */
  applicationName?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Settings of every connection: no compilation of plans (windows are short), UTC, and a client that died frees its locks within a
 * second instead of when the network notices.
 */
const SESSION_SETTINGS = [
  'jit=off',
  'TimeZone=UTC',
  'client_connection_check_interval=1s',
  'idle_in_transaction_session_timeout=10min',
];

/**
 * A `DataSource` for the database at `url` (`postgres://user:password@host:port/database`) with all entities and migrations.
 * It never changes the schema on its own.
 */
export function createDataSource(url: string, options: DataSourceOptions = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [...ENTITIES],
    migrations: [...MIGRATIONS],
    synchronize: false,
    migrationsRun: false,
    // gen_random_uuid() is built in since PostgreSQL 13; TypeORM knows it by the extension that it came from.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    logging: false,
    poolSize: Math.max(2, options.poolSize ?? 10),
    applicationName: options.applicationName ?? 'barkeep',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { options: SESSION_SETTINGS.map((setting) => `-c ${setting}`).join(' '), stream: socketFor },
  });
}
