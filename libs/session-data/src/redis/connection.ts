/** Connections to Redis that survive outages and failovers, for as long as the process runs; and the time of the server. */
import { Redis, type RedisOptions } from 'ioredis';

/** Least time between two reconnects: a server that stays a replica would otherwise cause one for each command. */
const RECONNECT_PAUSE_MS = 1_000;
/** How often the time of the server is measured. */
const MEASURE_EVERY_MS = 5_000;

/** Opens a connection that leaves no timer when it closes, and reconnects when its server became a replica. */
export function openRedis(url: string, options: RedisOptions): Redis {
  return endTimerOnClose(new Redis(url, { reconnectOnError: reconnectWhenDemoted(), ...options }));
}

/** Ends the timer of `socketTimeout` on close: ioredis 5 keeps it, and it would end the next connection. @returns the connection */
export function endTimerOnClose(redis: Redis): Redis {
  return redis.on('close', () => {
    // A private field of ioredis.
    clearTimeout(redis['socketTimeoutTimer'] as NodeJS.Timeout | undefined);
    redis['socketTimeoutTimer'] = undefined;
  });
}

/** For ioredis' `reconnectOnError`: after a failover, open connections stay at a replica, which refuses every write. @param now ms */
export function reconnectWhenDemoted(now: () => number = () => performance.now()): (error: Error) => boolean {
  let reconnectedAt = -Infinity; // The first READONLY error always reconnects.
  return ({ message }) => {
    if (!message.startsWith('READONLY') || now() - reconnectedAt < RECONNECT_PAUSE_MS) return false;
    reconnectedAt = now();
    return true;
  };
}

/**
 * The time of the session Redis, for times that one process writes and another compares: clocks of machines may differ, and jump.
 * @returns a function that returns the time, epoch ms; while Redis does not answer, it uses the difference measured last
 */
export function storeClock(redis: Pick<Redis, 'time'>): () => number {
  let offsetMs = Date.now() - performance.now();
  const measure = async (): Promise<void> => {
    const [seconds, micros] = (await redis.time()).map(Number);
    offsetMs = seconds! * 1000 + micros! / 1000 - performance.now();
  };
  const tryToMeasure = (): void => {
    // When Redis does not answer, the last difference stays.
    measure().catch(() => undefined);
  };
  tryToMeasure();
  setInterval(tryToMeasure, MEASURE_EVERY_MS).unref();
  return () => Math.round(performance.now() + offsetMs);
}
