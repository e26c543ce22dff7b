/**
 * The table of all environment variables that Barkeep reads: for each its place in the configuration, name, default and limits.
 * `.env.example` says in words what each one is for; a test compares the two. Rules about two variables are in `config.ts`.
 */
import { isInterval } from '@barkeep/bars';
import {
  atCommas,
  choice,
  flag,
  integer,
  list,
  megabytes,
  seconds,
  serverUrl,
  text,
  type Variable,
} from './variable.js';

// Limits and patterns that several variables share.
const redisSchemes = ['redis', 'rediss'];
const port = { unit: 'port', min: 0, max: 65_535 };
const jobs = { unit: 'jobs', min: 1, max: 1000 };
const prefix = { pattern: /^[A-Za-z0-9._-]{1,64}$/, expected: '1 to 64 letters, digits, dots, underscores or dashes' };
const path = { pattern: /^[^\0]+$/, expected: 'a path' };
/** Printable ASCII characters without the space and the comma, which separates keys. */
const keyPattern = /^[\x21-\x2b\x2d-\x7e]{16,256}$/;
const key = { pattern: keyPattern, expected: '16 to 256 printable characters', secret: true };
const keys = {
  accepts: (item: string) => keyPattern.test(item),
  expected: 'of 16 to 256 printable characters',
  max: 1000,
  secret: true,
};

/** Version of the job format. Raise it together with `SESSION_FORMAT` of `@barkeep/bar-repository`. */
const JOB_FORMAT = 2;

/**
 * The key prefix of BullMQ. It contains the format, so that workers with another format, such as those of 0.1, never see these jobs.
 * @param name the value of BARKEEP_QUEUE_PREFIX
 */
export function jobPrefix(name: string): string {
  return `${name}:v${JOB_FORMAT}`;
}

/** Splits `5m, 1h`, or a list of minutes as in Barkeep's first version: `[5, 60]`. */
function splitIntervals(raw: string): string[] {
  const minutes = /^\[(.*)\]$/s.exec(raw.trim())?.[1];
  const items = atCommas(minutes ?? raw);
  if (minutes === undefined) return items;
  return minutes.trim() === '' ? [] : items.map((item) => (/^\d+$/.test(item) ? `${item}m` : item));
}

