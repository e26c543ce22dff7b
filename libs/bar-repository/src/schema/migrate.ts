/**
 * Brings the schema up to date. Any number of processes may call it at the same time. An advisory lock makes them run one after
 * another, and later ones find no pending migration.
 */
import { type DataSource, MigrationExecutor } from 'typeorm';

/** An arbitrary number that no other program uses for an advisory lock in this database. */
const MIGRATION_LOCK = 68_170_214;

/**
 * Runs the pending migrations in one transaction on one connection.
 * @returns the names of the migrations that ran
 * @throws DatabaseError; then none of them is applied
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
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
