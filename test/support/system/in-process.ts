/** Coordinators and upkeep workers that run in the process of a test file: their settings, and the keys that they leave. */
import { Redis } from 'ioredis';
import { removeKeys } from '../sessions/remove-keys.js';

/**
 * The environment of a service: the Redis servers of the test run, a free port, and no log. @param databaseUrl of the service
 * @param prefix of its queues and session stores, which no other test uses
 */
export function inProcessEnvironment(databaseUrl: string, prefix: string): NodeJS.ProcessEnv {
  return {
    REDIS_URL: process.env['REDIS_URL'],
    SESSION_REDIS_URL: process.env['SESSION_REDIS_URL'],
    DATABASE_URL: databaseUrl,
    BARKEEP_PORT: '0',
    BARKEEP_QUEUE_PREFIX: prefix,
    BARKEEP_SESSION_PREFIX: prefix,
    BARKEEP_LOG_LEVEL: 'silent',
  };
}

/** Removes all keys of a prefix from the Redis servers of the test run. Call it after the services have stopped. */
export async function removeAllKeys(prefix: string): Promise<void> {
  for (const name of ['REDIS_URL', 'SESSION_REDIS_URL']) {
    const redis = new Redis(process.env[name]!);
    await removeKeys(redis, prefix);
    await redis.quit();
  }
}
