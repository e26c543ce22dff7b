/** Checks once whether a server answers. Does not retry. */
import { serviceEnvironment, type ServiceUrls } from '@barkeep/service';
import { Redis } from 'ioredis';
import { errorMessage } from './caught.js';
import { ServiceUnreachableError } from './errors.js';

const connectLimitMs = 5000;

/** Resolves when the Redis at `url` answers PING; rejects with the reason when it does not, after 5 s at most. */
export async function pingRedis(url: string): Promise<void> {
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
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** Resolves when the PostgreSQL at `url` answers a query; rejects with the reason when it does not, after 5 s at most. */
export async function pingPostgres(url: string): Promise<void> {
  // Imported on demand: a program that only pings Redis does not load `pg`.
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: connectLimitMs,
    query_timeout: connectLimitMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'an address that is no URL';
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

/** Resolves when all three services answer; else throws `ServiceUnreachableError` for the first that does not. */
export async function pingServices(urls: ServiceUrls): Promise<void> {
  for (const [variable, url] of Object.entries(serviceEnvironment(urls))) {
    try {
      await (url.startsWith('redis') ? pingRedis(url) : pingPostgres(url));
    } catch (error) {
      const reason = errorMessage(error);
      throw new ServiceUnreachableError(variable, withoutPassword(url), reason);
    }
  }
}
