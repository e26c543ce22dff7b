/**
 * The table of all environment variables that Barkeep reads. Each has a place in the configuration, a name, a description, a unit, a
 * default and limits.
 *
 * Guarantees: this is the only list. The configuration, error texts, the "did you mean" suggestion and `.env.example` are derived
 * from it. Rules about two variables are in `config.ts`.
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
/** A variable for the number of jobs that one worker runs at a time. @param kind the queue of the jobs @param value the default */
const concurrency = (name: string, kind: string, value: number) =>
  integer(name, `${kind} jobs that one worker runs at a time.`, { default: value, ...jobs });
const prefix = { pattern: /^[A-Za-z0-9._-]{1,64}$/, expected: '1 to 64 letters, digits, dots, underscores or dashes' };
const path = { pattern: /^[^\0]+$/, expected: 'a path', unit: 'path' };
/** Printable ASCII characters without the space and the comma, which separates keys. */
const keyPattern = /^[\x21-\x2b\x2d-\x7e]{16,256}$/;
const key = { pattern: keyPattern, expected: '16 to 256 printable characters', unit: 'key', secret: true };
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
  'services.redisUrl': serverUrl(
    'REDIS_URL',
    'Queue Redis (noeviction, append-only file).',
    redisSchemes,
    'redis://127.0.0.1:6379/0',
  ),
  'services.sessionRedisUrl': serverUrl(
    'SESSION_REDIS_URL',
    'Session Redis, which holds the bars of running sessions.',
    redisSchemes,
    'redis://127.0.0.1:6380/0',
  ),
  'services.databaseUrl': serverUrl(
    'DATABASE_URL',
    'PostgreSQL with the datasets and the session records.',
    ['postgres', 'postgresql'],
    'postgres://user:password@127.0.0.1:5432/barkeep',
  ),

  'http.host': text(
    'BARKEEP_HOST',
    'Address the HTTP service binds to; anything but loopback needs BARKEEP_API_KEYS or BARKEEP_ADMIN_KEYS.',
    {
      unit: 'address',
      default: '127.0.0.1',
      pattern: /^[A-Za-z0-9._:-]{1,255}$/,
      expected: 'an IP address or a host name',
    },
  ),
  'http.port': integer('BARKEEP_PORT', 'Port of the HTTP service; 0 takes any free one.', { default: 3000, ...port }),
  'worker.port': integer(
    'BARKEEP_WORKER_PORT',
    'Port on which an upkeep worker serves /metrics and /health; 0 serves none.',
    { default: 0, ...port },
  ),
  'http.apiKeys': list('BARKEEP_API_KEYS', 'Keys for the API; without keys it listens on loopback only.', keys),
  'http.adminKeys': list(
    'BARKEEP_ADMIN_KEYS',
    "Keys that also see the operator's view, datasets, /metrics and the queue dashboard at /queues.",
    keys,
  ),
  'http.queuesWritable': flag('BARKEEP_QUEUES_WRITABLE', 'Lets the queue dashboard change jobs.', false),
  'log.level': choice(
    'BARKEEP_LOG_LEVEL',
    'Level of the least severe log lines that are written.',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
  ),

  'tracing.endpoint': serverUrl(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'Collector of OpenTelemetry (OTLP over HTTP) that gets the traces of repairs; unset: no traces.',
    ['http', 'https'],
    'http://127.0.0.1:4318',
  ),

  'queues.prefix': text('BARKEEP_QUEUE_PREFIX', 'BullMQ key prefix in the queue Redis.', {
    default: 'bull',
    ...prefix,
    as: jobPrefix,
  }),
  'sessions.prefix': text('BARKEEP_SESSION_PREFIX', 'Key prefix in the session Redis.', {
    default: 'barkeep',
    ...prefix,
  }),
  'queues.streamConcurrency': integer(
    'BARKEEP_STREAM_CONCURRENCY',
    'Sessions that one coordinator streams at a time.',
    { default: 16, ...jobs },
  ),
  'queues.detectConcurrency': concurrency('BARKEEP_DETECT_CONCURRENCY', 'detect-gaps', 4),
  'queues.backfillConcurrency': concurrency('BARKEEP_BACKFILL_CONCURRENCY', 'backfill', 8),
  'queues.aggregateConcurrency': concurrency('BARKEEP_AGGREGATE_CONCURRENCY', 'aggregate', 4),
  'queues.streamLockMs': seconds(
    'BARKEEP_STREAM_LOCK_SECONDS',
    'How long a stream job stays with a silent coordinator before another may take it.',
    { default: 3, min: 1, max: 600 },
  ),
  'queues.workerLockMs': seconds(
    'BARKEEP_WORKER_LOCK_SECONDS',
    'How long an upkeep job stays with a silent worker before another may take it.',
    { default: 5, min: 1, max: 600 },
  ),
  'queues.stalledCheckMs': seconds(
    'BARKEEP_STALLED_CHECK_SECONDS',
    'Time between two checks for jobs whose process died.',
    { default: 2, min: 1, max: 600 },
  ),
  'limits.maxDays': integer('BARKEEP_MAX_DAYS', 'Most trading days per session, including its history.', {
    unit: 'trading days',
    default: 12_000,
    min: 1,
    max: 1_000_000,
  }),
  'limits.maxSymbolDays': integer('BARKEEP_MAX_SYMBOL_DAYS', 'Most symbols × trading days per session.', {
    unit: 'symbol-days',
    default: 2_000_000,
    min: 1,
    max: 1_000_000_000,
  }),
  'sessions.stagedDays': integer('BARKEEP_STAGED_DAYS', 'How far the stream may be ahead of the clock.', {
    unit: 'trading days',
    default: 3,
    min: 1,
    max: 100,
  }),
  'sessions.prefetchBytes': megabytes(
    'BARKEEP_PREFETCH_MB',
    'Memory of one coordinator for bars that it reads before their turn; 0 reads none early.',
    { default: 256, min: 0, max: 1_000_000 },
  ),
  'sessions.sharedBytes': megabytes(
    'BARKEEP_SHARED_MB',
    'Memory of one coordinator for bars that it keeps for other sessions over the same data; 0 keeps none.',
    { default: 128, min: 0, max: 1_000_000 },
  ),
  'queues.backfillAttempts': integer('BARKEEP_BACKFILL_ATTEMPTS', 'Tries of a backfill before onFailure decides.', {
    unit: 'tries',
    default: 5,
    min: 1,
    max: 100,
  }),
  'queues.backoffMs': integer(
    'BARKEEP_BACKOFF_MS',
    'First delay before the next request to a failed repository, or for absent bars; it doubles each time.',
    { unit: 'milliseconds', default: 1000, min: 1, max: 3_600_000 },
  ),
  'repositories.timeoutMs': seconds(
    'BARKEEP_REPOSITORY_TIMEOUT_SECONDS',
    'Longest time of one request to a repository.',
    { default: 30, min: 1, max: 3600 },
  ),
  'repositories.modulePath': text(
    'BARKEEP_REPOSITORIES',
    'JavaScript module that maps names to repositories of your own.',
    path,
  ),
  'calendars.dir': text(
    'BARKEEP_CALENDARS_DIR',
    'Folder of calendar files (*.json) of your own; the same for coordinators, workers and the command line.',
    path,
  ),
  'process.stopMs': seconds('BARKEEP_STOP_SECONDS', 'Time given to running work when a process stops.', {
    default: 5,
    min: 0,
    max: 600,
  }),
  'sessions.reconcileMs': seconds(
    'BARKEEP_RECONCILE_SECONDS',
    'Time between two comparisons of the session records with the queues.',
    { default: 5, min: 1, max: 3600 },
  ),
  'postgres.pool': integer('BARKEEP_POSTGRES_POOL', 'Postgres connections that one process may hold.', {
    unit: 'connections',
    default: 10,
    min: 1,
    max: 1000,
  }),

  'client.url': serverUrl(
    'BARKEEP_URL',
    'Coordinator that the command line and the client library talk to, instead of one on this machine.',
    ['http', 'https'],
    'http://127.0.0.1:3000',
  ),
  'client.apiKey': text(
    'BARKEEP_API_KEY',
    'Key that the command line and the client library send; otherwise the first of BARKEEP_API_KEYS.',
    key,
  ),
  'client.adminKey': text(
    'BARKEEP_ADMIN_KEY',
    "Admin key that the command line sends instead, for the operator's view.",
    key,
  ),
  'embedded.dataDir': text(
    'BARKEEP_DATA_DIR',
    'Folder of the embedded servers; read by the command line and the client library only.',
    { default: '.barkeep', ...path },
  ),
  'embedded.services': choice('BARKEEP_SERVICES', 'Servers the tests use.', ['embedded', 'compose'], 'embedded'),

  // Defaults for the upkeep part of session specs, under the names that users of the first version know.
  'upkeep.enabled': flag(
    'DATA_UPKEEP_ENABLED',
    'Keeps the data of sessions complete, unless their spec says otherwise.',
    true,
  ),
  'upkeep.checkIntervalMs': seconds(
    'DATA_UPKEEP_CHECK_INTERVAL_SECONDS',
    'Wall time between two upkeep rounds of a session.',
    { default: 60, min: 1, max: 86_400 },
  ),
  'upkeep.retryMissingBars': flag(
    'DATA_UPKEEP_RETRY_MISSING_BARS',
    'Asks again for bars that were missing from the answer of a repository.',
    true,
  ),
  'upkeep.maxRetries': integer(
    'DATA_UPKEEP_MAX_RETRIES',
    'Requests for an absent bar before its slot is settled as unfillable.',
    { unit: 'asks', default: 5, min: 1, max: 100 },
  ),
  'upkeep.derivedIntervals': list(
    'DATA_UPKEEP_DERIVED_INTERVALS',
    'Intervals derived from the base interval, or a list of minutes such as [5, 15]; the word none for none.',
    {
      default: '5m,15m',
      accepts: isInterval,
      expected: 'such as 5m, 1h or 1d (1d is the trading day, 24h is 24 hours)',
      max: 16,
      split: splitIntervals,
    },
  ),
  'upkeep.autoComputeDerived': flag(
    'DATA_UPKEEP_AUTO_COMPUTE_DERIVED',
    'Derives the bars of the derived intervals, unless the spec says otherwise.',
    true,
  ),
} satisfies Record<`${string}.${string}`, Variable<unknown>>;

export const allVariables: readonly Variable<unknown>[] = Object.values(variables);
