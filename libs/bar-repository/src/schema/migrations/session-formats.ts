import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The error of sessions whose store this version does not continue. */
const LOST =
  'its store was written by Barkeep 0.1, which this version does not continue: start it again, and it is streamed from its first bar';

/**
 * Adds the format of a session's store and jobs: a process works only on sessions of its own format.
 *
 * Processes of 0.1 do not know the format. The renamed column makes each of their statements on sessions fail, and the
 * raised epochs stop their streams. Completed sessions keep their stores, which can be read. Other stores have events
 * without a clock, so these sessions become `lost`, and their keys count as removed.
 */
export class SessionFormats1764300000000 implements MigrationInterface {
  readonly name = 'SessionFormats1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions RENAME COLUMN run TO starts');
    await runner.query('ALTER TABLE sessions ADD COLUMN format integer NOT NULL DEFAULT 2');
    // A session that is inserted names its format.
    await runner.query('ALTER TABLE sessions ALTER COLUMN format DROP DEFAULT');
    const isOpen = `state NOT IN ('created', 'completed')`;
    await runner.query(
      `INSERT INTO removed_sessions (incarnation, id) SELECT incarnation, id FROM sessions WHERE ${isOpen}`,
    );
    await runner.query(
      `DELETE FROM quarantined_bars WHERE incarnation IN (SELECT incarnation FROM sessions WHERE ${isOpen})`,
    );
    await runner.query(
      `UPDATE sessions SET state = 'lost', error = $1, incarnation = gen_random_uuid(), epoch = epoch + 1, owner = NULL,
         checkpoint = NULL, completed_at = coalesce(completed_at, now()), updated_at = now()
       WHERE ${isOpen}`,
      [LOST],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN format');
    await runner.query('ALTER TABLE sessions RENAME COLUMN starts TO run');
  }
}
