/**
 * Finds the servers for a program: those that the environment names, else those of a running `barkeep up`, else embedded ones,
 * which it starts and stops. Programs that start servers on the same data folder wait for each other.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { serviceEnvironment, type ServiceUrls } from '@barkeep/service';
import { AlreadyRunningError, readRunning, type Services, startServices } from '../servers/index.js';
import { TurnError } from './errors.js';
import type { Scope } from './scope.js';

/** The role that a `barkeep up` publishes for other programs. */
export const UP_ROLE = 'up';
const TURN_LIMIT_MS = 600_000;
const TURN_CHECK_MS = 200;
/** Stands for a server that the program does not need, so that it is not started. Port 9 is the discard port. */
const NOT_NEEDED = 'redis://127.0.0.1:9/0';

/** The servers that the environment names. */
export interface NamedServers {
  /** Service URLs that are set. */
  urls: Partial<ServiceUrls>;
  /** The environment of servers that are started. */
  rest: NodeJS.ProcessEnv;
}

export interface ServersWanted {
  dataDir: string;
  /** True: the data stay in the folder. */
  keep: boolean;
  /** `database` starts no Redis. */
  need: 'database' | 'all';
  /** Receives a line about anything slow or unusual. */
  note: (line: string) => void;
}

/** The servers and the coordinator of a running `barkeep up` of this folder; undefined when none runs. */
export function runningUp(dataDir: string): { urls: ServiceUrls; coordinatorUrl?: string } | undefined {
  const running = readRunning(dataDir);
  if (running === undefined || running.extra['role'] !== UP_ROLE) return undefined;
  const url = running.extra['coordinatorUrl'];
  return { urls: running, coordinatorUrl: typeof url === 'string' && URL.canParse(url) ? url : undefined };
}

/** URLs of servers that answer. The scope stops servers that are started here. */
export async function findServers(env: NamedServers, wanted: ServersWanted, scope: Scope): Promise<ServiceUrls> {
  const { urls } = env;
  const { databaseUrl, redisUrl = NOT_NEEDED, sessionRedisUrl = NOT_NEEDED } = urls;
  const named = wanted.need === 'database' ? databaseUrl : databaseUrl && urls.redisUrl && urls.sessionRedisUrl;
  if (databaseUrl !== undefined && named !== undefined) return { databaseUrl, redisUrl, sessionRedisUrl };
  const up = Object.keys(urls).length === 0 ? runningUp(wanted.dataDir) : undefined;
  return up?.urls ?? startInTurn(env, wanted, scope);
}

/** Starts the embedded servers; waits while another program uses them. @throws TurnError */
async function startInTurn(env: NamedServers, wanted: ServersWanted, scope: Scope): Promise<ServiceUrls> {
  const deadline = Date.now() + TURN_LIMIT_MS;
  for (let isNoted = false; ;) {
    try {
      const services = await startServers(env, wanted);
      scope.onEnd(() => services.stop());
      scope.signal.throwIfAborted();
      return services;
    } catch (error) {
      if (!(error instanceof AlreadyRunningError)) throw error;
      const up = runningUp(wanted.dataDir);
      if (up !== undefined) return up.urls;
      if (Date.now() > deadline) throw new TurnError(error.message, { cause: error });
      if (!isNoted) wanted.note(`waiting for process ${error.pid}, which uses ${wanted.dataDir}`);
      isNoted = true;
    }
    await delay(TURN_CHECK_MS, undefined, { signal: scope.signal }).catch(() => scope.signal.throwIfAborted());
  }
}

/** Starts the servers that the environment does not name. */
export function startServers(env: NamedServers, { dataDir, keep, need, note }: ServersWanted): Promise<Services> {
  const skipped = { ...serviceEnvironment({ redisUrl: NOT_NEEDED, sessionRedisUrl: NOT_NEEDED, databaseUrl: '' }) };
  delete skipped['DATABASE_URL'];
  const seen = need === 'database' ? { ...skipped, ...env.rest } : env.rest;
  return startServices({ dataDir, keep, env: seen, log: note });
}
