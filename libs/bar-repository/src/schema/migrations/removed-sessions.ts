import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Records removed sessions. A Redis server that comes back with older data may have their keys: the record shows that they are ours. */
export class RemovedSessions1764100000000 implements MigrationInterface {
  readonly name = 'RemovedSessions1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE removed_sessions (
         incarnation uuid CONSTRAINT removed_sessions_pkey PRIMARY KEY,
         id text NOT NULL,
         removed_at timestamptz NOT NULL DEFAULT now()
       )`,
    );
    await runner.query('CREATE INDEX removed_sessions_id ON removed_sessions (id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE removed_sessions');
  }
}
