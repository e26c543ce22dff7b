/**
 * Opens the database, migrates its schema, and closes it when the command ends.
 */
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { CliError, type Lifetime } from '../terminal/index.js';

export type Database = ReturnType<typeof createDataSource>;

/** @throws CliError when PostgreSQL does not answer or refuses; the message shows the address without the password */
export async function openDatabase(url: string, life: Lifetime): Promise<Database> {
  const database = createDataSource(url, { poolSize: 3, applicationName: 'barkeep-cli' });
  try {
    await database.initialize();
  } catch (error) {
    const detail = error instanceof Error ? error.message || error.name : String(error);
    throw new CliError(`expected PostgreSQL to answer at ${withoutPassword(url)}, was: ${detail}`, 1, { cause: error });
  }
  life.onEnd(() => database.destroy());
  await migrate(database);
  return database;
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
