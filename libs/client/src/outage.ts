/** Retries while the session Redis is away: ioredis reconnects, and the client repeats its call. Other errors are thrown at once. */
import { isRedisOutage, isRedisRefusal } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { SessionRedisAwayError } from './errors.js';
import { pause } from './pause.js';

/** How long the client retries before it gives up, ms. */
const OUTAGE_LIMIT_MS = 60_000;
/** Time between a failure and the next attempt, and the longest time between two attempts of ioredis to connect, ms. */
export const OUTAGE_RETRY_MS = 500;
/** Time between the first failed attempts of ioredis to connect, ms. It grows by as much each time. */
const RECONNECT_STEP_MS = 50;

/**
 * Time before the next attempt of ioredis to connect, ms (its option `retryStrategy`). A call fails only after a number of attempts. With
 * ioredis' own times, which grow longer, the client would notice more than half a minute late that an outage has reached its limit.
 */
export function reconnectDelay(attempts: number): number {
  return Math.min(attempts * RECONNECT_STEP_MS, OUTAGE_RETRY_MS);
}

/**
 * How long ioredis waits after `disconnect` of a connection for blocking reads, ms. It keeps the process alive meanwhile, even when the
 * connection is already closed or not open yet, so the wait is short. A blocking read changes nothing, so nothing can be lost.
 */
export const BLOCKING_CLOSE_MS = 100;

/** The newest error of each connection that cannot be opened. The errors of ioredis' commands do not have the reason. */
const connectionErrors = new WeakMap<Redis, Error>();

/** When each connection that is not ready was lost, as `performance.now()`. */
const lostAt = new WeakMap<Redis, number>();

/** Notes the losses and errors of a connection that this library opens. Without a listener ioredis would print the errors. */
export function noteErrors(redis: Redis): Redis {
  redis.on('ready', () => {
    connectionErrors.delete(redis);
    lostAt.delete(redis);
  });
  redis.on('close', () => {
    if (!lostAt.has(redis)) lostAt.set(redis, performance.now()); // not at each further attempt to connect
  });
  return redis.on('error', (error: Error) => connectionErrors.set(redis, error));
}

/** How long the session Redis has been failing; a success resets it. */
export class Outage {
  /** When the last call started, or Redis last answered a part of it, as `performance.now()`. */
  private answeredAt = 0;
  /** When Redis began to fail, as `performance.now()`; undefined after a success. */
  private since: number | undefined;

  /** @param limitMs how long failures are retried */
  constructor(
    private readonly redis: Redis,
    private readonly sessionId: string,
    private readonly limitMs: number = OUTAGE_LIMIT_MS,
  ) {}

  /** Runs a call. The caller passes its error to {@link failed}. @throws what the call throws */
  async run<T>(call: () => Promise<T>): Promise<T> {
    this.answeredAt = performance.now();
    const result = await call();
    this.since = undefined;
    return result;
  }

  /** Notes that Redis answered a part of the running call: an outage cannot have begun before this answer. */
  answered(): void {
    this.answeredAt = performance.now();
    this.since = undefined;
  }

  /**
   * Notes a failure.
   * @returns undefined when the caller is to retry. Otherwise the error to throw: the error itself when it is not an outage, or a
   *   {@link SessionRedisAwayError} when the outage lasted too long, the connection was closed for good, or Redis refuses this
   *   client
   */
  failed(error: unknown): Error | undefined {
    if (!(error instanceof Error)) return new Error(String(error));
    const isRefused = isRedisRefusal(error);
    if (!isRefused && !isRedisOutage(error)) return error;
    const now = performance.now();
    // ioredis gives up only after many attempts to connect. It began them when the connection was lost: before the call, or during it.
    const hasTriedLong = error.name === 'MaxRetriesPerRequestError';
    this.since ??= hasTriedLong ? Math.max(this.answeredAt, lostAt.get(this.redis) ?? 0) : now;
    const mustGiveUp = isRefused || this.redis.status === 'end' || now - this.since >= this.limitMs;
    if (!mustGiveUp) return undefined;
    return new SessionRedisAwayError(this.sessionId, error, this.redis, connectionErrors.get(this.redis));
  }
}

/**
 * Runs an idempotent call, and repeats it while Redis is unavailable. With a signal that is already aborted, it tries once.
 * @throws SessionRedisAwayError, what `run` throws, the signal's reason
 */
export async function retryOutages<T>(outage: Outage, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await outage.run(run);
    } catch (error) {
      if (signal?.aborted && isRedisOutage(error)) signal.throwIfAborted();
      const terminal = outage.failed(error);
      if (terminal) throw terminal;
    }
    await pause(OUTAGE_RETRY_MS, signal);
  }
}
