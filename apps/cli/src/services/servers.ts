/**
 * Finds the servers a command works on: those that the environment names, or those of a running `barkeep up`, or the
 * embedded ones, which it starts and stops. Commands that start servers on the same data take turns.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { serviceEnvironment, type ServiceUrls } from '@barkeep/config';
import { AlreadyRunningError, readRunning, type Services, startServices } from '@barkeep/embedded';
import { CliError } from '../cli-error.js';
import type { Lifetime } from '../lifetime.js';
import { note } from '../output.js';
import type { CliEnvironment } from './environment.js';

/** What a `barkeep up` publishes for other commands. */
export const UP_ROLE = 'up';
const TURN_LIMIT_MS = 600_000;
const TURN_CHECK_MS = 200;
/** In place of a server that the command does not need, so that it is not started. Port 9 discards. */
const NOT_NEEDED = 'redis://127.0.0.1:9/0';

export interface ServersWanted {
  dataDir: string;
  /** True: the data stay in the folder. */
  keep: boolean;
  /** `database` leaves Redis alone. */
  need: 'database' | 'all';
}

/** Where a running `barkeep up` of this folder serves its API, when there is one. */
export function runningUp(dataDir: string): { urls: ServiceUrls; coordinatorUrl?: string } | undefined {
  const running = readRunning(dataDir);
  if (running === undefined || running.extra['role'] !== UP_ROLE) return undefined;
  const url = running.extra['coordinatorUrl'];
  return { urls: running, coordinatorUrl: typeof url === 'string' && URL.canParse(url) ? url : undefined };
}

/** URLs of PostgreSQL and Redis, answering; what is started here stops with the command. */
export async function findServers(env: CliEnvironment, wanted: ServersWanted, life: Lifetime): Promise<ServiceUrls> {
  const { urls } = env;
  const { databaseUrl, redisUrl = NOT_NEEDED, sessionRedisUrl = NOT_NEEDED } = urls;
  const named = wanted.need === 'database' ? databaseUrl : databaseUrl && urls.redisUrl && urls.sessionRedisUrl;
  if (databaseUrl !== undefined && named !== undefined) return { databaseUrl, redisUrl, sessionRedisUrl };
  const up = Object.keys(urls).length === 0 ? runningUp(wanted.dataDir) : undefined;
  return up?.urls ?? startInTurn(env, wanted, life);
}

/** Starts the embedded servers; waits while another command has them. @throws AlreadyRunningError for a `barkeep up` */
async function startInTurn(env: CliEnvironment, wanted: ServersWanted, life: Lifetime): Promise<ServiceUrls> {
  const deadline = Date.now() + TURN_LIMIT_MS;
  for (let told = false; ;) {
    try {
      const services = await startServers(env, wanted);
      life.onEnd(() => services.stop());
      life.signal.throwIfAborted();
      return services;
    } catch (error) {
      if (!(error instanceof AlreadyRunningError)) throw error;
      const up = runningUp(wanted.dataDir);
      if (up !== undefined) return up.urls;
      if (Date.now() > deadline) throw new CliError(error.message, 1, { cause: error });
      if (!told) note(`waiting for process ${error.pid}, which works on ${wanted.dataDir}`);
      told = true;
    }
    await delay(TURN_CHECK_MS, undefined, { signal: life.signal }).catch(() => life.signal.throwIfAborted());
  }
}

/** Starts the servers that the environment does not name. */
export function startServers(env: CliEnvironment, { dataDir, keep, need }: ServersWanted): Promise<Services> {
  const skipped = { ...serviceEnvironment({ redisUrl: NOT_NEEDED, sessionRedisUrl: NOT_NEEDED, databaseUrl: '' }) };
  delete skipped['DATABASE_URL'];
  const seen = need === 'database' ? { ...skipped, ...env.rest } : env.rest;
  return startServices({ dataDir, keep, env: seen, log: note });
}
