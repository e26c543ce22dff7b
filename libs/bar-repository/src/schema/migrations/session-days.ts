import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the trading days that a session was created with. Older sessions have none, and use those of their calendar. */
export class SessionDays1764200000000 implements MigrationInterface {
  readonly name = 'SessionDays1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN days text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN days');
  }
}
