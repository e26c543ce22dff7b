import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Includes the values in the primary key's index of `bars`, so that a day of all symbols and a year of one symbol are read from the
 * index alone (costs and gains: docs/performance.md). On a large table this takes time and blocks readers.
 */
export class CoverBars1763769700000 implements MigrationInterface {
  readonly name = 'CoverBars1763769700000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`${REPLACE_KEY} INCLUDE (open, high, low, close, volume)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(REPLACE_KEY);
  }
}

const REPLACE_KEY = `ALTER TABLE bars DROP CONSTRAINT bars_pkey,
  ADD CONSTRAINT bars_pkey PRIMARY KEY (dataset_id, symbol_id, "time")`;
