/**
 * Brings the schema up to date. Any number of processes may call it at the same time. An advisory lock makes them run one after
 * another, and later ones find no pending migration.
 */
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { MIGRATIONS } from './migrations.js';

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
 * Runs the pending migrations in one transaction on one connection.
 * @returns the names of the migrations that ran
 * @throws NewerSchemaError, DatabaseError; then none of them is applied
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const unknown = await unknownMigrations(runner);
      if (unknown.length > 0) throw new NewerSchemaError(unknown);
      // Use the connection that holds the lock. With a second connection several callers could exhaust the pool and block each other.
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'all';
      const ran = await executor.executePendingMigrations();
      return ran.map((migration) => migration.name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
  }
}

/** Names of migrations that ran in this database and that this version does not have. */
async function unknownMigrations(runner: QueryRunner): Promise<string[]> {
  const [{ exists }] = (await runner.query(`SELECT to_regclass('migrations') IS NOT NULL AS exists`)) as [
    { exists: boolean },
  ];
  if (!exists) return [];
  const rows = (await runner.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
  const known = new Set(MIGRATIONS.map(({ name }) => name));
  return rows.map(({ name }) => name).filter((name) => !known.has(name));
}
