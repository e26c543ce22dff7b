/** The entry point: a client of one coordinator and one session Redis. */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { sessionSpecSchema } from '@barkeep/bars';
import { endTimerOnClose, openRedis, SessionReader } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import type { input } from 'zod';
import { ClientSession } from './client-session.js';
import { ClientClosedError, NoSessionRedisError } from './errors.js';
import { CoordinatorClient, type SessionStatus } from './http/index.js';
import { settingsOf, type ConnectOptions, type Settings } from './settings.js';

/** How long `close` waits for a connection to end, ms. */
const CLOSE_LIMIT_MS = 2_000;
/** A connection that does not answer for this long is closed, so that a half-open connection does not stay, ms. */
const SILENCE_LIMIT_MS = 10_000;

/** A session spec; only `symbols`, `start`, `end` and `source` are needed, everything else has a default (docs/api.md). */
export type SpecInput = Given<input<ReturnType<typeof sessionSpecSchema>>>;

/** Makes every level readonly, so that `as const` objects are accepted. */
type Given<T> = T extends readonly (infer U)[]
  ? readonly Given<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Given<T[K]> }
    : T;

/**
 * Makes a client. Opens no connection: the first call that needs a server reports when it cannot be reached.
 * @throws NoCoordinatorError, CoordinatorAddressError, and ConfigError for an invalid environment variable
 */
export function connect(options: ConnectOptions = {}): Barkeep {
  return new Barkeep(settingsOf(options));
}

/** A client of one coordinator. Made by {@link connect}. */
export class Barkeep {
  readonly #settings: Settings;
  readonly #http: CoordinatorClient;
  readonly #closing = new AbortController();
  readonly #ownConnections = new Set<Redis>();
  #redis: Redis | undefined;

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
   * @throws InvalidInputError naming every field that is wrong, SessionConflictError
   */
  async createSession(spec: SpecInput, options: { start?: boolean } = {}): Promise<ClientSession> {
    const { id } = await this.#http.create(spec, options);
    return this.session(id);
  }

  /** The session of an id. Does not check whether it exists. */
  session(id: string): ClientSession {
    return new ClientSession(id, {
      http: this.#http,
      redis: () => this.#connection(),
      duplicate: () => this.#duplicate(),
      reader: () => new SessionReader(this.#connection(), this.#settings.keyPrefix),
      signal: this.#closing.signal,
    });
  }

  /** All sessions, newest first. */
  sessions(): Promise<SessionStatus[]> {
    return this.#http.sessions();
  }

  /** Rejects pending calls with a {@link ClientClosedError} and closes the connections that this client opened. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new ClientClosedError());
    // Consumers leave their sessions before the connection closes.
    await turn();
    await Promise.all([...this.#ownConnections].map(closeConnection));
  }

  #connection(): Redis {
    this.#closing.signal.throwIfAborted();
    const { redis } = this.#settings;
    if (redis === undefined) throw new NoSessionRedisError();
    if (typeof redis !== 'string') return redis;
    return (this.#redis ??= this.#own(
      openRedis(redis, { connectionName: 'barkeep-client', socketTimeout: SILENCE_LIMIT_MS }),
    ));
  }

  /** Opens another connection, for blocking reads. It is closed with the client, or by {@link Redis.disconnect}. */
  #duplicate(): Redis {
    return this.#own(endTimerOnClose(this.#connection().duplicate()));
  }

  #own(redis: Redis): Redis {
    // The failing commands report an outage. Without a listener ioredis would print it.
    redis.on('error', () => undefined);
    redis.once('end', () => this.#ownConnections.delete(redis));
    this.#ownConnections.add(redis);
    return redis;
  }
}

/** Closes a connection. ioredis emits no `end` for a connection that waits to reconnect. */
async function closeConnection(redis: Redis): Promise<void> {
  const end = once(redis, 'end', { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) }).catch(() => undefined);
  const isConnected = !['reconnecting', 'end', 'wait'].includes(redis.status);
  redis.disconnect();
  if (isConnected) await end;
}
