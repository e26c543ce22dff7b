/**
 * Finds the servers for a program: those that the environment names; if it names none, those of a running `barkeep up`; for
 * the rest embedded ones, which it starts and stops. Programs that start servers on the same data folder wait for each other.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readServiceUrls, type ServiceUrls } from '@barkeep/service';
import { AlreadyRunningError, TurnError } from './errors.js';
import { allUrls, namedServers, readRunning, type StartOptions, startServices } from './servers/index.js';
import type { Scope } from './scope.js';

/** The role that a `barkeep up` publishes for other programs. */
export const UP_ROLE = 'up';
const TURN_LIMIT_MS = 600_000;
const TURN_CHECK_MS = 200;

/**
 * The servers and the coordinator of a running `barkeep up` of this folder; undefined when none runs, or
 * when `env` names any server.
 */
export function runningUp(
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
): { urls: ServiceUrls; coordinatorUrl?: string } | undefined {
  const running = Object.keys(readServiceUrls(env)).length === 0 ? readRunning(dataDir) : undefined;
  if (running === undefined || running.extra['role'] !== UP_ROLE) return undefined;
  const url = running.extra['coordinatorUrl'];
  return { urls: running, coordinatorUrl: typeof url === 'string' && URL.canParse(url) ? url : undefined };
}

/** URLs of servers that answer. The scope stops servers that are started here. @throws TurnError */
export async function findServers(options: StartOptions, scope: Scope): Promise<ServiceUrls> {
  return (
    allUrls(namedServers(options)) ??
    runningUp(options.dataDir, options.env ?? process.env)?.urls ??
    startInTurn(options, scope)
  );
}

/** Starts the embedded servers; first waits while another program uses their folder. @throws TurnError after 10 minutes */
async function startInTurn(options: StartOptions, scope: Scope): Promise<ServiceUrls> {
  const { dataDir, log } = options;
  const deadline = Date.now() + TURN_LIMIT_MS;
  for (let isNoted = false; ;) {
    try {
      const services = await startServices(options);
      scope.onEnd(() => services.stop());
      scope.signal.throwIfAborted();
      return services;
    } catch (error) {
      if (!(error instanceof AlreadyRunningError)) throw error;
      const up = runningUp(dataDir);
      if (up !== undefined) return up.urls;
      if (Date.now() > deadline) throw new TurnError(error.message, { cause: error });
      if (!isNoted) log?.(`waiting for process ${error.pid}, which uses ${dataDir}`);
      isNoted = true;
    }
    await delay(TURN_CHECK_MS, undefined, { signal: scope.signal }).catch(() => scope.signal.throwIfAborted());
  }
}
