import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds which values the bars of a dataset may have: negative prices, and no volume. */
export class DatasetValues1764000000000 implements MigrationInterface {
  readonly name = 'DatasetValues1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE datasets ADD COLUMN any_prices boolean NOT NULL DEFAULT false,
         ADD COLUMN without_volume boolean NOT NULL DEFAULT false`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE datasets DROP COLUMN any_prices, DROP COLUMN without_volume');
  }
}
