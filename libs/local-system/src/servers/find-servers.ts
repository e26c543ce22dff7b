/**
 * Finds the servers for a program. It takes the first of these that applies:
 *
 * 1. The environment names all servers that the program needs: these.
 * 2. The environment names none, and a `barkeep up` runs on the data folder: its servers.
 * 3. Otherwise the named ones, and private servers for the rest, which are started. Programs that start servers on the same data folder
 *    wait for each other. If a `barkeep up` gets the folder first, its servers are the rest.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readServiceUrls, type ServiceUrls } from '@barkeep/service';
import { AlreadyRunningError } from '../errors.js';
import type { Scope } from '../scope.js';
import { readRunning } from './instance.js';
import { completeUrls, knownUrls, type Services, type StartOptions, startServices } from './start-services.js';

/** The role that a `barkeep up`, and a `barkeep run --keep`, publishes for other programs. */
export const UP_ROLE = 'up';
/** How long a program waits for other programs that use the same data folder. */
const TURN_LIMIT_MS = 600_000;
const TURN_CHECK_MS = 200;

/** A running `barkeep up` or `barkeep run --keep`. */
interface RunningUp {
  urls: ServiceUrls;
  /** Of the first coordinator; set once it serves. */
  coordinatorUrl?: string;
  /** Of all coordinators. */
  coordinatorUrls: string[];
  /** Which of the two runs, such as `barkeep up`. */
  command: string;
}

/**
 * The `barkeep up` or `barkeep run --keep` that runs on `dataDir`; undefined when there is none.
 * @param env when it names a server, the result is undefined @default an environment that names none
 */
export function runningUp(dataDir: string, env: NodeJS.ProcessEnv = {}): RunningUp | undefined {
  const running = Object.keys(readServiceUrls(env)).length === 0 ? readRunning(dataDir) : undefined;
  if (running === undefined || running.extra['role'] !== UP_ROLE) return undefined;
  const { coordinatorUrl: url, coordinatorUrls: all = [url], command } = running.extra; // unchecked JSON; `run --keep` has one URL
  const coordinatorUrls = [all].flat().filter((value) => typeof value === 'string' && URL.canParse(value)) as string[];
  return {
    urls: running,
    coordinatorUrl: coordinatorUrls[0],
    coordinatorUrls,
    command: typeof command === 'string' ? command : 'barkeep up',
  };
}

/** URLs of servers. Those that {@link findServers} started have `publish`, which tells other programs about them. */
export type FoundServers = ServiceUrls & Partial<Pick<Services, 'publish'>>;

/** URLs of servers that answer, or that the environment names. The scope stops the servers that this function starts. */
export async function findServers(options: StartOptions, scope: Scope): Promise<FoundServers> {
  return (
    completeUrls(knownUrls(options)) ??
    runningUp(options.dataDir, options.env ?? process.env)?.urls ??
    startInTurn(options, scope)
  );
}

/**
 * Starts private servers; first waits while another program uses their folder. Returns the servers of that program instead when it is a
 * `barkeep up`. @throws AlreadyRunningError after 10 minutes
 */
async function startInTurn(options: StartOptions, scope: Scope): Promise<FoundServers> {
  const { dataDir, log } = options;
  const deadline = Date.now() + TURN_LIMIT_MS;
  let isNoted = false;
  for (;;) {
    try {
      const services = await startServices(options);
      scope.onEnd(() => services.stop());
      scope.signal.throwIfAborted();
      return services;
    } catch (error) {
      if (!(error instanceof AlreadyRunningError) || Date.now() > deadline) throw error;
      const up = runningUp(dataDir); // without `env`: the environment may name some of the servers
      if (up !== undefined) return { ...up.urls, ...knownUrls(options) };
      if (!isNoted) log?.(`waiting for process ${error.pid}, which uses ${dataDir}`);
      isNoted = true;
    }
    await delay(TURN_CHECK_MS, undefined, { signal: scope.signal }).catch(() => scope.signal.throwIfAborted());
  }
}
