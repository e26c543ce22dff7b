/** What all commands use: the environment, the data folder, and a database or coordinator, found or started on demand. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Calendar, calendarNamed } from '@barkeep/bars';
import { connect, type Barkeep, type CoordinatorClient } from '@barkeep/client';
import {
  dataFolder,
  expectReachable,
  findServers,
  type FoundServers,
  runningUp,
  startApps,
  UP_ROLE,
} from '@barkeep/local-system';
import {
  type Config,
  ConfigError,
  loadConfig,
  readServiceUrls,
  type ServiceUrls,
  useOwnCalendars,
} from '@barkeep/service';
import { CliError, EXIT, type Lifetime, note, readOption } from '../terminal/index.js';
import { isSameAddress, withoutPassword } from './addresses.js';
import { type Database, openCoordinator, openDatabase } from './servers.js';

/** Options of every command that calls a coordinator. */
export interface ConnectionOptions {
  coordinator?: string;
  apiKey?: string;
}

const WORKERS_FOR_ONE_COMMAND = 2;

export class Context {
  readonly config: Config<Partial<ServiceUrls>>;
  /** The servers that the environment names, such as DATABASE_URL. */
  readonly urls: Partial<ServiceUrls>;
  /** BARKEEP_ADMIN_KEY, else BARKEEP_API_KEY, else the first of BARKEEP_ADMIN_KEYS, else the first of BARKEEP_API_KEYS. */
  readonly apiKey: string | undefined;
  /** Folder for the permanent data of the embedded servers: `.barkeep/up`. */
  readonly dataDir: string;
  /** The servers of the coordinator that this command started; undefined while it has started none. */
  #started: FoundServers | undefined;

  /** @throws CliError that names every wrong variable of the environment */
  constructor(readonly life: Lifetime) {
    this.config = environmentConfig();
    this.urls = readServiceUrls(process.env);
    const { client, http } = this.config;
    this.apiKey = client.adminKey ?? client.apiKey ?? http.adminKeys[0] ?? http.apiKeys[0];
    this.dataDir = this.dataFolder('up');
  }

  /** Folder for the data of the embedded servers. @param use what they are for, such as `up` or `demo` */
  dataFolder(use: string): string {
    return dataFolder(process.cwd(), this.config.embedded.dataDir, use);
  }

  /** Folder for the logs of apps that a command starts. */
  logFolder(use: string): string {
    return join(dirname(this.dataDir), 'logs', use);
  }

  /** A shipped calendar, or one in the user's folder. @throws UsageError that names `option` */
  async calendar(id: string, option = '--calendar'): Promise<Calendar> {
    await useOwnCalendars(this.config.calendars.dir);
    return readOption(option, () => calendarNamed(id));
  }

