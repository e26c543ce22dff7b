import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the owning deployment to sessions, so that several deployments may share a database. */
export class SessionDeployments1763900000000 implements MigrationInterface {
  readonly name = 'SessionDeployments1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN deployment text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN deployment');
  }
}
