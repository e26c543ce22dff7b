/** The entry point: a client of one coordinator and one session Redis. Finds their addresses, and connects on first use. */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { dataFolder, runningUp } from '@barkeep/local-system';
import { loadConfig } from '@barkeep/service';
import { endTimerOnClose, openRedis, openSession } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { ClientSession } from './client-session.js';
import { coordinatorAddress } from './coordinator-address.js';
import { ClientClosedError, NoCoordinatorError, NoSessionRedisError } from './errors.js';
import { CoordinatorClient, type SessionStatus } from './http/index.js';
import { BLOCKING_CLOSE_MS, noteErrors, reconnectDelay } from './outage.js';
import type { SpecInput } from './spec-input.js';

/** How long `close` waits for a connection to end, ms. */
const CLOSE_LIMIT_MS = 2_000;
/** How long a server may take to answer a command, ms. After that the connection is closed, because the server may be gone. */
const SILENCE_LIMIT_MS = 10_000;

/** Where to connect to. Every option has a default. */
export interface ConnectOptions {
  /**
   * The session Redis: a URL, or an ioredis client of the caller. The caller's client stays open.
   * @default SESSION_REDIS_URL, then REDIS_URL, then that of a running `barkeep up`
   */
  redis?: string | Redis;
  /** Address of a coordinator, such as `http://127.0.0.1:3000`. @default BARKEEP_URL, then that of a running `barkeep up` */
  coordinator?: string;
  /** API key. @default BARKEEP_API_KEY, then the first of BARKEEP_API_KEYS */
  apiKey?: string;
  /** Prefix of the keys in the session Redis. @default BARKEEP_SESSION_PREFIX, then `barkeep` */
  keyPrefix?: string;
  /** The environment. @default process.env */
  env?: NodeJS.ProcessEnv;
}

/** The result of {@link settingsOf}; `redis` is undefined when no session Redis is known. */
type Settings = ReturnType<typeof settingsOf>;

/**
 * Creates a client. Opens no connection: the first call that needs a server throws when the server cannot be reached.
 * @throws NoCoordinatorError, CoordinatorAddressError, and ConfigError for an invalid environment variable
 */
export function connect(options: ConnectOptions = {}): Barkeep {
  return new Barkeep(settingsOf(options));
}

/** A client of one coordinator. {@link connect} creates it. */
export class Barkeep {
  readonly #settings: Settings;
  readonly #http: CoordinatorClient;
  readonly #closing = new AbortController();
  readonly #ownConnections = new Set<Redis>();
  #redis: Redis | undefined;
  /** Set by the first call of {@link close}. */
  #closed: Promise<void> | undefined;

  /** @internal use {@link connect} */
  constructor(settings: Settings) {
    this.#settings = settings;
    this.#http = new CoordinatorClient(settings.coordinator, settings.apiKey, this.#closing.signal);
  }

  /** Address of the coordinator. */
  get coordinatorUrl(): string {
    return this.#settings.coordinator;
  }

  /**
   * Creates a session from a spec (docs/api.md lists its fields). If a session with the same `id` and the same spec exists,
   * returns that session. @param options `start: true` starts it at once
   * @throws InvalidInputError that names every wrong field, SessionConflictError
   */
  async createSession(spec: SpecInput, options: { start?: boolean } = {}): Promise<ClientSession> {
    const { id } = await this.#http.create(spec, options);
    return this.session(id);
  }

  /** The session with this id. Does not check whether it exists. */
  session(id: string): ClientSession {
    return new ClientSession(id, {
      http: this.#http,
      keyPrefix: this.#settings.keyPrefix,
      redis: () => this.#connection(),
      duplicate: () => this.#duplicate(),
      open: () => openSession(this.#connection(), this.#settings.keyPrefix, id),
      signal: this.#closing.signal,
    });
  }

  /** All sessions, newest first. */
  sessions(): Promise<SessionStatus[]> {
    return this.#http.sessions();
  }

  /** Rejects pending calls with a {@link ClientClosedError} and closes the connections that this client opened. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing.abort(new ClientClosedError());
    // The abort makes consumers leave their sessions: they send that in this turn of the event loop, so the connections close in the next.
    await nextTurn();
    await Promise.all([...this.#ownConnections].map(closeConnection));
  }

  #connection(): Redis {
    this.#closing.signal.throwIfAborted();
    const { redis } = this.#settings;
    if (redis === undefined) throw new NoSessionRedisError();
    if (typeof redis !== 'string') return redis;
    const options = {
      connectionName: 'barkeep-client',
      socketTimeout: SILENCE_LIMIT_MS,
      retryStrategy: reconnectDelay,
    };
    return (this.#redis ??= this.#own(openRedis(redis, options)));
  }

  /** Opens another connection, for blocking reads. The caller may disconnect it; closing the client does so too. */
  #duplicate(): Redis {
    return this.#own(endTimerOnClose(this.#connection().duplicate({ disconnectTimeout: BLOCKING_CLOSE_MS })));
  }

  /** Notes a connection that {@link close} has to close. */
  #own(redis: Redis): Redis {
    noteErrors(redis).once('end', () => this.#ownConnections.delete(redis));
    this.#ownConnections.add(redis);
    return redis;
  }
}

/** Closes a connection, and waits for its event `end` where ioredis emits one. */
async function closeConnection(redis: Redis): Promise<void> {
  const end = once(redis, 'end', { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) }).catch(() => undefined);
  const emitsEnd = !['reconnecting', 'end', 'wait'].includes(redis.status); // `wait`: not opened yet
  redis.disconnect();
  if (emitsEnd) await end;
}

/**
 * Takes each setting from the options, else from the environment, else from a `barkeep up` that runs in the current project.
 * @param cwd the folder of the project
 * @throws NoCoordinatorError, CoordinatorAddressError, and ConfigError for an invalid environment variable
 */
export function settingsOf(options: ConnectOptions, cwd: string = process.cwd()) {
  const { env = process.env } = options;
  const config = loadConfig(env, { requireServices: false });
  const { redisUrl, sessionRedisUrl } = config.services;
  const dataDir = dataFolder(cwd, config.embedded.dataDir, 'up');
  const up = runningUp(dataDir, env);
  const address = options.coordinator ?? config.client.url ?? up?.coordinatorUrl;
  if (address === undefined) throw new NoCoordinatorError(dataDir);
  const coordinator = coordinatorAddress(address);
  // The session Redis of `barkeep up` holds only the sessions of its own coordinator.
  const upRedisUrl = coordinator === up?.coordinatorUrl ? up.urls.sessionRedisUrl : undefined;
  return {
    coordinator,
    redis: options.redis ?? sessionRedisUrl ?? redisUrl ?? upRedisUrl,
    apiKey: options.apiKey ?? config.client.apiKey ?? config.http.apiKeys[0],
    keyPrefix: options.keyPrefix ?? config.sessions.prefix,
  };
}
