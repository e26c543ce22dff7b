/** Assembles the upkeep worker: one processor per queue, with the configured concurrency, and the classes that do the work. */
import { loadRepositories } from '@barkeep/bar-repository';
import type { Tracing } from '@barkeep/observe';
import type { Config, Connections } from '@barkeep/service';
import { RepositoryLimit, storeClock } from '@barkeep/session-data';
import { QueueWorker, UpkeepProducer, type JobName } from '@barkeep/upkeep-queues';
import { BullModule, Processor } from '@nestjs/bullmq';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { Aggregator } from './aggregator.js';
import { Backfiller, retryDelayMs, SessionFailer } from './backfill/index.js';
import type { UpkeepFigures } from './figures/index.js';
import { GapDetector } from './gap-detector.js';
import { AggregateProcessor, BackfillProcessor, DetectGapsProcessor } from './processors.js';
import { Repositories, RepositoryFailedError } from './repositories/index.js';
import { UpkeepSessions } from './upkeep-sessions.js';

export const PROCESSORS = [DetectGapsProcessor, BackfillProcessor, AggregateProcessor] as const;

/** Starts of one job, crashes included, before it fails for good, because a job may kill its worker each time. */
const STARTS_MAX = 20;

@Module({})
export class WorkerModule {
  static of(
    config: Config,
    connections: Connections,
    queueConnection: Redis,
    logger: Logger,
    figures: UpkeepFigures,
    tracing: Tracing,
  ): DynamicModule {
    const { queues } = config;
    const register = (name: JobName, processor: (typeof PROCESSORS)[number], concurrency: number) =>
      Processor(
        { name },
        {
          connection: queueConnection,
          concurrency,
          lockDuration: queues.workerLockMs,
          stalledInterval: queues.stalledCheckMs,
          maxStalledCount: STARTS_MAX,
          // A backfill job starts once for each attempt and each time slice, so only its crashes are counted.
          ...(name === 'backfill' ? {} : { maxStartedAttempts: STARTS_MAX }),
          ...(tracing.queues && { telemetry: tracing.queues }),
          settings: { backoffStrategy: backoffOf(queues.backoffMs) },
        },
      )(processor);
    BullModule.workerClass = QueueWorker;
    register('detect-gaps', DetectGapsProcessor, queues.detectConcurrency);
    register('backfill', BackfillProcessor, queues.backfillConcurrency);
    register('aggregate', AggregateProcessor, queues.aggregateConcurrency);
    return {
      module: WorkerModule,
      imports: [
        BullModule.forRoot({ connection: queueConnection, prefix: queues.prefix }),
        // Registers no queue. The import makes Nest create workers for the processors.
        BullModule.registerQueue(),
        LoggerModule.forRoot({ pinoHttp: { logger } }),
      ],
      providers: [...work(config, connections, logger, figures, tracing), ...PROCESSORS],
    };
  }
}

/** The delay of a backfill job: that of the repository's failure, or one that grows with the attempts after another error. */
function backoffOf(backoffMs: number) {
  return (attemptsMade: number, _type?: string, error?: Error): number =>
    error instanceof RepositoryFailedError ? error.retryInMs : retryDelayMs(attemptsMade, backoffMs);
}

function work(
  config: Config,
  { dataSource, sessionRedis, queues }: Connections,
  logger: Logger,
  figures: UpkeepFigures,
  tracing: Tracing,
): Provider[] {
  const { backfillAttempts: attempts, backoffMs } = config.queues;
  // Retries are due by the clock of the store: other workers compare these times, and a machine's own clock may jump.
  const now = storeClock(sessionRedis);
  const producer = new UpkeepProducer(queues, { attempts, backoffMs }, now);
  const sessions = new UpkeepSessions(sessionRedis, config.sessions.prefix);
  const settings = { backoffMs, attempts, repositoryTimeoutMs: config.repositories.timeoutMs };
  const { modulePath } = config.repositories;
  return [
    { provide: GapDetector, useValue: new GapDetector(sessions, producer, figures, now) },
    { provide: Aggregator, useValue: new Aggregator(sessions, producer, figures, tracing, now) },
    {
      provide: Backfiller,
      useFactory: async () => {
        const own = modulePath ? await loadRepositories(modulePath) : new Map<string, unknown>();
        const repositories = new Repositories(dataSource, {
          own,
          limitOf: (name, limits) => new RepositoryLimit(sessionRedis, config.sessions.prefix, name, limits),
          observe: (name, tookMs, error) => figures.asked(name, tookMs, error),
          warn: (message) => logger.warn(message),
        });
        const failer = new SessionFailer(dataSource, sessionRedis);
        return new Backfiller(sessions, repositories, dataSource, producer, failer, settings, figures, tracing, now);
      },
    },
  ];
}
