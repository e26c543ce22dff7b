import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Puts the values into the key of `bars`, so that windows are read from the index alone: a day of all symbols, as a year of one. What
 * it costs and gains is in docs/performance.md. On a table that is full this takes a while, and nobody else reads it meanwhile.
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
