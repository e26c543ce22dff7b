/**
 * One session, as a program steers, reads, feeds and follows it. Steering goes through the coordinator, reading straight
 * to Redis: both see the same clock.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  SessionConsumers,
  SessionLostError,
  type ConsumerView,
  type OpenSession,
  type SessionReader,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { NotBegunError } from './outage/index.js';
import { SymbolStream } from './feed/index.js';
import { follow, type FollowOptions, type Step } from './follow/index.js';
import {
  type Certificate,
  type CoordinatorClient,
  type Digest,
  type GapAnswer,
  SessionNotFoundError,
  type SessionStatus,
  type SymbolMetrics,
} from './http/index.js';
import { Mirror, SessionEndedError, type MirrorOptions } from './mirror/index.js';
import { momentsOf, whenSaid, type EventOptions, type SessionMoment } from './session-moments.js';

/** States that a session does not leave by itself. */
const ENDED: ReadonlySet<string> = new Set(['completed', 'stopped', 'failed', 'lost']);
const BEGIN_LIMIT_MS = 30_000;
const BEGIN_CHECK_MS = 25;

/** What a session needs of the client that made it. */
export interface SessionParts {
  http: CoordinatorClient;
  keyPrefix: string;
  /** The shared connection to the session Redis. */
  redis: () => Redis;
  /** A connection for one who waits on it. */
  duplicate: () => Redis;
  reader: () => SessionReader;
  /** Aborted when the client is closed. */
  signal: AbortSignal;
}

/** One session. Made by `createSession` and `session` of the client. */
export class ClientSession {
  readonly #parts: SessionParts;

  /** @internal */
  constructor(
    /** Its id. */
    readonly id: string,
    parts: SessionParts,
  ) {
    this.#parts = parts;
  }