/** Every variable, by its group and name in the configuration, in the order of `.env.example`. */
export const variables = {
  'services.redisUrl': serverUrl('REDIS_URL', redisSchemes, 'redis://127.0.0.1:6379/0'),
  'services.sessionRedisUrl': serverUrl('SESSION_REDIS_URL', redisSchemes, 'redis://127.0.0.1:6380/0'),
  'services.databaseUrl': serverUrl(
    'DATABASE_URL',
    ['postgres', 'postgresql'],
    'postgres://user:password@127.0.0.1:5432/barkeep',
  ),

  'http.host': text('BARKEEP_HOST', {
    default: '127.0.0.1',
    pattern: /^[A-Za-z0-9._:-]{1,255}$/,
    expected: 'an IP address or a host name',
  }),
  'http.port': integer('BARKEEP_PORT', 3000, port),
  'worker.port': integer('BARKEEP_WORKER_PORT', 0, port),
  'http.apiKeys': list('BARKEEP_API_KEYS', keys),
  'http.adminKeys': list('BARKEEP_ADMIN_KEYS', keys),
  'http.queuesWritable': flag('BARKEEP_QUEUES_WRITABLE', false),
  'log.level': choice('BARKEEP_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  'tracing.endpoint': serverUrl('OTEL_EXPORTER_OTLP_ENDPOINT', ['http', 'https'], 'http://127.0.0.1:4318'),

  'queues.prefix': text('BARKEEP_QUEUE_PREFIX', { default: 'bull', ...prefix, as: jobPrefix }),
  'sessions.prefix': text('BARKEEP_SESSION_PREFIX', { default: 'barkeep', ...prefix }),
  'queues.streamConcurrency': integer('BARKEEP_STREAM_CONCURRENCY', 16, jobs),
  'queues.detectConcurrency': integer('BARKEEP_DETECT_CONCURRENCY', 4, jobs),
  'queues.backfillConcurrency': integer('BARKEEP_BACKFILL_CONCURRENCY', 8, jobs),
  'queues.aggregateConcurrency': integer('BARKEEP_AGGREGATE_CONCURRENCY', 4, jobs),
  'queues.streamLockMs': seconds('BARKEEP_STREAM_LOCK_SECONDS', 3, { min: 1, max: 600 }),
  'queues.workerLockMs': seconds('BARKEEP_WORKER_LOCK_SECONDS', 5, { min: 1, max: 600 }),
  'queues.stalledCheckMs': seconds('BARKEEP_STALLED_CHECK_SECONDS', 2, { min: 1, max: 600 }),
  'limits.maxDays': integer('BARKEEP_MAX_DAYS', 12_000, { unit: 'trading days', min: 1, max: 1_000_000 }),
  'limits.maxSymbolDays': integer('BARKEEP_MAX_SYMBOL_DAYS', 2_000_000, {
    unit: 'symbol-days',
    min: 1,
    max: 1_000_000_000,
  }),
  'sessions.stagedDays': integer('BARKEEP_STAGED_DAYS', 3, { unit: 'trading days', min: 1, max: 100 }),
  'sessions.prefetchBytes': megabytes('BARKEEP_PREFETCH_MB', 256, { min: 0, max: 1_000_000 }),
  'sessions.sharedBytes': megabytes('BARKEEP_SHARED_MB', 128, { min: 0, max: 1_000_000 }),
  'queues.backfillAttempts': integer('BARKEEP_BACKFILL_ATTEMPTS', 5, { unit: 'tries', min: 1, max: 100 }),
  'queues.backoffMs': integer('BARKEEP_BACKOFF_MS', 1000, { unit: 'milliseconds', min: 1, max: 3_600_000 }),
  'repositories.timeoutMs': seconds('BARKEEP_REPOSITORY_TIMEOUT_SECONDS', 30, { min: 1, max: 3600 }),
  'repositories.modulePath': text('BARKEEP_REPOSITORIES', path),
  'calendars.dir': text('BARKEEP_CALENDARS_DIR', path),
  'process.stopMs': seconds('BARKEEP_STOP_SECONDS', 5, { min: 0, max: 600 }),
  'sessions.reconcileMs': seconds('BARKEEP_RECONCILE_SECONDS', 5, { min: 1, max: 3600 }),
  'postgres.pool': integer('BARKEEP_POSTGRES_POOL', 10, { unit: 'connections', min: 1, max: 1000 }),

  'client.url': serverUrl('BARKEEP_URL', ['http', 'https'], 'http://127.0.0.1:3000'),
  'client.apiKey': text('BARKEEP_API_KEY', key),
  'client.adminKey': text('BARKEEP_ADMIN_KEY', key),
  'embedded.dataDir': text('BARKEEP_DATA_DIR', { default: '.barkeep', ...path }),
  'embedded.services': choice('BARKEEP_SERVICES', ['embedded', 'compose'], 'embedded'),

  // Defaults for the upkeep part of session specs, under the names that users of the first version know.
  'upkeep.enabled': flag('DATA_UPKEEP_ENABLED', true),
  'upkeep.checkIntervalMs': seconds('DATA_UPKEEP_CHECK_INTERVAL_SECONDS', 60, { min: 1, max: 86_400 }),
  'upkeep.retryMissingBars': flag('DATA_UPKEEP_RETRY_MISSING_BARS', true),
  'upkeep.maxRetries': integer('DATA_UPKEEP_MAX_RETRIES', 5, { unit: 'asks', min: 1, max: 100 }),
  'upkeep.derivedIntervals': list('DATA_UPKEEP_DERIVED_INTERVALS', {
    default: '5m,15m',
    accepts: isInterval,
    expected: 'such as 5m, 1h or 1d (1d is the trading day, 24h is 24 hours)',
    max: 16,
    split: splitIntervals,
  }),
  'upkeep.autoComputeDerived': flag('DATA_UPKEEP_AUTO_COMPUTE_DERIVED', true),
} satisfies Record<`${string}.${string}`, Variable<unknown>>;

export const allVariables: readonly Variable<unknown>[] = Object.values(variables);
