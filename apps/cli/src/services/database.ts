/**
 * Opens the database, migrates its schema, and closes it when the command ends.
 */
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { expecting, type Lifetime } from '../terminal/index.js';
import { withoutPassword } from './addresses.js';

export type Database = ReturnType<typeof createDataSource>;

/** @throws CliError when PostgreSQL does not answer or refuses; the message shows the address without the password */
export async function openDatabase(url: string, life: Lifetime): Promise<Database> {
  const database = createDataSource(url, { poolSize: 3, applicationName: 'barkeep-cli' });
  await expecting(`expected PostgreSQL to answer at ${withoutPassword(url)}`, () => database.initialize());
  life.onEnd(() => database.destroy());
  await migrate(database);
  return database;
}
