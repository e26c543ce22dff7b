/** Asks a running server once whether it answers, which version it is, and how it is set up. Changes nothing. */
import { Redis } from 'ioredis';
import type { Client } from 'pg';

/** A server that answered. */
interface ServerState {
  /** Such as `Redis 7.0.15` or `PostgreSQL 17.2`. */
  version: string;
  /** What is wrong with it, each in the form "expected X, was Y"; empty when nothing is. */
  problems: string[];
  /** What an operator should know. */
  notes: string[];
}

const ANSWER_LIMIT_MS = 5000;
/** The oldest versions that Barkeep supports. */
export const POSTGRES_MAJOR_MIN = 15;
export const REDIS_MAJOR_MIN = 7;

/** Calls `ask` with a new connection. @throws the reason when Redis does not answer within 5 s */
async function askRedis<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    disconnectTimeout: 50, // ioredis does not clear this timer after a refused connection: it would keep the process alive
    retryStrategy: () => null,
    connectTimeout: ANSWER_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error));
  try {
    await redis.connect();
    return await ask(redis);
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** Calls `ask` with a new connection. @param queryMs limit of a query @throws the reason when PostgreSQL does not answer within 5 s */
export async function askPostgres<T>(url: string, ask: (client: Client) => Promise<T>, queryMs = ANSWER_LIMIT_MS) {
  // Imported on demand: a program that only pings Redis does not load `pg`.
  const pg = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_LIMIT_MS,
    query_timeout: queryMs,
  });
  client.on('error', () => undefined); // the query that runs is rejected with the same error
  try {
    await client.connect();
    return await ask(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Resolves when the Redis at `url` answers PING; rejects with the reason when it does not, after 5 s at most. */
export async function pingRedis(url: string): Promise<void> {
  await askRedis(url, (redis) => redis.ping());
}

/** Resolves when the PostgreSQL at `url` answers a query; rejects with the reason when it does not, after 5 s at most. */
export async function pingPostgres(url: string): Promise<void> {
  await askPostgres(url, (client) => client.query('SELECT 1'));
}

/** Reads the version and the settings of a Redis. @throws when it does not answer within 5 s */
export async function inspectRedis(url: string): Promise<ServerState> {
  return redisState(await askRedis(url, (redis) => redis.info()));
}

/** What the answer to INFO says about a Redis or Valkey. Pure. */
export function redisState(info: string): ServerState {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  const number = valkey ?? field('redis_version') ?? 'of unknown version';
  const isSupported = Number.parseInt(number, 10) >= REDIS_MAJOR_MIN; // false for an unknown version
  const problems: string[] = [];
  if (!isSupported) problems.push(`expected Redis ${REDIS_MAJOR_MIN}.0 or later, was ${number}`);
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction')
    problems.push(`expected maxmemory-policy noeviction, was ${policy}: it would evict bars and jobs`);
  const notes = field('aof_enabled') === '0' ? ['no append-only file: a restart of the server empties it'] : [];
  return { version: `${valkey === undefined ? 'Redis' : 'Valkey'} ${number}`, problems, notes };
}

/** Reads the version of a PostgreSQL. @throws when it does not answer within 5 s */
export async function inspectPostgres(url: string): Promise<ServerState> {
  const { rows } = await askPostgres(url, (client) =>
    client.query<{ number: string; text: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text",
    ),
  );
  const { number, text } = rows[0] ?? { number: '0', text: 'unknown' };
  const isOld = Math.floor(Number(number) / 10_000) < POSTGRES_MAJOR_MIN; // 170002 is 17.2
  const problems = isOld ? [`expected PostgreSQL ${POSTGRES_MAJOR_MIN} or later, was ${text}`] : [];
  return { version: `PostgreSQL ${text}`, problems, notes: [] };
}
