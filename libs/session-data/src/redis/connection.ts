/** A connection to Redis that lasts as long as its process and survives outages and failovers, and the time of its server. */
import { Redis, type RedisOptions } from 'ioredis';

/** Least time between two reconnects, ms: a server that stays a replica would otherwise cause one for each command. */
const APART_MS = 1_000;
/** How often the time of the server is measured, ms. */
const MEASURE_EVERY_MS = 5_000;

/** A connection that leaves no timer behind when it closes, and leaves a server that became a replica. */
export function openRedis(url: string, options: RedisOptions): Redis {
  return endTimerOnClose(new Redis(url, { reconnectOnError: reconnectWhenDemoted(), ...options }));
}

/**
 * Ends the timer of `socketTimeout` with its connection. ioredis 5 keeps the timer of a command that a disconnect cut: it holds
 * the process, and cuts the next connection. @returns the same connection
 */
export function endTimerOnClose(redis: Redis): Redis {
  return redis.on('close', () => {
    clearTimeout(redis['socketTimeoutTimer'] as NodeJS.Timeout | undefined);
    redis['socketTimeoutTimer'] = undefined;
  });
}

/**
 * The option `reconnectOnError` of an ioredis client: reconnects when the server became a replica. A failover that moves the name or
 * the address of the server to another machine leaves open connections at the old one, which refuses every write. The command
 * that failed is not repeated.
 */
export function reconnectWhenDemoted(now: () => number = () => performance.now()): (error: Error) => boolean {
  let lastAt = -Infinity;
  return ({ message }) => {
    if (!message.startsWith('READONLY') || now() - lastAt < APART_MS) return false;
    lastAt = now();
    return true;
  };
}

/**
 * The time of the session Redis, for times that one process writes and another compares: the clocks of two machines may differ, and
 * a machine's clock may jump. Measures the difference to this process's steady clock every few seconds.
 * @returns tells the time, epoch ms; while the store does not answer, by the difference that was measured last
 */
export function storeClock(redis: Pick<Redis, 'time'>): () => number {
  let offsetMs = Date.now() - performance.now();
  const measure = async (): Promise<void> => {
    const [seconds, micros] = (await redis.time()).map(Number);
    offsetMs = seconds! * 1000 + micros! / 1000 - performance.now();
  };
  const tryToMeasure = (): void => void measure().catch(() => undefined);
  tryToMeasure();
  setInterval(tryToMeasure, MEASURE_EVERY_MS).unref();
  return () => Math.round(performance.now() + offsetMs);
}
