/**
 * The parts that the API, the streams and the reconciler share: the records of sessions, their certificates and symbols, and the
 * controls of their stores. Each is built once. They use the API's connection; the stream has another one for windows of bars.
 */
import { SessionCertificates, SessionRepository, type SessionRow } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import type { Config } from '@barkeep/service';
import { OpenSession, SessionConsumers } from '@barkeep/session-data';
import { type Queues, UpkeepProducer } from '@barkeep/upkeep-queues';
import { Logger, type FactoryProvider } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { Certificates, Evictions, layoutOf, LostTail, SessionControl, SymbolChanges } from './lifecycle/index.js';
import { QUEUES, SESSION_REDIS } from './runtime/index.js';

export interface SharedParts {
  keyPrefix: string;
  dataSource: DataSource;
  /** The session Redis, for short commands. */
  redis: Redis;
  producer: UpkeepProducer;
  sessions: SessionRepository<SessionSpec>;
  control: SessionControl;
  changes: SymbolChanges;
  certificates: Certificates;
  lostTail: LostTail;
  evictions: Evictions;
  /** Logs what failed in the background, where no caller waits for an answer. */
  warn: (message: string, error: unknown) => void;
}

/** Injection token of the `SharedParts`. */
export const SHARED_PARTS = Symbol('SHARED_PARTS');

export function sharedPartsProvider(config: Config): FactoryProvider<SharedParts> {
  return {
    provide: SHARED_PARTS,
    inject: [DataSource, SESSION_REDIS, QUEUES],
    useFactory: (dataSource: DataSource, redis: Redis, queues: Queues) => {
      const keyPrefix = config.sessions.prefix;
      const { backfillAttempts: attempts, backoffMs } = config.queues;
      const producer = new UpkeepProducer(queues, { attempts, backoffMs });
      const sessions = new SessionRepository<SessionSpec>(dataSource, keyPrefix);
      const control = new SessionControl(sessions, redis, keyPrefix);
      return {
        keyPrefix,
        dataSource,
        redis,
        producer,
        sessions,
        control,
        changes: new SymbolChanges({ dataSource, sessions, redis, keyPrefix, producer }),
        certificates: certificatesOf(dataSource, redis, keyPrefix),
        lostTail: new LostTail({ sessions, control, producer, redis, keyPrefix, warn }),
        evictions: new Evictions({ redis, keyPrefix, sessions, warn }),
        warn,
      };
    },
  };
}

const logger = new Logger('sessions');

function warn(message: string, error: unknown): void {
  logger.warn({ error: error instanceof Error ? error.message : String(error) }, message);
}

function certificatesOf(dataSource: DataSource, redis: Redis, keyPrefix: string): Certificates {
  const open = (row: SessionRow<SessionSpec>) => {
    const layout = layoutOf(row, keyPrefix);
    return { session: new OpenSession(redis, layout), consumers: new SessionConsumers(redis, layout) };
  };
  return new Certificates(new SessionCertificates(dataSource, keyPrefix), open);
}
