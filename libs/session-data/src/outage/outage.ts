/**
 * Which errors mean that Redis or PostgreSQL is away for now, so that the same call may succeed later. One classifier for
 * the coordinator, the workers and the client. Pure. Looks through wrappers (`cause`, TypeORM's `driverError`, the `errors`
 * of an AggregateError) to a bounded depth.
 */
import { isError, isRedisOutage } from '../redis/index.js';

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

const NAMES = new Set(['ConnectionIsNotSetError']);

const DEPTH_MAX = 5;

/** True when a server cannot be reached, or cannot serve now. */
export function isOutage(error: unknown, depth = 0): error is Error {
  if (!isError(error) || depth > DEPTH_MAX) return false;
  if (isRedisOutage(error) || NAMES.has(error.name) || MESSAGES.some((pattern) => pattern.test(error.message)))
    return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (SQL_STATES.test(code)) return true;
  return wrappedBy(error).some((inner) => isOutage(inner, depth + 1));
}

function wrappedBy(error: Error): unknown[] {
  return [
    error.cause,
    'driverError' in error ? error.driverError : undefined,
    ...('errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : []),
  ];
}
