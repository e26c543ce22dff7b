import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Records for which trading day a repository answered a refused bar: the bar's own time may be wrong. */
export class RefusedDays1764400000000 implements MigrationInterface {
  readonly name = 'RefusedDays1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE quarantined_bars ADD COLUMN requested_date date');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE quarantined_bars DROP COLUMN requested_date');
  }
}
