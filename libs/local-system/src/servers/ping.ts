/** Checks once whether a server answers. Does not retry. */
import { Redis } from 'ioredis';
import type { Client } from 'pg';

const connectLimitMs = 5000;

/** Connects once. @throws the reason when Redis does not answer PING within 5 s */
export async function connectRedis(url: string): Promise<{ redis: Redis; close: () => void }> {
  const redis = new Redis(url, {
    lazyConnect: true,
    disconnectTimeout: 50, // ioredis does not clear this timer after a refused connection: it would keep the process alive
    retryStrategy: () => null,
    connectTimeout: connectLimitMs,
    commandTimeout: connectLimitMs,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw reason ?? error;
  }
  return { redis, close: () => redis.disconnect() };
}

/** Resolves when the Redis at `url` answers PING; rejects with the reason when it does not, after 5 s at most. */
export async function pingRedis(url: string): Promise<void> {
  const { close } = await connectRedis(url);
  close();
}

/** Connects once. @throws the reason when PostgreSQL does not answer within 5 s */
export async function connectPostgres(url: string): Promise<{ client: Client; close: () => Promise<void> }> {
  // Imported on demand: a program that only pings Redis does not load `pg`.
  const pg = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectLimitMs,
    query_timeout: connectLimitMs,
  });
  client.on('error', () => undefined);
  const close = (): Promise<void> => client.end().catch(() => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    await close();
    throw error;
  }
  return { client, close };
}

/** Resolves when the PostgreSQL at `url` answers a query; rejects with the reason when it does not, after 5 s at most. */
export async function pingPostgres(url: string): Promise<void> {
  const { close } = await connectPostgres(url);
  await close();
}
