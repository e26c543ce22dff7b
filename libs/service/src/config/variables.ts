/**
 * The table of every environment variable that Barkeep reads: name, unit, default, one line of documentation, limits.
 *
 * Guarantees: this is the only list. Parsing, error texts, the "did you mean" suggestion and `.env.example` are all
 * made from it. Not responsible for grouping values or for rules between two variables (`config.ts`).
 */
import { upkeepVariables } from './upkeep-variables.js';
import { choice, flag, integer, list, serverUrl, text, type Variable } from './variable.js';

const redisSchemes = ['redis', 'rediss'];
const keyPattern = /^[\x21-\x2b\x2d-\x7e]{16,256}$/;
const prefix = { pattern: /^[A-Za-z0-9._-]{1,64}$/, expected: '1 to 64 letters, digits, dots, underscores or dashes' };
const path = { pattern: /^[^\0]+$/, expected: 'a path', unit: 'path' };
const keys = {
  accepts: (key: string) => keyPattern.test(key),
  expected: 'of 16 to 256 printable characters',
  unit: 'comma list',
  max: 1000,
  secret: true,
};

/** Every variable, in the order of `.env.example`. */
export const variables = {
  redisUrl: serverUrl({
    name: 'REDIS_URL',
    doc: 'Queue Redis (noeviction, append-only file).',
    schemes: redisSchemes,
    example: 'redis://127.0.0.1:6379/0',
  }),
  sessionRedisUrl: serverUrl({
    name: 'SESSION_REDIS_URL',
    doc: 'Session Redis, which holds the bars of running sessions.',
    schemes: redisSchemes,
    example: 'redis://127.0.0.1:6380/0',
  }),
  databaseUrl: serverUrl({
    name: 'DATABASE_URL',
    doc: 'PostgreSQL with the datasets and the session records.',
    schemes: ['postgres', 'postgresql'],
    example: 'postgres://user:password@127.0.0.1:5432/barkeep',
  }),

  host: text({
    name: 'BARKEEP_HOST',
    doc: 'Address the HTTP service binds to; anything but loopback needs BARKEEP_API_KEYS.',
    unit: 'address',
    default: '127.0.0.1',
    pattern: /^[A-Za-z0-9._:-]{1,255}$/,
    expected: 'an IP address or a host name',
  }),
  port: integer({
    name: 'BARKEEP_PORT',
    doc: 'Port of the HTTP service; 0 takes any free one.',
    unit: 'port',
    default: 3000,
    min: 0,
    max: 65535,
  }),
  workerPort: integer({
    name: 'BARKEEP_WORKER_PORT',
    doc: 'Port on which an upkeep worker serves /metrics and /health; 0 serves none.',
    unit: 'port',
    default: 0,
    min: 0,
    max: 65535,
  }),
  apiKeys: list({ name: 'BARKEEP_API_KEYS', doc: 'Keys that may use the API; none means loopback only.', ...keys }),
  adminKeys: list({
    name: 'BARKEEP_ADMIN_KEYS',
    doc: "Keys that also see the operator's view, datasets, /metrics and the queue dashboard at /queues.",
    ...keys,
  }),
  queuesWritable: flag({
    name: 'BARKEEP_QUEUES_WRITABLE',
    doc: 'Lets the queue dashboard change jobs.',
    default: false,
  }),
  logLevel: choice({
    name: 'BARKEEP_LOG_LEVEL',
    doc: 'Least severe log lines that are written.',
    words: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),

  traceEndpoint: serverUrl({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    doc: 'Collector of OpenTelemetry (OTLP over HTTP) that gets the traces of repairs; unset: no traces.',
    schemes: ['http', 'https'],
    example: 'http://127.0.0.1:4318',
  }),

  queuePrefix: text({
    name: 'BARKEEP_QUEUE_PREFIX',
    doc: 'BullMQ key prefix in the queue Redis.',
    default: 'bull',
    ...prefix,
  }),
  sessionPrefix: text({
    name: 'BARKEEP_SESSION_PREFIX',
    doc: 'Key prefix in the session Redis.',
    default: 'barkeep',
    ...prefix,
  }),
  streamConcurrency: integer({
    name: 'BARKEEP_STREAM_CONCURRENCY',
    doc: 'Sessions that one coordinator streams at a time.',
    unit: 'jobs',
    default: 16,
    min: 1,
    max: 1000,
  }),
  detectConcurrency: integer({
    name: 'BARKEEP_DETECT_CONCURRENCY',
    doc: 'detect-gaps jobs that one worker runs at a time.',
    unit: 'jobs',
    default: 4,
    min: 1,
    max: 1000,
  }),
  backfillConcurrency: integer({
    name: 'BARKEEP_BACKFILL_CONCURRENCY',
    doc: 'backfill jobs that one worker runs at a time.',
    unit: 'jobs',
    default: 8,
    min: 1,
    max: 1000,
  }),
  aggregateConcurrency: integer({
    name: 'BARKEEP_AGGREGATE_CONCURRENCY',
    doc: 'aggregate jobs that one worker runs at a time.',
    unit: 'jobs',
    default: 4,
    min: 1,
    max: 1000,
  }),
  streamLock: integer({
    name: 'BARKEEP_STREAM_LOCK_SECONDS',
    doc: 'How long a stream job stays with a silent coordinator before another may take it.',
    unit: 'seconds',
    default: 3,
    min: 1,
    max: 600,
  }),
  workerLock: integer({
    name: 'BARKEEP_WORKER_LOCK_SECONDS',
    doc: 'How long an upkeep job stays with a silent worker before another may take it.',
    unit: 'seconds',
    default: 5,
    min: 1,
    max: 600,
  }),
  stalledCheck: integer({
    name: 'BARKEEP_STALLED_CHECK_SECONDS',
    doc: 'Time between two looks for jobs whose process died.',
    unit: 'seconds',
    default: 2,
    min: 1,
    max: 600,
  }),
  maxDays: integer({
    name: 'BARKEEP_MAX_DAYS',
    doc: 'Most trading days of a session, its history included.',
    unit: 'trading days',
    default: 12_000,
    min: 1,
    max: 1_000_000,
  }),
  maxSymbolDays: integer({
    name: 'BARKEEP_MAX_SYMBOL_DAYS',
    doc: 'Most symbols × trading days of a session.',
    unit: 'symbol-days',
    default: 2_000_000,
    min: 1,
    max: 1_000_000_000,
  }),
  stagedDays: integer({
    name: 'BARKEEP_STAGED_DAYS',
    doc: 'How far the stream may be ahead of the clock.',
    unit: 'trading days',
    default: 3,
    min: 1,
    max: 100,
  }),
  prefetch: integer({
    name: 'BARKEEP_PREFETCH_MB',
    doc: 'Bars that one coordinator may hold that were read before their turn; 0 reads none early.',
    unit: 'megabytes',
    default: 256,
    min: 0,
    max: 1_000_000,
  }),
  shared: integer({
    name: 'BARKEEP_SHARED_MB',
    doc: 'Bars that one coordinator may keep for other sessions over the same dataset and symbols; 0 shares none.',
    unit: 'megabytes',
    default: 128,
    min: 0,
    max: 1_000_000,
  }),
  backfillAttempts: integer({
    name: 'BARKEEP_BACKFILL_ATTEMPTS',
    doc: 'Tries of a backfill whose repository fails.',
    unit: 'tries',
    default: 5,
    min: 1,
    max: 100,
  }),
  backoff: integer({
    name: 'BARKEEP_BACKOFF_MS',
    doc: 'First delay before a failed repository is tried, or absent bars are asked for, again; doubles each time.',
    unit: 'milliseconds',
    default: 1000,
    min: 1,
    max: 3_600_000,
  }),
  repositoryTimeout: integer({
    name: 'BARKEEP_REPOSITORY_TIMEOUT_SECONDS',
    doc: 'Longest time of one request to a repository.',
    unit: 'seconds',
    default: 30,
    min: 1,
    max: 3600,
  }),
  repositories: text({
    name: 'BARKEEP_REPOSITORIES',
    doc: 'JavaScript module that maps names to repositories of your own.',
    ...path,
  }),
  calendarsDir: text({
    name: 'BARKEEP_CALENDARS_DIR',
    doc: 'Folder of calendar files (*.json) of your own; the same for coordinators, workers and the command line.',
    ...path,
  }),
  stop: integer({
    name: 'BARKEEP_STOP_SECONDS',
    doc: 'Time given to running work when a process stops.',
    unit: 'seconds',
    default: 5,
    min: 0,
    max: 600,
  }),
  reconcile: integer({
    name: 'BARKEEP_RECONCILE_SECONDS',
    doc: 'Time between two comparisons of the session records with the queues.',
    unit: 'seconds',
    default: 5,
    min: 1,
    max: 3600,
  }),
  postgresPool: integer({
    name: 'BARKEEP_POSTGRES_POOL',
    doc: 'Postgres connections that one process may hold.',
    unit: 'connections',
    default: 10,
    min: 1,
    max: 1000,
  }),

  clientUrl: serverUrl({
    name: 'BARKEEP_URL',
    doc: 'Coordinator that the command line and the client library talk to, instead of one on this machine.',
    schemes: ['http', 'https'],
    example: 'http://127.0.0.1:3000',
  }),
  clientKey: text({
    name: 'BARKEEP_API_KEY',
    doc: 'Key that the command line and the client library send; otherwise the first of BARKEEP_API_KEYS.',
    unit: 'key',
    pattern: keyPattern,
    expected: '16 to 256 printable characters',
    secret: true,
  }),
  clientAdminKey: text({
    name: 'BARKEEP_ADMIN_KEY',
    doc: "Admin key that the command line sends instead, for the operator's view.",
    unit: 'key',
    pattern: keyPattern,
    expected: '16 to 256 printable characters',
    secret: true,
  }),
  dataDir: text({
    name: 'BARKEEP_DATA_DIR',
    doc: 'Folder of the embedded servers; read by the command line and the client library only.',
    default: '.barkeep',
    ...path,
  }),
  services: choice({
    name: 'BARKEEP_SERVICES',
    doc: 'Servers the tests use.',
    words: ['embedded', 'compose'],
    default: 'embedded',
  }),

  ...upkeepVariables,
} satisfies Record<string, Variable<unknown>>;

/** Every variable, in the order of the table. */
export const allVariables: readonly Variable<unknown>[] = Object.values(variables);
