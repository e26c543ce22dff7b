/** The migrations of the schema. A released one is never changed: add another one. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CREATE_TABLES } from './create-tables.js';
import { PACK_DAYS } from './pack-days.js';

interface Migration {
  /** Ends with the time of the migration, epoch ms. */
  name: string;
  statements: readonly string[];
}

/** The error of sessions that are lost because of the upgrade from 0.1. */
const LOST_ERROR =
  'its store was written by Barkeep 0.1, which this version does not continue: start it again, and it is streamed from its first bar';

/** Sessions of Barkeep 0.1 that this version cannot continue: their events have no clock. Stores of completed ones stay readable. */
const CANNOT_CONTINUE = `state NOT IN ('created', 'completed')`;

/** Every migration, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'CreateTables1763700000000', statements: CREATE_TABLES },
  { name: 'PackDays1763769600000', statements: PACK_DAYS },
  {
    // With the values in the primary key's index, a day of all symbols and a year of one symbol are read from the index alone
    // (costs and gains: docs/performance.md). On a large table this takes time and blocks readers.
    name: 'CoverBars1763769700000',
    statements: [
      `ALTER TABLE bars DROP CONSTRAINT bars_pkey,
         ADD CONSTRAINT bars_pkey PRIMARY KEY (dataset_id, symbol_id, "time") INCLUDE (open, high, low, close, volume)`,
    ],
  },
  {
    // Certificates of completed sessions, which stay after the store is removed.
    name: 'AddCertificates1763800000000',
    statements: ['ALTER TABLE sessions ADD COLUMN certificate jsonb, ADD COLUMN certified_at timestamptz'],
  },
  {
    // The deployment that owns a session: several may share a database.
    name: 'SessionDeployments1763900000000',
    statements: ['ALTER TABLE sessions ADD COLUMN deployment text'],
  },
  {
    // Which values the bars of a dataset may have: negative prices, and no volume.
    name: 'DatasetValues1764000000000',
    statements: [
      `ALTER TABLE datasets ADD COLUMN any_prices boolean NOT NULL DEFAULT false,
         ADD COLUMN without_volume boolean NOT NULL DEFAULT false`,
    ],
  },
  {
    // A Redis server that returns with older data may have keys of removed sessions: this table shows that they are Barkeep's.
    name: 'RemovedSessions1764100000000',
    statements: [
      `CREATE TABLE removed_sessions (
         incarnation uuid CONSTRAINT removed_sessions_pkey PRIMARY KEY,
         id text NOT NULL,
         removed_at timestamptz NOT NULL DEFAULT now()
       )`,
      'CREATE INDEX removed_sessions_id ON removed_sessions (id)',
    ],
  },
  {
    // The trading days that a session was created with. Older sessions have none, and use those of their calendar.
    name: 'SessionDays1764200000000',
    statements: ['ALTER TABLE sessions ADD COLUMN days text'],
  },
  {
    // The format of a session's store and jobs: a process works only on sessions of its own format. Processes of 0.1 do not check
    // the format: the renamed column makes each of their statements on sessions fail, and the raised epochs stop their streams.
    // Sessions of 0.1 that cannot continue become `lost`, and their keys count as those of removed sessions.
    name: 'SessionFormats1764300000000',
    statements: [
      'ALTER TABLE sessions RENAME COLUMN run TO starts',
      'ALTER TABLE sessions ADD COLUMN format integer NOT NULL DEFAULT 2',
      // A session that is inserted names its format.
      'ALTER TABLE sessions ALTER COLUMN format DROP DEFAULT',
      `INSERT INTO removed_sessions (incarnation, id) SELECT incarnation, id FROM sessions WHERE ${CANNOT_CONTINUE}`,
      `DELETE FROM quarantined_bars WHERE incarnation IN (SELECT incarnation FROM sessions WHERE ${CANNOT_CONTINUE})`,
      `UPDATE sessions SET state = 'lost', error = '${LOST_ERROR}', incarnation = gen_random_uuid(), epoch = epoch + 1, owner = NULL,
         checkpoint = NULL, completed_at = coalesce(completed_at, now()), updated_at = now()
       WHERE ${CANNOT_CONTINUE}`,
    ],
  },
  {
    // The trading day that was requested when a repository returned a refused bar. The bar's own time may be wrong.
    name: 'RefusedDays1764400000000',
    statements: ['ALTER TABLE quarantined_bars ADD COLUMN requested_date date'],
  },
  {
    // A day may be declared complete in its regular hours only, because the import left out rows of extended hours.
    name: 'CompleteHours1764500000000',
    statements: ['ALTER TABLE complete_days ADD COLUMN regular_only boolean NOT NULL DEFAULT false'],
  },
];

/** The migrations in the form that TypeORM takes. */
export const MIGRATION_CLASSES = MIGRATIONS.map(
  ({ name, statements }) =>
    class implements MigrationInterface {
      readonly name = name;

      async up(runner: QueryRunner): Promise<void> {
        for (const statement of statements) await runner.query(statement);
      }

      down(): Promise<void> {
        return Promise.reject(new Error('restore a backup to return to an earlier version (docs/upgrading.md)'));
      }
    },
);
