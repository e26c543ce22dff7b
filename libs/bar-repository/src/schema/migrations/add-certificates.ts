import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is kept of a completed session's data when its store is gone. */
export class AddCertificates1763800000000 implements MigrationInterface {
  readonly name = 'AddCertificates1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN certificate jsonb, ADD COLUMN certified_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN certificate, DROP COLUMN certified_at');
  }
}
