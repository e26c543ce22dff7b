/**
 * Starts and stops private servers for Barkeep.
 *
 * Guarantees: servers that the environment names are used and never started or stopped; a start first cleans up after owners
 * that died; a failed start leaves nothing running; two starts never share an instance folder.
 */
import { join, resolve } from 'node:path';
import { readServiceUrls, type ServiceUrls } from '@barkeep/service';
import { postgresAccount } from './account.js';
import { makeFolder } from './folders.js';
import type { Log } from './instance.js';
import { findPostgres } from './postgres-program.js';
import { startPostgres } from './postgres.js';
import { findRedis } from './redis-program.js';
import { startRedis } from './redis.js';
import { type Instance, takeInstance } from './running-instance.js';
import { sweep } from './sweep.js';

export interface StartOptions {
  /** Folder for the servers' data; created when missing. */
  readonly dataDir: string;
  /** True: the data is kept for the next start. False: this start has a temporary folder that is removed when it stops. */
  readonly keep: boolean;
  /** The environment with REDIS_URL, SESSION_REDIS_URL and DATABASE_URL. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** `database` starts no Redis. @default 'all' */
  readonly need?: 'database' | 'all';
  /** Receives a line about anything slow or unusual. */
  readonly log?: Log;
}

export interface Services extends ServiceUrls {
  /** Publishes values, such as the coordinator's address, that `readRunning` returns to other processes. */
  publish(extra: Readonly<Record<string, unknown>>): void;
  /** Stops the started servers, Redis first; takes at most 14 s. A second call waits for the same stop. */
  stop(): Promise<void>;
}

/** The URL of both Redis roles for a program that needs only the database, and so never calls it. Port 9 is the discard port. */
const UNUSED_REDIS = 'redis://127.0.0.1:9/0';

/** The URLs that are known before a server is started: those that the environment names, and {@link UNUSED_REDIS}. */
export function knownUrls({ env = process.env, need }: StartOptions): Partial<ServiceUrls> {
  const unused = need === 'database' ? { redisUrl: UNUSED_REDIS, sessionRedisUrl: UNUSED_REDIS } : {};
  return { ...unused, ...readServiceUrls(env) };
}

/** The three URLs; undefined when one of them is missing. */
export function completeUrls({ redisUrl, sessionRedisUrl, databaseUrl }: Partial<ServiceUrls>) {
  return redisUrl && sessionRedisUrl && databaseUrl ? { redisUrl, sessionRedisUrl, databaseUrl } : undefined;
}

/** Starts the servers whose URLs are not known. One Redis serves both roles, as its databases 0 and 1. */
async function startMissing(
  instance: Instance,
  known: Partial<ServiceUrls>,
  { env = process.env, keep }: StartOptions,
  log: Log,
): Promise<ServiceUrls> {
  const redis = async () => {
    const { redisUrl, sessionRedisUrl } = known;
    if (redisUrl !== undefined && sessionRedisUrl !== undefined) return { redisUrl, sessionRedisUrl };
    const folder = join(instance.folder, 'redis');
    const baseUrl = await startRedis(findRedis(env, log), { folder, keep }, instance.spawned);
    return { redisUrl: redisUrl ?? `${baseUrl}0`, sessionRedisUrl: sessionRedisUrl ?? `${baseUrl}1` };
  };
  const postgres = async () => {
    if (known.databaseUrl !== undefined) return known.databaseUrl;
    const account = postgresAccount();
    const program = findPostgres(account, log);
    makeFolder(instance.place);
    return startPostgres({ program, account, place: instance.place, keep }, instance.spawned);
  };
  const starts = [redis(), postgres()] as const;
  // When one start fails, the other one must be complete before the caller stops the instance.
  await Promise.allSettled(starts);
  const [redisUrls, databaseUrl] = await Promise.all(starts);
  return { ...redisUrls, databaseUrl };
}

/**
 * Starts the servers that the environment does not name; resolves when they answer.
 * @throws AlreadyRunningError, ServerMissingError, ServerStartError, DataFolderError, ConfigError when a URL is malformed
 */
export async function startServices(options: StartOptions): Promise<Services> {
  const log = options.log ?? (() => undefined);
  const known = knownUrls(options);
  const complete = completeUrls(known);
  // Nothing is to be started. With `keep` an instance is taken nevertheless: its owner may publish the coordinator's address in it.
  if (complete && !options.keep) return { ...complete, publish: () => undefined, stop: () => Promise.resolve() };
  const dataDir = resolve(options.dataDir);
  await sweep(dataDir, log);
  const instance = await takeInstance(dataDir, options.keep, log);
  try {
    const urls = await startMissing(instance, known, options, log);
    instance.update({ urls });
    return { ...urls, publish: (extra) => instance.publish(extra), stop: () => instance.stop() };
  } catch (error) {
    await instance.stop();
    throw error;
  }
}
