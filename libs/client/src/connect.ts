/**
 * The way in: a client of one coordinator and one session Redis. Nothing is connected before it is needed, and
 * {@link Barkeep.close} ends whatever is under way.
 */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { SessionReader } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { ClientSession } from './client-session.js';
import { ClientClosedError, NoSessionRedisError } from './outage/index.js';
import { CoordinatorClient, type SessionStatus } from './http/index.js';
import type { SpecInput } from './spec-input.js';
import { settingsOf, type ConnectOptions, type Settings } from './settings.js';

/** How long a connection's end is waited for, ms. */
const CLOSE_LIMIT_MS = 2_000;

/**
 * Makes a client. Connects to nothing yet: what cannot be reached is told by the first call that needs it.
 * @throws NoCoordinatorError, CoordinatorAddressError, and ConfigError for an environment that is wrong
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
   * Creates a session from a spec (docs/api.md has all of its fields); with an `id` that is there already, and the same
   * spec, it is that session. @param options `start: true` starts it at once
   * @throws InvalidInputError naming every field that is wrong, SessionConflictError
   */
  async createSession(spec: SpecInput, options: { start?: boolean } = {}): Promise<ClientSession> {
    const { id } = await this.#http.create(spec, options);
    return this.session(id);
  }

  /** The session of an id. Asks nobody whether there is one. */
  session(id: string): ClientSession {
    return new ClientSession(id, {
      http: this.#http,
      keyPrefix: this.#settings.keyPrefix,
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

  /** Ends every call that is under way with a {@link ClientClosedError} and closes the connections that are ours. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new ClientClosedError());
    // Whoever followed a session leaves it first.
    await turn();
    await Promise.all([...this.#ownConnections].map(ended));
  }

  #connection(): Redis {
    this.#closing.signal.throwIfAborted();
    const { redis } = this.#settings;
    if (redis === undefined) throw new NoSessionRedisError();
    if (typeof redis !== 'string') return redis;
    return (this.#redis ??= this.#own(new Redis(redis, { connectionName: 'barkeep-client' })));
  }

  /** A connection of its own for whoever waits on it; it is closed with the client, or by {@link Redis.disconnect}. */
  #duplicate(): Redis {
    return this.#own(this.#connection().duplicate());
  }

  #own(redis: Redis): Redis {
    // An outage is told by the commands that it fails; without a listener ioredis would print it.
    redis.on('error', () => undefined);
    redis.once('end', () => this.#ownConnections.delete(redis));
    this.#ownConnections.add(redis);
    return redis;
  }
}

/** Closes a connection. One that was lost, and waits to connect again, does not say that it ends. */
async function ended(redis: Redis): Promise<void> {
  const end = once(redis, 'end', { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) }).catch(() => undefined);
  const isAway = redis.status === 'reconnecting' || redis.status === 'end' || redis.status === 'wait';
  redis.disconnect();
  if (!isAway) await end;
}
