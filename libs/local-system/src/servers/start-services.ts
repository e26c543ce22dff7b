/**
 * Starts and stops private servers for Barkeep.
 *
 * Guarantees: servers that the environment names are used and never started or stopped; a start first cleans up after owners
 * that died; a failed start leaves nothing running; two starts never share an instance folder.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readServiceUrls, type ServiceUrls } from '@barkeep/service';
import { postgresAccount } from './account.js';
import { findPostgres } from './postgres-program.js';
import { startPostgres } from './postgres.js';
import { findRedis } from './redis-program.js';
import { startRedis } from './redis.js';
import { takeInstance, type Instance, type Log } from './running-instance.js';
import { sweep } from './sweep.js';

/** What to start and where. */
export interface StartOptions {
  /** Folder for the servers' data; created when missing. */
  readonly dataDir: string;
  /** True: the data is kept for the next start. False: this start has a temporary folder that is removed when it stops. */
  readonly keep: boolean;
  /** The environment with REDIS_URL, SESSION_REDIS_URL and DATABASE_URL. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Receives a line about anything slow or unusual. */
  readonly log?: Log;
}

/** Running servers. */
export interface Services extends ServiceUrls {
  /** Publishes values, such as the coordinator's address, that `readRunning` returns to other processes. */
  publish(extra: Readonly<Record<string, unknown>>): void;
  /** Stops the started servers, Redis first; takes at most 14 s. A second call waits for the same stop. */
  stop(): Promise<void>;
}

/** Waits for both, also when one fails, so that no server is still starting when a failed start is undone. */
async function allOrFirstError(pending: [Promise<string>, Promise<string>]): Promise<[string, string]> {
  await Promise.allSettled(pending);
  return Promise.all(pending);
}

async function startMissing(instance: Instance, given: Partial<ServiceUrls>, options: StartOptions, log: Log) {
  const env = options.env ?? process.env;
  const needsRedis = given.redisUrl === undefined || given.sessionRedisUrl === undefined;
  const redis = async () =>
    needsRedis
      ? (
          await startRedis(
            findRedis(env, log),
            { folder: join(instance.folder, 'redis'), keep: options.keep },
            instance.spawned,
          )
        ).baseUrl
      : '';
  const postgres = async () => {
    if (given.databaseUrl !== undefined) return given.databaseUrl;
    const account = postgresAccount();
    const program = findPostgres(account, log);
    if (mkdirSync(instance.place, { recursive: true }) !== undefined) chmodSync(instance.place, 0o755); // whatever the umask
    return (await startPostgres({ program, account, place: instance.place, keep: options.keep }, instance.spawned)).url;
  };
  const [redisBase, databaseUrl] = await allOrFirstError([redis(), postgres()]);
  return {
    redisUrl: given.redisUrl ?? `${redisBase}0`,
    sessionRedisUrl: given.sessionRedisUrl ?? `${redisBase}1`,
    databaseUrl,
  };
}

/**
 * Starts the servers that the environment does not name; resolves when they answer. Redis serves both roles, as its
 * databases 0 and 1. Throws `AlreadyRunningError`, `ServerMissingError`, `ServerStartError`, `DataFolderError`,
 * and `ConfigError` when a URL is malformed.
 */
export async function startServices(options: StartOptions): Promise<Services> {
  const log = options.log ?? (() => undefined);
  const given = readServiceUrls(options.env ?? process.env);
  const { redisUrl, sessionRedisUrl, databaseUrl } = given;
  if (!options.keep && redisUrl !== undefined && sessionRedisUrl !== undefined && databaseUrl !== undefined) {
    return { redisUrl, sessionRedisUrl, databaseUrl, publish: () => undefined, stop: () => Promise.resolve() };
  }
  const dataDir = resolve(options.dataDir);
  await sweep(dataDir, log);
  const instance = await takeInstance(dataDir, options.keep, log);
  try {
    const urls = await startMissing(instance, given, options, log);
    instance.update({ urls });
    return { ...urls, publish: (extra) => instance.publish(extra), stop: () => instance.stop() };
  } catch (error) {
    await instance.stop();
    throw error;
  }
}
