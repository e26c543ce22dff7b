/** Recognizes outages of Redis and PostgreSQL, after which a call may succeed later, and broken data of a session. Pure. */
import { types } from 'node:util';

/** Names of ioredis' errors when it gave up after reconnects. */
const REDIS_NAMES: ReadonlySet<string> = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError']);

/** Codes of the operating system (also when this process is out of files, ports or buffers), and of the clients' connections. */
const OUTAGE_CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENFILE|ENOBUFS|ENOMEM|EPROTO|NR_CLOSED)/;

/** Messages of Redis or ioredis when Redis cannot serve now. */
const REDIS_MESSAGES = [
  // Replies of a server that starts, is a replica, fails over, is full, cannot write its file, is busy, or lost the scripts.
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF|TRYAGAIN|OOM|BUSY|UNBLOCKED|NOSCRIPT|ERR max number of clients reached)\b/,
  // Outages for which ioredis gives no code.
  /^(Connection is closed|Command aborted due to connection close|Command timed out|Socket timeout|Stream isn't writeable)/,
  // The reply when an operator ended a script (SCRIPT KILL): the script wrote nothing.
  /^ERR .*\bScript killed by user\b/,
];

/**
 * SQLSTATE classes and codes: connection (08), transaction that may only read (25006) or took too long (25P03, 25P04), changed
 * password or rights (28), database or table that is being replaced (3D000, 42P01), conflict or deadlock (40), out of resources
 * (53), database that has run out of transaction ids (54000), object that is locked or in use (55), statement that an operator or a timeout
 * ended (57014), shut down or starting (57P), system error (58).
 */
const SQL_STATES = /^(08...|25006|25P0[34]|28...|3D000|40...|42P01|53...|54000|55...|57014|57P0[1-5]|58...)$/;

/** Messages of outages of PostgreSQL that have no code. */
const SQL_MESSAGES = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/i,
  /^Query read timeout$/,
  /^Client has encountered a connection error and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^Driver not Connected$/,
];

/** Messages of Redis when the password or the rights of this process changed after it started. */
const REDIS_RIGHTS_MESSAGES = [
  /^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b/,
  // The same replies for a command in a script: first Redis 7.0, then later versions.
  /^ERR The user executing the script can't /,
  /^ERR ACL failure in script\b/,
];

/** Begins the reply when Redis refuses a whole transaction at its end. The reply to a single command follows. */
const TRANSACTION_REFUSED = /^EXECABORT Transaction discarded because of: /;

/** Replies of Redis when the value of a key or field has the wrong type: another program wrote to Barkeep's keys. */
const BROKEN_STORE = /^(WRONGTYPE|ERR hash value is not an? (integer|float))\b/;

/** Most levels of wrapped errors that are looked at. */
const DEPTH_MAX = 5;

/** True when a server cannot be reached, or cannot serve now. Also looks at wrapped errors. @param depth callers leave it out */
export function isOutage(error: unknown, depth = 0): error is Error {
  if (!isError(error) || depth > DEPTH_MAX) return false;
  if (isRedisOutage(error) || isRedisRefusal(error)) return true;
  if (error.name === 'ConnectionIsNotSetError' || isOneOf(SQL_MESSAGES, error)) return true;
  if (SQL_STATES.test(codeOf(error))) return true;
  return wrappedBy(error).some((inner) => isOutage(inner, depth + 1));
}

/** True when Redis cannot be reached or cannot serve now, not when the password or rights are wrong. Does not look at wrapped errors. */
export function isRedisOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  return OUTAGE_CODES.test(codeOf(error)) || REDIS_NAMES.has(error.name) || isOneOf(REDIS_MESSAGES, error);
}

/** True when Redis refuses this process: the password is wrong, or the user lacks a right. Does not look at wrapped errors. */
export function isRedisRefusal(error: unknown): boolean {
  return isError(error) && isOneOf(REDIS_RIGHTS_MESSAGES, error);
}

/** True for an error that lasts until the session's store is created again: a stored value has a type or a length that Barkeep never writes. */
export function isBrokenStore(error: unknown): error is Error {
  return isError(error) && (error.name === 'ChunkLengthError' || BROKEN_STORE.test(error.message));
}

function isOneOf(messages: readonly RegExp[], { message }: Error): boolean {
  const reason = message.replace(TRANSACTION_REFUSED, '');
  return messages.some((pattern) => pattern.test(reason));
}

/** Also true for errors of other JavaScript contexts, such as the errors of Node's own modules under a test runner. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** The error's code; '' when it has none. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The errors in an error: of Node (`cause`, `errors`), TypeORM (`driverError`), and a transaction of ioredis (`previousErrors`). */
function wrappedBy(error: Error): unknown[] {
  const { cause, errors, driverError, previousErrors } = error as Error & Record<string, unknown>;
  return [cause, errors, driverError, previousErrors].flat();
}
