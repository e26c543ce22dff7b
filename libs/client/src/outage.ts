/** Retries while the session Redis is away: ioredis reconnects, and the client repeats its call. Other errors are thrown at once. */
import { isRedisOutage } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { SessionRedisAwayError } from './errors.js';
import { pause } from './pause.js';

/** How long the client retries before it gives up, ms. */
const OUTAGE_LIMIT_MS = 60_000;
/** Time between a failure and the next attempt, ms. */
export const OUTAGE_RETRY_MS = 500;

/**
 * How long ioredis waits after `disconnect` of a connection for blocking reads, ms. It keeps the process alive meanwhile, even when the
 * connection is already closed or not open yet, so the wait is short. A blocking read changes nothing, so nothing can be lost.
 */
export const BLOCKING_CLOSE_MS = 100;

/** How long the session Redis has been failing; a success resets it. */
export class Outage {
  /** When the first failure after the last success was noted, as `performance.now()`. */
  private since: number | undefined;

  /** @param limitMs how long failures are retried */
  constructor(
    private readonly redis: Redis,
    private readonly sessionId: string,
    private readonly limitMs: number = OUTAGE_LIMIT_MS,
  ) {}

  succeeded(): void {
    this.since = undefined;
  }

  /**
   * Notes a failure.
   * @returns undefined when the caller is to retry. Otherwise the error to throw: the error itself when it is not an outage, or a
   *   {@link SessionRedisAwayError} when the outage lasted too long or the connection was closed for good
   */
  failed(error: unknown): Error | undefined {
    if (!(error instanceof Error)) return new Error(String(error));
    if (!isRedisOutage(error)) return error;
    this.since ??= performance.now();
    const mustGiveUp = this.redis.status === 'end' || performance.now() - this.since >= this.limitMs;
    return mustGiveUp ? new SessionRedisAwayError(this.sessionId, error, this.redis) : undefined;
  }
}

/**
 * Runs an idempotent call, and repeats it while Redis is unavailable. With a signal that is already aborted, it tries once.
 * @throws SessionRedisAwayError, what `run` throws, the signal's reason
 */
export async function retryOutages<T>(outage: Outage, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      const result = await run();
      outage.succeeded();
      return result;
    } catch (error) {
      if (signal?.aborted && isRedisOutage(error)) signal.throwIfAborted();
      const terminal = outage.failed(error);
      if (terminal) throw terminal;
    }
    await pause(OUTAGE_RETRY_MS, signal);
  }
}
