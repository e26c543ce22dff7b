/** Wires the session side of the coordinator: lifecycle, streams, reconciler, in the order in which they stop. */
import { hostname } from 'node:os';
import {
  hasRemoved,
  loadRepositories,
  removedAmong,
  SessionCertificates,
  SessionRepository,
  type SessionRow,
} from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import { type Config, STOP_ORDER, StopSequence } from '@barkeep/service';
import { isOutage, OpenSession, ReturnedKeys, SessionConsumers, UpkeepStore } from '@barkeep/session-data';
import {
  readUpkeepActivity,
  releaseLostLocks,
  UpkeepProducer,
  workerConnection,
  type Queues,
} from '@barkeep/upkeep-queues';
import { BullModule, Processor } from '@nestjs/bullmq';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import type { WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { MetricsService, QUEUE_REDIS, QUEUES, SESSION_REDIS } from './runtime/index.js';
import {
  Certificates,
  layoutOf,
  LostTail,
  Reconciler,
  SessionControl,
  SessionLifecycle,
  SessionService,
  SessionSteering,
  SessionViews,
  SessionWaiting,
  SymbolChanges,
  SymbolWarnings,
} from './lifecycle/index.js';
import { PrefetchBudget, SharedWindows } from './source/index.js';
import { streamMetrics } from './figures/index.js';
import { SessionStreams, StreamProcessor, StreamRunner, WakeSignals } from './stream/index.js';

/** Restarts of one stream job after crashes, before it fails; the reconciler adds a new job for a session that should run. */
const STREAM_STALLS_MAX = 10;

@Module({})
export class SessionsModule {
  static of(config: Config): DynamicModule {
    const connection = workerConnection(config.services.redisUrl);
    const worker: WorkerOptions = {
      connection,
      concurrency: config.queues.streamConcurrency,
      lockDuration: config.queues.streamLockMs,
      stalledInterval: config.queues.stalledCheckMs,
      maxStalledCount: STREAM_STALLS_MAX,
    };
    Processor({ name: 'stream' }, worker)(StreamProcessor);
    return {
      module: SessionsModule,
      imports: [
        BullModule.forRoot({ connection, prefix: config.queues.prefix }),
        // Registers no queue: this import makes workers of the processors.
        BullModule.registerQueue(),
      ],
      providers: [
        { provide: UpkeepProducer, inject: [QUEUES], useFactory: (queues: Queues) => producerOf(queues, config) },
        {
          provide: SessionLifecycle,
          inject: [DataSource, SESSION_REDIS, QUEUE_REDIS, QUEUES, UpkeepProducer],
          useFactory: (...parts: [DataSource, Redis, Redis, Queues, UpkeepProducer]) => lifecycleOf(config, ...parts),
        },
        {
          provide: StreamRunner,
          inject: [DataSource, UpkeepProducer, MetricsService, StopSequence],
          useFactory: (dataSource: DataSource, producer: UpkeepProducer, metrics: MetricsService, stop: StopSequence) =>
            runnerOf(config, dataSource, producer, metrics, stop),
        },
        StreamProcessor,
        {
          provide: Reconciler,
          inject: [
            DataSource,
            SESSION_REDIS,
            QUEUE_REDIS,
            UpkeepProducer,
            SessionLifecycle,
            StreamProcessor,
            StopSequence,
          ],
          useFactory: (
            dataSource: DataSource,
            redis: Redis,
            queueRedis: Redis,
            producer: UpkeepProducer,
            lifecycle: SessionLifecycle,
            streams: StreamProcessor,
            stop: StopSequence,
          ) => {
            const isSettled = (row: SessionRow<SessionSpec>) => isSettledIn(redis, config.sessions.prefix, row);
            const sessions = new SessionRepository<SessionSpec>(dataSource, config.sessions.prefix);
            const changes = changesOf(config, dataSource, redis, producer);
            const certificates = certificatesOf(config, dataSource, redis);
            const control = new SessionControl(sessions, redis, config.sessions.prefix);
            const keyPrefix = config.sessions.prefix;
            const lostTail = new LostTail({ sessions, control, producer, redis, keyPrefix, warn });
            const reconciler = new Reconciler({
              sessions,
              producer,
              lifecycle,
              changes,
              control,
              lostTail,
              certificates,
              isSettled,
              returnedKeys: new ReturnedKeys(redis, keyPrefix, (ids) => removedAmong(dataSource, ids)),
              hasRemoved: () => hasRemoved(dataSource),
              releaseLostLocks: () => releaseLostLocks(queueRedis, config.queues.prefix),
              warn,
            });
            redis.on('ready', () => reconciler.onStoreReturned());
            reconciler.start(config.sessions.reconcileMs);
            stop.onStop('reconciler', STOP_ORDER.upkeep, () => reconciler.stop());
            stop.onStop('streams', STOP_ORDER.streams, () => streams.stop());
            stop.onStop('stream queue', STOP_ORDER.pools, () => connection.disconnect());
            return reconciler;
          },
        },
      ],
      exports: [SessionLifecycle],
    };
  }
}

const logger = new Logger('sessions');

function warn(message: string, error: unknown): void {
  logger.warn({ error: error instanceof Error ? error.message : String(error) }, message);
}

/** A session that cannot be read any more has no work for upkeep. */
async function isSettledIn(redis: Redis, keyPrefix: string, row: SessionRow<SessionSpec>): Promise<boolean> {
  try {
    return await new UpkeepStore(redis, layoutOf(row, keyPrefix)).isSettled();
  } catch (error) {
    if (isOutage(error)) throw error;
    return true;
  }
}

function producerOf(queues: Queues, { queues: { backfillAttempts, backoffMs } }: Config): UpkeepProducer {
  return new UpkeepProducer(queues, { attempts: backfillAttempts, backoffMs });
}

function changesOf(config: Config, dataSource: DataSource, redis: Redis, producer: UpkeepProducer): SymbolChanges {
  const sessions = new SessionRepository<SessionSpec>(dataSource, config.sessions.prefix);
  return new SymbolChanges({ dataSource, sessions, redis, keyPrefix: config.sessions.prefix, producer });
}

function certificatesOf(config: Config, dataSource: DataSource, redis: Redis): Certificates {
  const open = (row: SessionRow<SessionSpec>) => {
    const layout = layoutOf(row, config.sessions.prefix);
    return { session: new OpenSession(redis, layout), consumers: new SessionConsumers(redis, layout) };
  };
  return new Certificates(new SessionCertificates(dataSource, config.sessions.prefix), open);
}

async function lifecycleOf(
  config: Config,
  dataSource: DataSource,
  redis: Redis,
  queueRedis: Redis,
  queues: Queues,
  producer: UpkeepProducer,
): Promise<SessionService> {
  const sessions = new SessionRepository<SessionSpec>(dataSource, config.sessions.prefix);
  const { modulePath } = config.repositories;
  const repositoryNames = modulePath ? [...(await loadRepositories(modulePath)).keys()] : [];
  const upkeepDefaults = { ...config.upkeep, everySeconds: config.upkeep.checkIntervalMs / 1000 };
  const keyPrefix = config.sessions.prefix;
  const control = new SessionControl(sessions, redis, keyPrefix);
  const lostTail = new LostTail({ sessions, control, producer, redis, keyPrefix, warn });
  const workerSilentMs = async () =>
    (await readUpkeepActivity(queueRedis, queues, config.queues.prefix, Date.now())).silentMs;
  const waiting = new SessionWaiting({ redis, workerSilentMs });
  const views = new SessionViews(redis, keyPrefix, sessions, waiting, new SymbolWarnings(dataSource), lostTail);
  return new SessionService({
    dataSource,
    sessions,
    views,
    changes: changesOf(config, dataSource, redis, producer),
    steering: new SessionSteering({ sessions, views, control, producer, redis, queueRedis, keyPrefix }),
    lostTail,
    certificates: certificatesOf(config, dataSource, redis),
    keyPrefix,
    redis,
    producer,
    upkeepDefaults,
    limits: config.sessions.limits,
    repositoryNames,
  });
}

/** A connection that does not answer for so long is given up, so that a half-open one does not stay, ms. */
const SILENCE_LIMIT_MS = 8_000;

/** The streams have separate connections: a window of megabytes must not delay an API call. */
function runnerOf(
  config: Config,
  dataSource: DataSource,
  producer: UpkeepProducer,
  metrics: MetricsService,
  stop: StopSequence,
): StreamRunner {
  const socketTimeout = SILENCE_LIMIT_MS;
  const redis = new Redis(config.services.sessionRedisUrl, { maxRetriesPerRequest: 1, socketTimeout });
  const subscriber = new Redis(config.services.sessionRedisUrl, { maxRetriesPerRequest: null, socketTimeout });
  for (const client of [redis, subscriber]) client.on('error', (error) => warn('session redis', error));
  stop.onStop('stream connections', STOP_ORDER.pools, () => [redis, subscriber].forEach((r) => r.disconnect()));
  const streamed = streamMetrics(metrics);
  const owner = `${hostname()}:${process.pid}:${Date.now().toString(36)}`;
  const keyPrefix = config.sessions.prefix;
  const sessions = new SessionRepository<SessionSpec>(dataSource, keyPrefix);
  const control = new SessionControl(sessions, redis, keyPrefix);
  const streams = new SessionStreams({
    owner,
    redis,
    keyPrefix,
    dataSource,
    sessions,
    producer,
    changes: changesOf(config, dataSource, redis, producer),
    control,
    wakes: new WakeSignals(subscriber, keyPrefix),
    stagedDays: config.sessions.stagedDays,
    budget: new PrefetchBudget(config.sessions.prefetchBytes),
    sharedWindows: new SharedWindows(config.sessions.sharedBytes, () => streamed.windowShared()),
    metrics: streamed,
    warn,
  });
  const certificates = certificatesOf(config, dataSource, redis);
  return new StreamRunner({
    owner,
    redis,
    keyPrefix,
    sessions,
    streams,
    producer,
    certificates,
    control,
    warn,
    isOutage,
  });
}
