/** Wires the session side of the coordinator: lifecycle, streams, reconciler, in the order in which they stop. */
import { hostname } from 'node:os';
import { hasRemoved, loadRepositories, removedAmong, type SessionRow } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import { Metrics, type Tracing } from '@barkeep/observe';
import { type Config, STOP_ORDER, StopSequence } from '@barkeep/service';
import { isOutage, openRedis, ReturnedKeys, UpkeepStore } from '@barkeep/session-data';
import {
  releaseLostLocks,
  runLateJobs,
  QueueWorker,
  upkeepSilentMs,
  workerConnection,
  type Queues,
} from '@barkeep/upkeep-queues';
import { BullModule, Processor } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import type { WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { ActiveStreams, addSessionMetrics, streamMetrics } from './figures/index.js';
import {
  layoutOf,
  Reconciler,
  SessionService,
  SessionSteering,
  SessionViews,
  SessionWaiting,
  SymbolWarnings,
} from './lifecycle/index.js';
import { QUEUE_REDIS, QUEUES, TRACING } from './runtime/index.js';
import { SHARED_PARTS, sharedPartsProvider, type SharedParts } from './shared-parts.js';
import { PrefetchBudget, SharedWindows } from './source/index.js';
import { SessionStreams, StreamProcessor, StreamRunner, WakeSignals } from './stream/index.js';

/** Restarts of one stream job after crashes, before it fails; the reconciler adds a new job for a session that should run. */
const STREAM_STALLS_MAX = 10;
/** A connection that does not answer for this long is closed, so that a half-open connection does not stay, ms. */
const SILENCE_LIMIT_MS = 8_000;

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
    BullModule.workerClass = QueueWorker;
    Processor({ name: 'stream' }, worker)(StreamProcessor);
    return {
      module: SessionsModule,
      imports: [
        BullModule.forRoot({ connection, prefix: config.queues.prefix }),
        // Registers no queue: this import makes workers of the processors.
        BullModule.registerQueue(),
      ],
      providers: [
        sharedPartsProvider(config),
        {
          provide: SessionService,
          inject: [SHARED_PARTS, QUEUE_REDIS, QUEUES],
          useFactory: (parts: SharedParts, queueRedis: Redis, queues: Queues) =>
            lifecycleOf(config, parts, queueRedis, queues),
        },
        {
          provide: StreamRunner,
          inject: [SHARED_PARTS, Metrics, TRACING, StopSequence],
          useFactory: (parts: SharedParts, metrics: Metrics, tracing: Tracing, stop: StopSequence) =>
            runnerOf(config, parts, metrics, tracing, stop),
        },
        StreamProcessor,
        {
          provide: Reconciler,
          inject: [SHARED_PARTS, QUEUE_REDIS, QUEUES, SessionService, StreamProcessor, StopSequence],
          useFactory: (
            parts: SharedParts,
            queueRedis: Redis,
            queues: Queues,
            lifecycle: SessionService,
            streams: StreamProcessor,
            stop: StopSequence,
          ) => {
            const reconciler = reconcilerOf(parts, lifecycle, async () => {
              await releaseLostLocks(queueRedis, config.queues.prefix);
              await runLateJobs(queueRedis, queues);
            });
            parts.redis.on('ready', () => reconciler.onStoreReturned());
            reconciler.start(config.sessions.reconcileMs);
            stop.onStop('reconciler', STOP_ORDER.upkeep, () => reconciler.stop());
            stop.onStop('streams', STOP_ORDER.streams, () => streams.stop());
            stop.onStop('stream queue', STOP_ORDER.pools, () => connection.disconnect());
            return reconciler;
          },
        },
      ],
      exports: [SessionService],
    };
  }
}

async function lifecycleOf(
  config: Config,
  parts: SharedParts,
  queueRedis: Redis,
  queues: Queues,
): Promise<SessionService> {
  const { redis, dataSource } = parts;
  const { modulePath } = config.repositories;
  const workerSilentMs = () => upkeepSilentMs(queueRedis, queues, config.queues.prefix, Date.now());
  const waiting = new SessionWaiting({ redis, workerSilentMs });
  const views = new SessionViews({ ...parts, waiting, warnings: new SymbolWarnings(dataSource) });
  return new SessionService({
    ...parts,
    views,
    steering: new SessionSteering({ ...parts, views, queueRedis }),
    upkeepDefaults: { ...config.upkeep, everySeconds: config.upkeep.checkIntervalMs / 1000 },
    limits: config.limits,
    repositoryNames: modulePath ? [...(await loadRepositories(modulePath)).keys()] : [],
  });
}

/** The streams have separate connections: a window of megabytes must not delay an API call. */
function runnerOf(
  config: Config,
  parts: SharedParts,
  metrics: Metrics,
  tracing: Tracing,
  stop: StopSequence,
): StreamRunner {
  const socketTimeout = SILENCE_LIMIT_MS;
  const redis = openRedis(config.services.sessionRedisUrl, { maxRetriesPerRequest: 1, socketTimeout });
  const subscriber = openRedis(config.services.sessionRedisUrl, { maxRetriesPerRequest: null, socketTimeout });
  for (const client of [redis, subscriber]) client.on('error', (error) => parts.warn('session redis', error));
  stop.onStop('stream connections', STOP_ORDER.pools, () => [redis, subscriber].forEach((r) => r.disconnect()));
  const streamed = streamMetrics(metrics);
  const shared = { ...parts, redis, owner: `${hostname()}:${process.pid}:${Date.now().toString(36)}` };
  const active = new ActiveStreams();
  const budget = new PrefetchBudget(config.sessions.prefetchBytes);
  addSessionMetrics(metrics, { active, sessions: parts.sessions, redis, budget });
  const streams = new SessionStreams({
    ...shared,
    wakes: new WakeSignals(subscriber, parts.keyPrefix),
    stagedDays: config.sessions.stagedDays,
    budget,
    active,
    sharedWindows: new SharedWindows(config.sessions.sharedBytes, () => streamed.windowShared()),
    metrics: streamed,
    tracing,
  });
  return new StreamRunner({ ...shared, streams });
}

function reconcilerOf(parts: SharedParts, lifecycle: SessionService, repairQueues: () => Promise<void>): Reconciler {
  const { redis, keyPrefix, dataSource } = parts;
  return new Reconciler({
    ...parts,
    lifecycle,
    isSettled: (row) => isSettledIn(redis, keyPrefix, row),
    returnedKeys: new ReturnedKeys(redis, keyPrefix, (ids) => removedAmong(dataSource, ids)),
    hasRemoved: () => hasRemoved(dataSource),
    repairQueues,
  });
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