  /** Opens and migrates the database. When none is configured and none runs, starts only the embedded PostgreSQL. */
  async database(): Promise<Database> {
    const { databaseUrl: configured } = this.urls;
    if (configured === undefined) this.#expectOwnCoordinator();
    await expectReachable({ databaseUrl: configured });
    const databaseUrl = configured ?? (await this.#serversFor('database')).databaseUrl;
    return openDatabase(databaseUrl, this.life);
  }

  /** Like {@link database}, for commands that need stored data. @throws CliError when there are no data */
  async existingDatabase(): Promise<Database> {
    if (this.urls.databaseUrl === undefined) this.#expectData('DATABASE_URL');
    return this.database();
  }

  /**
   * A client of a coordinator: the one that the options or BARKEEP_URL name, else that of a running `barkeep up`. Otherwise
   * this command starts a coordinator with workers, and stops them at its end.
   */
  async coordinator(options: ConnectionOptions): Promise<CoordinatorClient> {
    const apiKey = options.apiKey ?? this.apiKey;
    const url = options.coordinator ?? this.config.client.url ?? this.#upUrl() ?? (await this.#startCoordinator());
    return openCoordinator(url, apiKey, this.life.signal);
  }

  /** Like {@link coordinator}, for commands that need existing sessions. @throws CliError when there are no data */
  async existingCoordinator(options: ConnectionOptions): Promise<CoordinatorClient> {
    const isNamed = (options.coordinator ?? this.config.client.url) !== undefined;
    if (!isNamed && Object.keys(this.urls).length === 0) {
      this.#expectData('--coordinator, BARKEEP_URL, REDIS_URL with SESSION_REDIS_URL and DATABASE_URL');
    }
    return this.coordinator(options);
  }

  /**
   * The client library, connected to {@link existingCoordinator} and closed with the command. It reads the session Redis
   * of the environment or of a running `barkeep up`, or the Redis that this command started.
   */
  async client(options: ConnectionOptions): Promise<Barkeep> {
    await expectReachable({ sessionRedisUrl: this.urls.sessionRedisUrl });
    const { baseUrl } = await this.existingCoordinator(options);
    const apiKey = options.apiKey ?? this.apiKey;
    const barkeep = connect({ coordinator: baseUrl, apiKey, redis: this.#started?.sessionRedisUrl });
    this.life.onEnd(() => barkeep.close());
    return barkeep;
  }

  /** True when this command started its own coordinator, which ends with it. */
  get startedCoordinator(): boolean {
    return this.#started !== undefined;
  }

  /**
   * Lets other commands of this project use the coordinator that this command started, as that of a `barkeep up`.
   * @returns whether other commands will use it; false when the environment names servers
   */
  publishCoordinator(coordinatorUrl: string): boolean {
    this.#started?.publish?.({ role: UP_ROLE, command: 'barkeep run --keep', coordinatorUrl });
    return this.#upUrl() === coordinatorUrl;
  }

  /**
   * Checks that `barkeep up` runs here or has stored data.
   * @param settings the unset variables and options that could name servers, for the message @throws CliError
   */
  #expectData(settings: string): void {
    // `kept` is the folder in which `barkeep up` stores its data.
    if (this.#up !== undefined || existsSync(join(this.dataDir, 'kept'))) return;
    throw new CliError(
      `expected a running Barkeep or its stored data, was neither: looked at ${settings} (not set), and for "barkeep up" or its data in ${this.dataDir}; "barkeep up" starts one`,
    );
  }

  /**
   * Checks that BARKEEP_URL is not set or names the `barkeep up` of this project: bars must not go into a database that the named
   * coordinator does not read. @throws CliError
   */
  #expectOwnCoordinator(): void {
    const { url } = this.config.client;
    if (url === undefined || this.#up?.coordinatorUrls.some((own) => isSameAddress(url, own))) return;
    throw new CliError(
      `expected DATABASE_URL, the database of the coordinator at ${withoutPassword(url)} (BARKEEP_URL), was not set`,
    );
  }

  /** The running `barkeep up` of this project, even if the environment names other servers. */
  get #up() {
    return runningUp(this.dataDir);
  }

  /** The coordinator of the running `barkeep up`, for commands; undefined also when the environment names servers. */
  #upUrl(): string | undefined {
    return runningUp(this.dataDir, process.env)?.coordinatorUrl;
  }

  /** The servers that the environment names or that run. Otherwise starts private ones, and says so, because the start takes seconds. */
  #serversFor(need: 'database' | 'all'): Promise<FoundServers> {
    if (Object.keys(this.urls).length === 0 && this.#up === undefined)
      note(`no "barkeep up" runs here: this command starts private servers on the data in ${this.dataDir}`);
    return findServers({ dataDir: this.dataDir, keep: true, need, log: note }, this.life);
  }

  async #startCoordinator(): Promise<string> {
    await expectReachable(this.urls);
    const urls = await this.#serversFor('all');
    const upUrl = this.#upUrl(); // a `barkeep up` may have started while this command waited for the data folder
    if (upUrl !== undefined) return upUrl;
    this.#started = urls;
    const logFolder = this.logFolder('command');
    const wanted = { coordinators: 1, workers: WORKERS_FOR_ONE_COMMAND, port: 0, env: process.env, logFolder, note };
    const { urls: coordinators } = await startApps(urls, wanted, this.life);
    return coordinators[0]!;
  }
}

function environmentConfig(): Config<Partial<ServiceUrls>> {
  try {
    return loadConfig(process.env, { requireServices: false });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, EXIT.failed, { cause: error });
    throw error;
  }
}
