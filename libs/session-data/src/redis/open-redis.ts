/** How a connection to Redis is opened that lasts as long as its process: it survives outages and failovers. */
import { Redis, type RedisOptions } from 'ioredis';

/** Least time between two reconnects, ms: a server that stays a replica would otherwise cause one for each command. */
const APART_MS = 1_000;

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
