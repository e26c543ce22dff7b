import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds certificates of completed sessions, which stay after the store is removed. */
export class AddCertificates1763800000000 implements MigrationInterface {
  readonly name = 'AddCertificates1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN certificate jsonb, ADD COLUMN certified_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN certificate, DROP COLUMN certified_at');
  }
}
