/**
 * Asks a running server for its version and for the settings on which Barkeep depends. Changes nothing.
 */
import { connectPostgres, connectRedis } from './ping.js';
import { redisMajor } from './redis-program.js';

/** A server that answered. */
export interface ServerState {
  /** Such as `Redis 7.0.15` or `PostgreSQL 17.2`. */
  version: string;
  /** What is wrong with it, each in the form "expected X, was Y"; empty when nothing is. */
  problems: string[];
  /** What an operator should know. */
  notes: string[];
}

const POSTGRES_MAJOR_MIN = 15;
const REDIS_MAJOR_MIN = 7;

/** @throws when Redis does not answer within 5 s */
export async function inspectRedis(url: string): Promise<ServerState> {
  const { redis, close } = await connectRedis(url);
  try {
    return redisState(await redis.info());
  } finally {
    close();
  }
}

/** @param info the answer to INFO. Pure. */
export function redisState(info: string): ServerState {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  const number = valkey ?? field('redis_version') ?? 'of unknown version';
  const problems: string[] = [];
  if ((redisMajor(`v=${number}`) ?? 0) < REDIS_MAJOR_MIN)
    problems.push(`expected Redis ${REDIS_MAJOR_MIN}.0 or later, was ${number}`);
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction')
    problems.push(`expected maxmemory-policy noeviction, was ${policy}: it would evict bars and jobs`);
  const notes = field('aof_enabled') === '0' ? ['no append-only file: a restart of the server empties it'] : [];
  return { version: `${valkey === undefined ? 'Redis' : 'Valkey'} ${number}`, problems, notes };
}

/** @throws when PostgreSQL does not answer within 5 s */
export async function inspectPostgres(url: string): Promise<ServerState> {
  const { client, close } = await connectPostgres(url);
  try {
    const { rows } = await client.query<{ number: string; text: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text",
    );
    const [{ number, text } = { number: '0', text: 'unknown' }] = rows;
    const isOld = Math.floor(Number(number) / 10_000) < POSTGRES_MAJOR_MIN;
    const problems = isOld ? [`expected PostgreSQL ${POSTGRES_MAJOR_MIN} or later, was ${text}`] : [];
    return { version: `PostgreSQL ${text}`, problems, notes: [] };
  } finally {
    await close();
  }
}
