/** Builds and starts the parts of the coordinator that serve sessions: lifecycle, streams, reconciler. */
import { hostname } from 'node:os';
import { loadRepositories, SessionRepository } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import { errorText, STOP_ORDER } from '@barkeep/service';
import { openRedis } from '@barkeep/session-data';
import { UpkeepProducer, workerConnection } from '@barkeep/upkeep-queues';
import { Logger } from '@nestjs/common';
import { type ActiveStreams, addSessionMetrics, streamMetrics } from './figures/index.js';
import { Reconciler, SessionService, sharedParts, type SharedParts } from './lifecycle/index.js';
import type { AppContext } from './runtime.js';
import { PrefetchBudget, SharedWindows } from './source/index.js';
import { StreamProcessor, type SharedStreamParts, WakeSignals } from './stream/index.js';

/** A stream job restarts this many times after crashes, then it fails; the reconciler adds a new job for a session that should run. */
const STREAM_STALLS_MAX = 10;
/** After this time without an answer a connection is closed, so that half-open connections do not stay, ms. */
const SILENCE_LIMIT_MS = 8_000;

/** Starts the streams and the reconciler. They stop in the order of `STOP_ORDER`. @returns the service that the API calls */
export async function startSessions(context: AppContext): Promise<SessionService> {
  const { config, stop } = context;
  const parts = buildSharedParts(context);
  const { modulePath } = config.repositories;
  const repositoryNames = modulePath ? [...(await loadRepositories(modulePath)).keys()] : [];
  const service = new SessionService(parts, config, repositoryNames);
  startStreams(context, parts);
  const reconciler = new Reconciler(parts);
  parts.redis.on('ready', () => reconciler.onStoreReturned());
  reconciler.start(config.sessions.reconcileMs);
  stop.onStop('reconciler', STOP_ORDER.upkeep, () => reconciler.stop());
  return service;
}

function startStreams(context: AppContext, parts: SharedParts): void {
  const { config, stop } = context;
  const connection = workerConnection(config.services.redisUrl);
  const streams = new StreamProcessor(buildStreamParts(context, parts), {
    connection,
    prefix: config.queues.prefix,
    concurrency: config.queues.streamConcurrency,
    lockDuration: config.queues.streamLockMs,
    stalledInterval: config.queues.stalledCheckMs,
    maxStalledCount: STREAM_STALLS_MAX,
  });
  stop.onStop('streams', STOP_ORDER.streams, () => streams.stop());
  stop.onStop('stream queue', STOP_ORDER.pools, () => connection.disconnect());
}

function buildSharedParts({ config, connections }: AppContext): SharedParts {
  const { dataSource, sessionRedis: redis, queueRedis, queues } = connections;
  const keyPrefix = config.sessions.prefix;
  const { backfillAttempts: attempts, backoffMs } = config.queues;
  const producer = new UpkeepProducer(queues, { attempts, backoffMs });
  const sessions = new SessionRepository<SessionSpec>(dataSource, keyPrefix);
  const logger = new Logger('sessions');
  const warn = (message: string, error: unknown) => logger.warn({ error: errorText(error) }, message);
  const servers = { keyPrefix, dataSource, redis, queueRedis, queues, queuePrefix: config.queues.prefix };
  return sharedParts({ ...servers, producer, sessions, warn }, config.limits.maxSymbolDays);
}

function buildStreamParts(context: AppContext, parts: SharedParts): SharedStreamParts {
  const { config, metrics, tracing } = context;
  const redis = openStreamRedis(context, parts.warn, 'stream connection', 1);
  const subscriber = openStreamRedis(context, parts.warn, 'wake connection', null); // null: waits as long as the server is away
  const streamFigures = streamMetrics(metrics);
  const active: ActiveStreams = new Set();
  const budget = new PrefetchBudget(config.sessions.prefetchBytes);
  addSessionMetrics(metrics, { active, sessions: parts.sessions, redis, budget });
  return {
    ...parts,
    redis,
    owner: `${hostname()}:${process.pid}:${Date.now().toString(36)}`,
    wakes: new WakeSignals(subscriber, parts.keyPrefix),
    stagedDays: config.sessions.stagedDays,
    budget,
    active,
    sharedWindows: new SharedWindows(config.sessions.sharedBytes, () => streamFigures.windowShared()),
    metrics: streamFigures,
    tracing,
  };
}

/**
 * Opens a connection to the session Redis for the streams alone: a window of megabytes must not delay an API call.
 * @param name in the log
 */
function openStreamRedis(
  { config, stop }: AppContext,
  warn: SharedParts['warn'],
  name: string,
  maxRetriesPerRequest: number | null,
) {
  const redis = openRedis(config.services.sessionRedisUrl, { maxRetriesPerRequest, socketTimeout: SILENCE_LIMIT_MS });
  redis.on('error', (error) => warn(`error on the ${name} to the session Redis`, error));
  stop.onStop(name, STOP_ORDER.pools, () => redis.disconnect());
  return redis;
}
