/**
 * The lifecycle of sessions that are never streamed: rows in Postgres, a reader on Redis. Lets the HTTP side be tested
 * on real servers without queues and workers.
 */
import { randomUUID } from 'node:crypto';
import { SessionRepository, type SessionRow, type SessionState } from '@barkeep/bar-repository';
import { noCounts, parseSessionSpec, type SessionSpec } from '@barkeep/bars';
import { SessionReader } from '@barkeep/session-data';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { SESSION_REDIS } from '../../apps/coordinator/src/connections.js';
import { SessionLifecycle, type SessionView } from '../../apps/coordinator/src/http/session-lifecycle.js';

@Injectable()
class SessionRows extends SessionLifecycle {
  private readonly rows: SessionRepository<SessionSpec>;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(SESSION_REDIS) private readonly redis: Redis,
  ) {
    super();
    this.rows = new SessionRepository<SessionSpec>(dataSource);
  }

  async create(body: unknown, { idempotencyKey }: { idempotencyKey?: string }) {
    const spec = parseSessionSpec(body);
    const { row, created } = await this.rows.create({ id: spec.id ?? randomUUID(), spec, idempotencyKey });
    return { session: viewOf(row), created };
  }

  async find(id: string) {
    return viewOf(await this.rows.get(id));
  }

  async list(query: { state?: SessionState; limit: number; cursor?: string }) {
    const { rows, cursor } = await this.rows.list(query);
    return { sessions: rows.map(viewOf), nextCursor: cursor ?? null };
  }

  start = (id: string) => this.move(id, ['created', 'stopped'], 'running');
  pause = (id: string) => this.move(id, ['running'], 'paused');
  resume = (id: string) => this.move(id, ['paused'], 'running');
  stop = (id: string) => this.move(id, ['running', 'paused'], 'stopped');

  async remove(id: string) {
    await this.rows.get(id);
    await this.rows.remove(id);
  }

  async runUpkeep(id: string) {
    await this.rows.get(id);
  }

  async open(id: string) {
    await this.rows.get(id);
    return new SessionReader(this.redis, 'http-test').open(id);
  }

  private async move(id: string, from: SessionState[], to: SessionState) {
    return viewOf(await this.rows.transition(id, from, to));
  }
}

function viewOf(row: SessionRow<SessionSpec>): SessionView {
  const { id, state, spec, error } = row;
  const times = { createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
  const position = { clock: null, frontier: null, watermark: null, progress: 0 };
  const completedAt = row.completedAt?.toISOString() ?? null;
  return { id, state, spec, ...position, error, counts: { ...noCounts(), refused: 0 }, ...times, completedAt };
}

/** Exports the lifecycle, as the module of the streaming side does. */
@Module({
  providers: [{ provide: SessionLifecycle, useClass: SessionRows }],
  exports: [SessionLifecycle],
})
export class SessionRowsModule {}
