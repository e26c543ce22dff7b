/**
 * Decides which errors mean that a Redis server is unavailable, or cannot serve for the moment: the same call may succeed later. All
 * programs share this list, so that a coordinator and a client never judge the same error differently. Pure.
 */
import { types } from 'node:util';

const NAMES: ReadonlySet<string> = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError']);

/** Codes of the operating system (also when this process has no file, port or buffer left), and of the client's own connections. */
const CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENFILE|ENOBUFS|ENOMEM|EPROTO|NR_CLOSED)/;

/**
 * What a server answers while it starts, is a replica, fails over, is full, cannot write its file, is busy with a script, or has
 * forgotten its scripts.
 */
const REPLIES =
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF|TRYAGAIN|OOM|BUSY|UNBLOCKED|NOSCRIPT|ERR max number of clients reached)\b/;

/** Messages of outages for which ioredis gives no code. */
const MESSAGES =
  /^(Connection is closed|Command aborted due to connection close|Command timed out|Socket timeout|Stream isn't writeable)/;

/** What a server answers when an operator ended the script of a command (SCRIPT KILL): it wrote nothing. */
const SCRIPT_KILLED = /^ERR .*\bScript killed by user\b/;

/** True for errors of other contexts of the engine too, such as those of Node's own modules under a test runner. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** True for an error of a Redis server that is away or cannot serve now. Looks at the error itself, not at its causes. */
export function isRedisOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && CODES.test(code)) return true;
  return NAMES.has(error.name) || [MESSAGES, REPLIES, SCRIPT_KILLED].some((pattern) => pattern.test(error.message));
}
