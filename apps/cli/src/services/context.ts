/**
 * The context of a command: the environment, the data folder, and on demand a database or a coordinator. All commands
 * find or start these servers in the same way.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Calendar, calendarNamed } from '@barkeep/bars';
import { connect, CoordinatorClient, type Barkeep } from '@barkeep/client';
import { dataFolder, findServers, runningUp, startApps } from '@barkeep/local-system';
import { type ServiceUrls, useOwnCalendars } from '@barkeep/service';
import { CliError, type Lifetime, note, readOption, UsageError } from '../terminal/index.js';
import { checkCoordinator, checkServers, protocolOf } from './addresses.js';
import { type Database, openDatabase } from './database.js';
import { type CliEnvironment, readEnvironment } from './environment.js';

/** Options of every command that calls a coordinator. */
export interface ConnectionOptions {
  coordinator?: string;
  apiKey?: string;
}

const WORKERS_FOR_ONE_COMMAND = 2;

export class Context {
  readonly env: CliEnvironment;
  /** Lasting data of the embedded servers: `.barkeep/up`. */
  readonly dataDir: string;
  #startedRedis: string | undefined;

  constructor(
    readonly life: Lifetime,
    env: NodeJS.ProcessEnv = process.env,
    readonly cwd: string = process.cwd(),
  ) {
    this.env = readEnvironment(env);
    this.dataDir = dataFolder(cwd, this.env.config.embedded.dataDir, 'up');
  }

  /** Folder for the logs of apps that a command starts. */
  logFolder(use: string): string {
    return join(dirname(this.dataDir), 'logs', use);
  }

  /** A calendar, shipped or in the user's folder; undefined without a name. @throws UsageError that names the option */
  async calendar(id: string, option?: string): Promise<Calendar>;
  async calendar(id: string | undefined, option?: string): Promise<Calendar | undefined>;
  async calendar(id: string | undefined, option = '--calendar'): Promise<Calendar | undefined> {
    await useOwnCalendars(this.env.config.calendars.dir);
    return id === undefined ? undefined : readOption(option, () => calendarNamed(id));
  }

  /** The migrated database. Starts only the embedded PostgreSQL when no database is configured or running. */
  async database(): Promise<Database> {
    const { databaseUrl: named } = this.env.urls;
    await checkServers({ databaseUrl: named });
    const databaseUrl = named ?? (await this.#findServers('database')).databaseUrl;
    return openDatabase(databaseUrl, this.life);
  }

  /** {@link database} for commands that only read. @throws CliError when there is nothing to read */
  async existingDatabase(): Promise<Database> {
    if (this.env.urls.databaseUrl === undefined) this.#expectData('DATABASE_URL');
    return this.database();
  }

  /** {@link coordinator} for commands that only read. @throws CliError when there is nothing to read */
  async existingCoordinator(options: ConnectionOptions): Promise<CoordinatorClient> {
    const isNamed = (options.coordinator ?? this.env.coordinatorUrl) !== undefined;
    if (!isNamed && Object.keys(this.env.urls).length === 0) {
      this.#expectData('--coordinator, BARKEEP_URL, REDIS_URL with SESSION_REDIS_URL and DATABASE_URL');
    }
    return this.coordinator(options);
  }

  /** True when this command started its own coordinator, which ends with it. */
  get startedCoordinator(): boolean {
    return this.#startedRedis !== undefined;
  }

  #expectData(settings: string): void {
    if (runningUp(this.dataDir) !== undefined || existsSync(join(this.dataDir, 'kept'))) return;
    throw new CliError(
      `expected a running Barkeep or data of one, was none: looked at ${settings} (not set), and for "barkeep up" or its data in ${this.dataDir}; "barkeep up" starts one`,
    );
  }

  /**
   * A client of, in this order: the coordinator that is named; that of a running `barkeep up`; one that is started, with
   * workers, for as long as the command runs.
   */
  async coordinator(options: ConnectionOptions): Promise<CoordinatorClient> {
    const apiKey = options.apiKey ?? this.env.apiKey;
    const url = options.coordinator ?? this.env.coordinatorUrl ?? this.#upUrl() ?? (await this.#startOne());
    if (!/^https?:$/.test(protocolOf(url))) {
      throw new UsageError(`expected the coordinator's address such as http://127.0.0.1:3000, was "${url}"`);
    }
    await checkCoordinator(url, this.life.signal);
    return new CoordinatorClient(url, apiKey, this.life.signal, 'operator');
  }

  /**
   * The client library on that coordinator, closed with the command. It reads the session Redis of the environment, of a
   * running `barkeep up`, or the one that was started.
   */
  async client(options: ConnectionOptions): Promise<Barkeep> {
    await checkServers({ sessionRedisUrl: this.env.urls.sessionRedisUrl });
    const { baseUrl } = await this.existingCoordinator(options);
    const apiKey = options.apiKey ?? this.env.apiKey;
    const barkeep = connect({ coordinator: baseUrl, apiKey, redis: this.#startedRedis, env: this.env.rest });
    this.life.onEnd(() => barkeep.close());
    return barkeep;
  }

  #upUrl(): string | undefined {
    return runningUp(this.dataDir, this.env.rest)?.coordinatorUrl;
  }

  /** The servers that are named or run. Starts the private ones otherwise, which takes seconds: says so. */
  #findServers(need: 'database' | 'all'): Promise<ServiceUrls> {
    if (Object.keys(this.env.urls).length === 0 && runningUp(this.dataDir) === undefined)
      note(`no "barkeep up" runs here: this command starts private servers on the data in ${this.dataDir}`);
    return findServers({ dataDir: this.dataDir, keep: true, env: this.env.rest, need, log: note }, this.life);
  }

  async #startOne(): Promise<string> {
    await checkServers(this.env.urls);
    const urls = await this.#findServers('all');
    const upUrl = this.#upUrl(); // a `barkeep up` may have started while this command waited for the lock
    if (upUrl !== undefined) return upUrl;
    this.#startedRedis = urls.sessionRedisUrl;
    const logFolder = this.logFolder('command');
    const wanted = { coordinators: 1, workers: WORKERS_FOR_ONE_COMMAND, port: 0, env: this.env.rest, logFolder, note };
    const { urls: coordinators } = await startApps(urls, wanted, this.life);
    const [first] = coordinators;
    if (first === undefined) throw new CliError('expected a coordinator, was none');
    return first;
  }
}
