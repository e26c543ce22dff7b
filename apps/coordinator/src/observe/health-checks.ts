/**
 * The checks of readiness: one real write to each server, with a time limit. A server that only answers reads, such as a replica after a failover
 * or a full Redis, is not ready.
 */
import type { Config } from '@barkeep/service';
import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { CONFIG, probeWrite, QUEUE_REDIS, SESSION_REDIS } from '../runtime/index.js';

const ANSWER_WITHIN_MS = 2_000;
/** A transaction that may only read refuses it. Uses a table that no other statement locks. */
const WRITE_NOTHING = 'DELETE FROM removed_sessions WHERE false';

@Injectable()
export class HealthChecks {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(QUEUE_REDIS) private readonly queueRedis: Redis,
    @Inject(SESSION_REDIS) private readonly sessionRedis: Redis,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** One check for each server; a failed check resolves with `down`. */
  all(): (() => Promise<HealthIndicatorResult>)[] {
    return [
      () => this.ask('postgres', () => this.dataSource.query(WRITE_NOTHING)),
      () => this.ask('queue-redis', () => probeWrite(this.queueRedis, this.config.queues.prefix)),
      () => this.ask('session-redis', () => probeWrite(this.sessionRedis, this.config.sessions.prefix)),
    ];
  }

  private async ask(name: string, question: () => Promise<unknown>): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      await within(ANSWER_WITHIN_MS, question());
      return indicator.up();
    } catch {
      return indicator.down();
    }
  }
}

/** The result of `work`, or a rejection when it takes longer than `ms`. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected an answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
