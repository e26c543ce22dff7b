/** The connection to PostgreSQL, and its migrations. Call `initialize()` and then {@link migrate}. COPY uses the same pool. */
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager, MigrationExecutor } from 'typeorm';
import { ignoreErrors } from '../connection.js';
import { socketFor } from '../rows/index.js';
import { checkWhenSilent, leaveWhenDemoted } from './connection-checks.js';
import { MIGRATION_CLASSES, MIGRATIONS } from './migrations.js';

/** Settings of a process's connections. */
export interface DataSourceOptions {
  /** Maximum number of connections, at least 2 because a migration holds one for its lock. @default 10 */
  poolSize?: number;
  /** Name in `pg_stat_activity`. @default 'barkeep' */
  applicationName?: string;
  /** Returns how long the server may stay silent before the connection is closed, ms. @default no limit */
  silenceLimitMs?: () => number;
  /** How long a statement may wait for a lock before it fails, ms. @default no limit */
  lockLimitMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Settings of every connection. */
const CONNECTION_SETTINGS = [
  'jit=off', // queries are short
  'TimeZone=UTC',
  'client_connection_check_interval=1s', // the locks of a dead client are free after a second, not after a network timeout
  'idle_in_transaction_session_timeout=10min', // limits a transaction in which no statement runs
  'statement_timeout=0', // the limit of the database or the role, if it has one, would end long imports and reads again and again
];

/**
 * A `DataSource` for `url` (`postgres://user:password@host:port/database`), without entities: every statement is SQL. Only {@link migrate}
 * changes the schema.
 */
export function createDataSource(url: string, options: DataSourceOptions = {}): DataSource {
  const settings = [...CONNECTION_SETTINGS, `lock_timeout=${options.lockLimitMs ?? 0}`];
  return new DataSource({
    type: 'postgres',
    url,
    migrations: MIGRATION_CLASSES,
    poolSize: Math.max(2, options.poolSize ?? 10),
    applicationName: options.applicationName ?? 'barkeep',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      onConnect: (client: PoolClient) => {
        // TypeORM adds its own listener for errors some time after checkout; an earlier error would end the process.
        ignoreErrors(client);
        checkWhenSilent(client, url);
        leaveWhenDemoted(client);
      },
      options: settings.map((setting) => `-c ${setting}`).join(' '),
      stream: (connection: { ssl?: unknown }) => socketFor(connection, options.silenceLimitMs),
    },
  });
}

/** An arbitrary number that no other program uses for an advisory lock in this database. */
const MIGRATION_LOCK = 68_170_214;

/** A later version of Barkeep has changed the schema: this process must not use it. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
  constructor(readonly migrations: readonly string[]) {
    super(
      `expected a schema of this version of Barkeep or of an earlier one, was one that a later version has changed (${migrations.join(', ')}): start that version, or restore a backup`,
    );
  }
}

/**
 * Runs the pending migrations in one transaction. Any number of processes may call it at the same time: an advisory lock makes them run one
 * after another, and later ones find no pending migration.
 * @returns the names of the migrations that ran @throws NewerSchemaError, DatabaseError; then no migration is applied
 */
export function migrate(dataSource: DataSource): Promise<string[]> {
  // A higher level may be the database's default; a process that has waited for the lock would then not see the earlier migrations.
  return dataSource.transaction('READ COMMITTED', async (manager) => {
    await manager.query('SET LOCAL lock_timeout = 0'); // another process may migrate for long
    await manager.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const unknown = await unknownMigrations(manager);
    if (unknown.length > 0) throw new NewerSchemaError(unknown);
    // Use the connection that holds the lock. With a second connection several callers could exhaust the pool and block each other.
    const executor = new MigrationExecutor(dataSource, manager.queryRunner);
    executor.transaction = 'all';
    const ran = await executor.executePendingMigrations();
    return ran.map(({ name }) => name);
  });
}

/** Names of migrations that ran in this database and that this version does not have. */
async function unknownMigrations(manager: EntityManager): Promise<string[]> {
  const [table] = await manager.query<{ exists: boolean }[]>(`SELECT to_regclass('migrations') IS NOT NULL AS exists`);
  if (!table?.exists) return [];
  const rows = await manager.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
  const known = new Set(MIGRATIONS.map(({ name }) => name));
  return rows.map(({ name }) => name).filter((name) => !known.has(name));
}
