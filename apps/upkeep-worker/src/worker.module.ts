/** Assembles the upkeep worker: one processor per queue, with the configured concurrency, and the classes that do the work. */
import { loadRepositories } from '@barkeep/bar-repository';
import type { Tracing } from '@barkeep/observe';
import type { Config, Connections } from '@barkeep/service';
import { RepositoryLimit, storeClock } from '@barkeep/session-data';
import { QueueWorker, UpkeepProducer } from '@barkeep/upkeep-queues';
import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { Aggregator } from './aggregator.js';
import { Backfiller } from './backfiller.js';
import { GapDetector } from './gap-detector.js';
import { processorOf } from './job-processor.js';
import { delayAfter, Repositories } from './repositories.js';
import type { UpkeepFigures } from './upkeep-figures.js';
import { UpkeepSessions } from './upkeep-sessions.js';

/** How often a job may start, or stall, before it fails for good. Limited, because a job may crash its worker at every start. */
const STARTS_MAX = 20;

/** The Nest module of a worker, whose providers are the processors. */
@Module({})
export class WorkerModule {
  static of(providers: Type[], config: Config, queueConnection: Redis, logger: Logger): DynamicModule {
    BullModule.workerClass = QueueWorker;
    return {
      module: WorkerModule,
      imports: [
        BullModule.forRoot({ connection: queueConnection, prefix: config.queues.prefix }),
        // Registers no queue. The import makes Nest create workers for the processors.
        BullModule.registerQueue(),
        LoggerModule.forRoot({ pinoHttp: { logger } }),
      ],
      providers,
    };
  }
}

/** The processors of the three upkeep queues. @throws RepositoryModuleError, RepositoryLimitError for the user's module of repositories */
export async function processorsOf(
  config: Config,
  { dataSource, sessionRedis, queues }: Connections,
  queueConnection: Redis,
  logger: Logger,
  figures: UpkeepFigures,
  tracing: Tracing,
) {
  const { backfillAttempts: attempts, backoffMs } = config.queues;
  // Retries are due by the clock of the store: other workers compare these times, and a machine's own clock may jump.
  const now = storeClock(sessionRedis);
  const producer = new UpkeepProducer(queues, { attempts, backoffMs }, now);
  const sessions = new UpkeepSessions(sessionRedis, config.sessions.prefix);
  const { modulePath, timeoutMs: repositoryTimeoutMs } = config.repositories;
  const repositories = new Repositories(dataSource, {
    own: modulePath ? await loadRepositories(modulePath) : new Map<string, unknown>(),
    limitOf: (name, limit) => new RepositoryLimit(sessionRedis, config.sessions.prefix, name, limit),
    observe: (name, tookMs, error) => figures.asked(name, tookMs, error),
    warn: (message) => logger.warn(message),
  });
  const parts = { sessions, producer, figures, tracing, now };
  const limits = { backoffMs, attempts, repositoryTimeoutMs };
  const backfiller = new Backfiller({ ...parts, repositories, dataSource, redis: sessionRedis, ...limits });
  const backoffStrategy = (attemptsMade: number, _type?: string, error?: Error) =>
    delayAfter(error, attemptsMade, backoffMs);
  const options = {
    connection: queueConnection,
    lockDuration: config.queues.workerLockMs,
    stalledInterval: config.queues.stalledCheckMs,
    maxStalledCount: STARTS_MAX,
    ...(tracing.queues && { telemetry: tracing.queues }),
    settings: { backoffStrategy },
  };
  const aggregator = new Aggregator(parts);
  sessionRedis.on('ready', () => aggregator.onStoreReturned());
  const { detectConcurrency, backfillConcurrency, aggregateConcurrency } = config.queues;
  // A backfill job starts again for each attempt and each time slice, and a forced detection until it succeeds. So only their crashes are
  // limited, not their starts.
  const detectOptions = { ...options, concurrency: detectConcurrency };
  const aggregateOptions = { ...options, maxStartedAttempts: STARTS_MAX, concurrency: aggregateConcurrency };
  const backfillOptions = { ...options, concurrency: backfillConcurrency };
  return [
    processorOf('detect-gaps', 'DetectGapsProcessor', new GapDetector(parts), detectOptions),
    processorOf('backfill', 'BackfillProcessor', backfiller, backfillOptions),
    processorOf('aggregate', 'AggregateProcessor', aggregator, aggregateOptions),
  ];
}
