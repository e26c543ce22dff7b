/**
 * Starts the private servers that Barkeep works on, and stops them again.
 *
 * Guarantees: servers named by the environment are used as they are and never started or stopped; a start first cleans up
 * after owners that died; when a start fails nothing of it runs on; two starts never share an instance folder.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readServiceUrls, type ServiceUrls } from '@barkeep/config';
import { canReach, postgresAccount } from './account.js';
import { AlreadyRunningError, DataFolderError } from './errors.js';
import { reachableFolder } from './folders.js';
import { claim, keptName, readState, release, updateState, type InstanceState } from './instance.js';
import { findPostgres } from './postgres-program.js';
import { startPostgres } from './postgres.js';
import { askToEnd, endServer, isRunning, markOf, type ServerMark } from './processes.js';
import { findRedis } from './redis-program.js';
import { startRedis } from './redis.js';
import type { ServerProcess } from './server-process.js';
import { removeFolder, sweep, sweepInstance } from './sweep.js';

const stopLimitMs = 5000;

/** What to start and where. */
export interface StartOptions {
  /** Folder for the servers' data; created when missing. */
  readonly dataDir: string;
  /** True: the data stay and the next start finds them. False: this start has a folder of its own that goes when it stops. */
  readonly keep: boolean;
  /** Where REDIS_URL, SESSION_REDIS_URL and DATABASE_URL are looked for. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets a line for whatever takes time or is out of the ordinary. */
  readonly log?: (line: string) => void;
}

/** Running servers. */
export interface Services extends ServiceUrls {
  /** Adds to what `readRunning` tells others about this instance, e.g. the coordinator's address. */
  publish(extra: Readonly<Record<string, unknown>>): void;
  /** Stops what was started, Redis first; takes 14 s at most. Calling it again waits for the same stop. */
  stop(): Promise<void>;
}

type Log = (line: string) => void;

/** The folder of PostgreSQL's data: the instance's own, unless the account that runs it cannot get there. */
function placeFor(folder: string, keep: boolean): string {
  const account = postgresAccount();
  if (canReach(folder, account)) return folder;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(reachableFolder(account, keep), `data-${name}`);
}

/** Makes this process the owner of an instance folder; throws `AlreadyRunningError` when a live one has it. */
async function own(dataDir: string, keep: boolean, log: Log): Promise<{ folder: string; state: InstanceState }> {
  const owner = markOf(process.pid);
  const folder = join(dataDir, keep ? keptName : `run-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const state = { owner, keep, place: placeFor(folder, keep), servers: [], extra: {} };
  for (let tries = 0; tries < 5; tries++) {
    if (claim(folder, state)) return { folder, state };
    const other = readState(folder);
    if (other !== undefined && isRunning(other.owner)) throw new AlreadyRunningError(dataDir, other.owner.pid);
    if (other !== undefined) await sweepInstance(folder, other, log);
  }
  throw new DataFolderError(`expected a readable instance.json in ${folder}, was: none that makes sense; remove it`);
}

/** The running instance of one start: records its servers as they come, stops them in order. */
class Instance {
  private readonly servers: ServerMark[] = [];
  private stopping: Promise<void> | undefined;
  private readonly onExit = () => this.servers.forEach(askToEnd);

  constructor(
    private readonly folder: string,
    private state: InstanceState,
    private readonly log: Log,
  ) {
    process.once('exit', this.onExit);
  }

  get place(): string {
    return this.state.place;
  }

  /** Replaces parts of the state on disk. */
  update(change: Partial<InstanceState>): void {
    this.state = { ...this.state, ...change };
    updateState(this.folder, this.state);
  }

  publish(extra: Readonly<Record<string, unknown>>): void {
    this.update({ extra: { ...this.state.extra, ...extra } });
  }

  /** Called for each server as soon as its process exists, so that a crash from here on leaves a trace of it. */
  readonly spawned = ({ mark, exited }: ServerProcess): void => {
    this.servers.push(mark);
    this.update({ servers: [...this.servers] });
    void exited.then((how) => {
      if (this.stopping === undefined) this.log(`${mark.name} (${mark.pid}) ${how}`);
    });
  };

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const inOrder = this.servers.toSorted((a, b) => b.name.localeCompare(a.name));
    for (const server of inOrder) await endServer(server, stopLimitMs);
    process.removeListener('exit', this.onExit);
    release(this.folder, this.state.owner);
    if (this.state.keep) return;
    removeFolder(this.state.place);
    removeFolder(this.folder);
  }
}

/** Waits for both, also when one fails, so that nothing is still being started when a failed start is undone. */
async function allOrFirstError(pending: [Promise<string>, Promise<string>]): Promise<[string, string]> {
  await Promise.allSettled(pending);
  return Promise.all(pending);
}

async function startMissing(
  instance: Instance,
  given: Partial<ServiceUrls>,
  folder: string,
  options: StartOptions,
  log: Log,
) {
  const env = options.env ?? process.env;
  const needsRedis = given.redisUrl === undefined || given.sessionRedisUrl === undefined;
  const redis = async () =>
    needsRedis ? (await startRedis(findRedis(env, log), join(folder, 'redis'), instance.spawned)).baseUrl : '';
  const postgres = async () => {
    if (given.databaseUrl !== undefined) return given.databaseUrl;
    const account = postgresAccount();
    const program = findPostgres(account, log);
    mkdirSync(instance.place, { recursive: true, mode: 0o755 });
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
  mkdirSync(dataDir, { recursive: true });
  await sweep(dataDir, log);
  const { folder, state } = await own(dataDir, options.keep, log);
  const instance = new Instance(folder, state, log);
  try {
    const urls = await startMissing(instance, given, folder, options, log);
    instance.update({ urls });
    return { ...urls, publish: (extra) => instance.publish(extra), stop: () => instance.stop() };
  } catch (error) {
    await instance.stop();
    throw error;
  }
}
