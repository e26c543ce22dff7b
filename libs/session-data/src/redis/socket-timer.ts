import type { Redis } from 'ioredis';

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