  /** Starts it, or goes on with a stopped one. @throws SessionNotFoundError, WrongStateError, as the next three */
  start(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'start');
  }

  /** Halts its clock. */
  pause(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'pause');
  }

  /** Goes on after a pause. */
  resume(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'resume');
  }

  /** Ends it; what it stored stays readable. */
  stop(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'stop');
  }

  /** Stops it and removes everything of it. @throws SessionNotFoundError */
  delete(): Promise<void> {
    return this.#parts.http.remove(this.id);
  }

  /** State, clock, progress and counts. @throws SessionNotFoundError */
  status(): Promise<SessionStatus> {
    return this.#parts.http.session(this.id);
  }

  /** Asks for an upkeep round now. @throws SessionNotFoundError, WrongStateError */
  upkeep(): Promise<void> {
    return this.#parts.http.upkeep(this.id);
  }

  /** Quality and counts of one symbol before the clock. @throws SymbolNotFoundError */
  metrics(symbol: string): Promise<SymbolMetrics> {
    return this.#parts.http.metrics(this.id, symbol);
  }

  /** The metrics of all symbols, in the session's order. */
  async allMetrics(): Promise<SymbolMetrics[]> {
    return this.#parts.http.allMetrics(await this.status());
  }

  /** Adds a symbol, also while the session runs; it can be read once it is whole up to the clock. */
  addSymbol(symbol: string): Promise<void> {
    return this.#parts.http.addSymbol(this.id, symbol);
  }

  /** Removes a symbol and everything of it. @throws SymbolNotFoundError */
  removeSymbol(symbol: string): Promise<void> {
    return this.#parts.http.removeSymbol(this.id, symbol);
  }

  /** Removes a consumer and its position: it holds the clock no more. @throws ApiProblemError of kind `unknown-consumer` */
  removeConsumer(name: string): Promise<void> {
    return this.#parts.http.removeConsumer(this.id, name);
  }

  /** Gaps of one symbol before the frontier, oldest first. @throws SymbolNotFoundError */
  gaps(symbol: string): Promise<GapAnswer[]> {
    return this.#parts.http.gaps(this.id, symbol);
  }

  /** SHA-256 over everything it has stored: equal for two sessions with the same data. */
  digest(): Promise<Digest> {
    return this.#parts.http.digest(this.id);
  }

  /** The digest chained by trading day, with the spec and the datasets under it. */
  certificate(): Promise<Certificate> {
    return this.#parts.http.certificate(this.id);
  }

  /** Opens the stream of one symbol of a session whose source is `feed`. Every symbol is a stream until it is ended. */
  registerStream(symbol: string): SymbolStream {
    const { http, signal } = this.#parts;
    return new SymbolStream(
      symbol,
      {
        feed: (ndjson, throughMs) => http.feed(this.id, symbol, ndjson, throughMs),
        end: () => http.endFeed(this.id, symbol),
      },
      signal,
    );
  }

  /**
   * The session's bars, read straight from Redis, never past its clock. A session that was started a moment ago is waited
   * for, until `signal` is aborted. @throws NotBegunError when it did not begin within `waitMs`, SessionEndedError when it ended without a
   * store, or its store is lost, SessionNotFoundError, SessionLostError,
   * SessionCalendarError, NoSessionRedisError
   */
  async reader({
    waitMs = BEGIN_LIMIT_MS,
    signal: given,
  }: { waitMs?: number; signal?: AbortSignal } = {}): Promise<OpenSession> {
    const signal = this.#until(given);
    const reader = this.#parts.reader();
    const deadline = Date.now() + waitMs;
    for (;;) {
      try {
        return await reader.open(this.id);
      } catch (error) {
        signal.throwIfAborted(); // the connection was closed under it
        if (!(error instanceof SessionLostError)) throw error;
        const status = await this.status();
        const { state } = status;
        if (ENDED.has(state)) throw endOf(status);
        if (Date.now() > deadline) throw new NotBegunError(this.id, state, waitMs);
      }
      await delay(BEGIN_CHECK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** A copy of the session in this process that follows its clock: read without waiting. @throws as {@link reader} */
  async mirror(options: MirrorOptions = {}): Promise<Mirror> {
    return Mirror.open(this.#parts.redis(), await this.reader(), options, this.#parts.signal);
  }

  /**
   * Goes through the session step by step: `for await (const step of session.follow())`.
   * @throws as {@link reader} and {@link followSession}
   */
  follow(options: FollowOptions = {}): AsyncGenerator<Step, void, undefined> {
    return follow(async () => {
      const signal = this.#until(options.signal);
      const redis = this.#parts.redis();
      return { redis, session: await this.reader({ signal }), options: { ...options, signal } };
    });
  }

  /** Who follows it or did, how far each is, and what was delivered to it. @throws as {@link reader} */
  async consumers(): Promise<ConsumerView[]> {
    return new SessionConsumers(this.#parts.redis(), (await this.reader()).layout).list();
  }

  /**
   * What happens in it: `for await (const { type, cursor } of session.events())`; docs/api.md has a table of all events. Ends
   * when the session is deleted. @throws EventCursorError, and as {@link reader}
   */
  async *events(options: EventOptions = {}): AsyncGenerator<SessionMoment, void, undefined> {
    const signal = this.#until(options.signal);
    const session = await this.reader({ signal });
    const redis = this.#parts.duplicate();
    const stop = (): void => redis.disconnect();
    signal.addEventListener('abort', stop);
    try {
      yield* momentsOf(redis, session, options, signal);
    } catch (error) {
      signal.throwIfAborted(); // the connection was closed under it
      if (!(error instanceof SessionLostError) || (await this.isThere())) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      redis.disconnect();
    }
  }

  /**
   * Waits until it has completed, by its events, or until `signal` is aborted. @returns how it ended
   * @throws SessionEndedError when it was stopped, failed, or lost its data; SessionNotFoundError when it was deleted; and as
   *   {@link reader}
   */
  async completed({ signal: given }: { signal?: AbortSignal } = {}): Promise<SessionStatus> {
    const signal = this.#until(given);
    signal.throwIfAborted();
    const ended = await this.ended();
    if (ended) return ended;
    const session = await this.reader({ signal });
    const redis = this.#parts.duplicate();
    const stop = (): void => redis.disconnect();
    signal.addEventListener('abort', stop);
    try {
      return await whenSaid(redis, session, () => this.ended(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SessionLostError)) throw error;
      const last = await this.ended(); // lost, or not there any more
      if (last) return last;
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      redis.disconnect();
    }
  }

  /** How it completed, or undefined while it goes on. @throws SessionEndedError */
  private async ended(): Promise<SessionStatus | undefined> {
    const status = await this.status();
    const { state } = status;
    if (ENDED.has(state) && state !== 'completed') throw endOf(status);
    return state === 'completed' ? status : undefined;
  }

  /** Aborted when the client is closed, and when a given signal is. */
  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([this.#parts.signal, signal]) : this.#parts.signal;
  }

  private async isThere(): Promise<boolean> {
    try {
      await this.status();
      return true;
    } catch (error) {
      if (error instanceof SessionNotFoundError) return false;
      throw error;
    }
  }
}

function endOf({ id, state, error, clock }: SessionStatus): SessionEndedError {
  return new SessionEndedError(id, state, error ?? undefined, clock ? Date.parse(clock) : undefined);
}
