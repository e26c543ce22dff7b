/**
 * Which errors say that the session Redis is away for a moment, and how long that is borne: a connection that was cut comes back
 * by itself, and what was asked on it can be asked again. Whatever else goes wrong is for the program to know at once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/** How long an outage is borne, ms. */
export const OUTAGE_LIMIT_MS = 60_000;
/** How long after a failure something is tried again, ms. */
export const OUTAGE_RETRY_MS = 500;

const CLASSES: ReadonlySet<string> = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError']);
const CODES = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
const REPLIES = /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY) /;
const MESSAGES =
  /^(Connection is closed|Command aborted due to connection close|Command timed out|Stream isn't writeable)/;

/** The session Redis did not answer for so long that whoever followed gave up; `cause` is what the last attempt failed with. */
export class SessionRedisAwayError extends Error {
  override readonly name = 'SessionRedisAwayError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    cause: Error,
  ) {
    super(`session ${sessionId}: expected the session Redis to answer, was: ${cause.message}`, { cause });
  }
}

/** Whether an error says that Redis is away, or not ready yet. */
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && CODES.test(code)) return true;
  return CLASSES.has(error.name) || REPLIES.test(error.message) || MESSAGES.test(error.message);
}

/** The time that something has failed for, of which every success makes an end. */
export class Outage {
  private since: number | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly sessionId: string,
    private readonly limitMs: number = OUTAGE_LIMIT_MS,
  ) {}

  /** It works. */
  over(): void {
    this.since = undefined;
  }

  /**
   * It failed. @returns why nothing more shall be tried, or undefined while it shall: the error itself unless it is an outage, and
   * {@link SessionRedisAwayError} when that has lasted too long, or the connection was closed for good
   */
  endedBy(error: unknown): Error | undefined {
    if (!isOutage(error)) return error instanceof Error ? error : new Error(String(error));
    this.since ??= performance.now();
    const isOver = this.redis.status === 'end' || performance.now() - this.since >= this.limitMs;
    return isOver ? new SessionRedisAwayError(this.sessionId, error) : undefined;
  }
}

/**
 * Does something that may be done twice, and again while Redis is away; under a signal that is aborted, once.
 * @throws SessionRedisAwayError, what `run` throws, the signal's reason
 */
export async function throughOutages<T>(outage: Outage, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      const result = await run();
      outage.over();
      return result;
    } catch (error) {
      if (signal?.aborted && isOutage(error)) signal.throwIfAborted();
      const end = outage.endedBy(error);
      if (end) throw end;
    }
    await delay(OUTAGE_RETRY_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
