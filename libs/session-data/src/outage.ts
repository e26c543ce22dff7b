/**
 * Which errors mean that Redis or PostgreSQL is away for now, so that the same call may succeed later, and which that the data of a
 * session is broken. All programs share this list, so that a coordinator and a client never judge the same error differently. Pure.
 */
import { types } from 'node:util';

const REDIS_NAMES: ReadonlySet<string> = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError']);

/** Codes of the operating system (also when this process has no file, port or buffer left), and of the client's own connections. */
const CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENFILE|ENOBUFS|ENOMEM|EPROTO|NR_CLOSED)/;

const REDIS_MESSAGES = [
  // What a server answers while it starts, is a replica, fails over, is full, cannot write its file, is busy with a script, or has
  // forgotten its scripts.
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF|TRYAGAIN|OOM|BUSY|UNBLOCKED|NOSCRIPT|ERR max number of clients reached)\b/,
  // Outages for which ioredis gives no code.
  /^(Connection is closed|Command aborted due to connection close|Command timed out|Socket timeout|Stream isn't writeable)/,
  // What a server answers when an operator ended the script of a command (SCRIPT KILL): it wrote nothing.
  /^ERR .*\bScript killed by user\b/,
];

/**
 * SQLSTATE classes and codes: connection (08), transaction that took too long (25P03, 25P04) or may only read (25006), another password or
 * other rights (28), a database or a table that is being replaced (3D000, 42P01), a conflict or deadlock (40), out of resources (53), an
 * object that is locked or in use (55), a statement that an operator or a limit of time ended (57014), no transaction ids until a VACUUM
 * (54000), shut down or starting (57P), system error (58).
 */
const SQL_STATES = /^(08...|25006|25P0[34]|28...|3D000|40...|42P01|53...|54000|55...|57014|57P0[1-5]|58...)$/;

/** Messages of outages that have no code. */
const MESSAGES = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/i,
  /^Query read timeout$/,
  /^Client has encountered a connection error and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^Driver not Connected$/,
  // Redis has another password or other rights than at the start of the service.
  /^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b/,
  // The same for a command of a script: first Redis 7.0, then later versions.
  /^ERR The user executing the script can't /,
  /^ERR ACL failure in script\b/,
];

/** Replies of Redis to a command that does not fit the value of its key or field: another program used Barkeep's keys. */
const BROKEN = /^(WRONGTYPE|ERR hash value is not an? (integer|float))\b/;

const DEPTH_MAX = 5;

/**
 * True when a server cannot be reached, or cannot serve now. Looks through wrappers (`cause`, TypeORM's `driverError`, the `errors` of
 * an AggregateError) to a bounded depth.
 */
export function isOutage(error: unknown, depth = 0): error is Error {
  if (!isError(error) || depth > DEPTH_MAX) return false;
  if (isRedisOutage(error) || error.name === 'ConnectionIsNotSetError') return true;
  if (MESSAGES.some((pattern) => pattern.test(error.message)) || SQL_STATES.test(codeOf(error))) return true;
  return wrappedBy(error).some((inner) => isOutage(inner, depth + 1));
}

/** True for an error of a Redis server that is away or cannot serve now. Looks at the error itself, not at its causes. */
export function isRedisOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  if (CODES.test(codeOf(error)) || REDIS_NAMES.has(error.name)) return true;
  return REDIS_MESSAGES.some((pattern) => pattern.test(error.message));
}

/** True for an error that lasts until the store is made again. */
export function isBrokenStore(error: unknown): error is Error {
  return isError(error) && BROKEN.test(error.message);
}

/** True for errors of other contexts of the engine too, such as those of Node's own modules under a test runner. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function wrappedBy(error: Error): unknown[] {
  return [
    error.cause,
    'driverError' in error ? error.driverError : undefined,
    ...('errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : []),
  ];
}
