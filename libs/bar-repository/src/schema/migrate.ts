/**
 * Brings the schema up to date. Any number of processes may call it at the same time: an advisory lock lets one after the other
 * through, and the later ones find nothing left to do.
 */
import { type DataSource, MigrationExecutor } from 'typeorm';

/** Any number that nobody else in the database uses for an advisory lock. */
const MIGRATION_LOCK = 68_170_214;

/**
 * Runs the migrations that the database has not seen, all of them in one transaction. Takes one connection.
 * @returns the names of those that ran. @throws what Postgres says; nothing is half applied then.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      // On the connection that holds the lock: with one of its own, several callers could use up the pool and wait for ever.
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
