/** One session. Control calls go to the coordinator, reads go directly to Redis; both see the same clock. */
import { anySignal } from '@barkeep/bars';
import { SessionConsumers, SessionLostError, type ConsumerView, type OpenSession } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { checkSignal } from './check-arguments.js';
import { NotBegunError } from './errors.js';
import { Outage } from './outage.js';
import { pause } from './pause.js';
import { SymbolStream } from './feed/index.js';
import { follow, type FollowOptions, type Step } from './follow/index.js';
import { SessionNotFoundError } from './http/index.js';
import type { Certificate, CoordinatorClient, Digest, GapAnswer, SessionStatus, SymbolMetrics } from './http/index.js';
import { hasEnded, Mirror, SessionEndedError, type MirrorOptions } from './mirror/index.js';
import { eventSelection, momentsOf, waitForState, type EventOptions, type SessionMoment } from './session-moments.js';

/** How long `reader` waits for a session to begin, ms. */
const BEGIN_LIMIT_MS = 30_000;
/** Time between two checks whether the session has begun, ms. */
const BEGIN_CHECK_MS = 25;
/** How long this client may fail to find a store that the coordinator finds, ms. After that, the two use different stores. */
const FOUND_WITHIN_MS = 2_000;

/** What a session needs from its client. */
export interface SessionParts {
  http: CoordinatorClient;
  /** Prefix of the keys in the session Redis. */
  keyPrefix: string;
  /** The shared connection to the session Redis. */
  redis: () => Redis;
  /** Opens a connection for blocking reads. */
  duplicate: () => Redis;
  /** Opens the session in its store. @throws SessionLostError when it has no store */
  open: () => Promise<OpenSession>;
  /** Aborted when the client is closed. */
  signal: AbortSignal;
}

/** One session. `createSession` and `session` of the client return it. */
export class ClientSession {
  readonly #parts: SessionParts;

  /** @internal */
  constructor(
    /** Id of the session. */
    readonly id: string,
    parts: SessionParts,
  ) {
    this.#parts = parts;
  }

  /** Starts the session, or continues a stopped one. @throws SessionNotFoundError, WrongStateError */
  start(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'start');
  }

  /** Pauses the session: its clock stops. @throws as {@link start} */
  pause(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'pause');
  }

  /** Continues after a pause. @throws as {@link start} */
  resume(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'resume');
  }

  /** Stops the session; its stored bars stay readable. @throws as {@link start} */
  stop(): Promise<SessionStatus> {
    return this.#parts.http.lifecycle(this.id, 'stop');
  }

  /** Stops the session and removes all of its data. @throws SessionNotFoundError */
  delete(): Promise<void> {
    return this.#parts.http.remove(this.id);
  }

  /** State, clock, progress and counts, in the view of a strategy. @throws SessionNotFoundError */
  status(): Promise<SessionStatus> {
    return this.#parts.http.session(this.id);
  }

  /** Starts an upkeep round now. @throws SessionNotFoundError, WrongStateError */
  upkeep(): Promise<void> {
    return this.#parts.http.upkeep(this.id);
  }

  /** Quality and counts of one symbol before the clock; with `date` (`YYYY-MM-DD`) only of that trading day. @throws SymbolNotFoundError */
  metrics(symbol: string, options: { date?: string } = {}): Promise<SymbolMetrics> {
    return this.#parts.http.metrics(this.id, symbol, options);
  }

  /** The metrics of all symbols that can be read, in the session's order. Leaves out a symbol that is joining. */
  async allMetrics(): Promise<SymbolMetrics[]> {
    return this.#parts.http.allMetrics(await this.status());
  }

  /** Adds a symbol, also while the session runs. The symbol can be read when its bars are complete up to the clock. */
  addSymbol(symbol: string): Promise<void> {
    return this.#parts.http.addSymbol(this.id, symbol);
  }

  /** Removes a symbol and its bars. @throws SymbolNotFoundError */
  removeSymbol(symbol: string): Promise<void> {
    return this.#parts.http.removeSymbol(this.id, symbol);
  }

  /** Removes a consumer and its position: the clock no longer waits for it. @throws ApiProblemError of kind `unknown-consumer` */
  removeConsumer(name: string): Promise<void> {
    return this.#parts.http.removeConsumer(this.id, name);
  }

  /** Gaps of one symbol before the clock, oldest first. @throws SymbolNotFoundError */
  gaps(symbol: string): Promise<GapAnswer[]> {
    return this.#parts.http.gaps(this.id, symbol);
  }

  /** SHA-256 over the bars of all days that the clock has closed: equal for two sessions with the same data. */
  digest(): Promise<Digest> {
    return this.#parts.http.digest(this.id);
  }

  /** The digest chained by trading day, with the spec, the names of its datasets, and what consumers received. */
  certificate(): Promise<Certificate> {
    return this.#parts.http.certificate(this.id);
  }

  /** The stream of one symbol, for a session whose source is `feed`. The session waits for each symbol until its stream is ended. */
  registerStream(symbol: string): SymbolStream {
    return new SymbolStream(symbol, this.id, this.#parts.http, this.#endSignal());
  }

  /**
   * Reads the session's bars directly from Redis, never past its clock. Waits up to `waitMs` for a session that has just been started.
   * @param options `signal` ends the wait
   * @throws NotBegunError when it did not begin within `waitMs`, SessionEndedError when it ended without a store or its store is
   *   lost, SessionNotFoundError, SessionLostError when the coordinator finds the store and this client does not,
   *   SessionRedisAwayError, SessionCalendarError, NoSessionRedisError
   */
  async reader(options: { waitMs?: number; signal?: AbortSignal } = {}): Promise<OpenSession> {
    const { waitMs = BEGIN_LIMIT_MS } = options;
    const signal = this.#endSignal(options.signal);
    const outage = new Outage(this.#parts.redis(), this.id, 0); // a limit of 0 ms: the first failure is thrown
    const deadline = Date.now() + waitMs;
    let foundAt: number | undefined; // when the coordinator found the store for the first time, epoch ms
    for (;;) {
      try {
        return await this.#parts.open();
      } catch (error) {
        signal.throwIfAborted(); // closing the client breaks the read
        if (!(error instanceof SessionLostError)) throw outage.failed(error) ?? error;
      }
      // No store: the session has not begun, its data is lost, or its store is elsewhere. The coordinator knows which.
      const status = await this.status();
      const isFound = status.clock !== null; // the coordinator reads the clock from the store
      foundAt = isFound ? (foundAt ?? Date.now()) : undefined;
      if (!isFound && hasEnded(status)) throw endedError(status);
      if (!isFound && Date.now() > deadline) throw new NotBegunError(this.id, status.state, waitMs);
      if (foundAt && Date.now() > Math.min(deadline, foundAt + FOUND_WITHIN_MS)) throw this.#storedElsewhere();
      await pause(BEGIN_CHECK_MS, signal);
    }
  }

  /** Opens a copy of the session in this process that follows its clock and is read synchronously. @throws as {@link reader} */
  async mirror(options: MirrorOptions = {}): Promise<Mirror> {
    return Mirror.open(this.#parts.redis(), await this.reader(), options, this.#endSignal());
  }

  /** Follows the session step by step: `for await (const step of session.follow())`. @throws as {@link reader} and {@link followSession} */
  follow(options: FollowOptions = {}): AsyncGenerator<Step, void, undefined> {
    return follow(async () => {
      const signal = this.#endSignal(options.signal);
      const redis = this.#parts.redis();
      return { redis, session: await this.reader({ signal }), options: { ...options, signal } };
    });
  }

  /** The session's consumers, past and present: the position of each and what was delivered to it. @throws as {@link reader} */
  async consumers(): Promise<ConsumerView[]> {
    return new SessionConsumers(this.#parts.redis(), (await this.reader()).layout).list();
  }

  /**
   * Reads the session's events: `for await (const { type, cursor } of session.events())`; docs/api.md has a table of all events.
   * Ends when the session is deleted. @throws ArgumentError, EventCursorError, and as {@link reader}
   */
  async *events(options: EventOptions = {}): AsyncGenerator<SessionMoment, void, undefined> {
    const selection = eventSelection(options);
    const signal = this.#endSignal(options.signal);
    const session = await this.reader({ signal });
    const { redis, close } = this.#openBlocking(signal);
    try {
      yield* momentsOf(redis, session, selection, signal);
    } catch (error) {
      signal.throwIfAborted(); // closing the client breaks the read
      // The store of a deleted session is gone too: the iterator ends without an error.
      const isDeleted = error instanceof SessionLostError && !(await ifFound(this.status()));
      if (!isDeleted) throw error;
    } finally {
      close();
    }
  }

  /**
   * Waits until the session has completed, or until `signal` is aborted. @returns its final status
   * @throws SessionEndedError when it was stopped, failed, or lost its data; SessionNotFoundError when it was deleted; and as
   *   {@link reader}
   */
  async completed({ signal: given }: { signal?: AbortSignal } = {}): Promise<SessionStatus> {
    const signal = this.#endSignal(given);
    signal.throwIfAborted();
    const completed = await this.#completedStatus(); // a completed session needs no connection to its store
    if (completed) return completed;
    const session = await this.reader({ signal });
    const { redis, close } = this.#openBlocking(signal);
    try {
      return await waitForState(redis, session, () => this.#completedStatus(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SessionLostError)) throw error;
      const last = await this.#completedStatus(); // throws when the session is lost or deleted
      if (last) return last;
      throw error;
    } finally {
      close();
    }
  }

  /** The error for a session whose store the coordinator finds and this client does not. */
  #storedElsewhere(): SessionLostError {
    const { http, redis, keyPrefix } = this.#parts;
    const { path, host, port, db } = redis().options;
    const place = `${path ?? `${host}:${port}`}, database ${db ?? 0}, under the prefix ${keyPrefix}`;
    const cause = `the coordinator at ${http.baseUrl} has another session Redis or prefix`;
    return new SessionLostError(this.id, `expected its store at ${place}, was not there: ${cause}`);
  }

  /** The status of a completed session, or undefined while it is active. @throws SessionEndedError */
  async #completedStatus(): Promise<SessionStatus | undefined> {
    const status = await this.status();
    if (status.state === 'completed') return status;
    if (hasEnded(status)) throw endedError(status);
    return undefined;
  }

  /** Opens a connection for blocking reads. `close` or an abort of the signal disconnects it. */
  #openBlocking(signal: AbortSignal): { redis: Redis; close: () => void } {
    signal.throwIfAborted();
    const redis = this.#parts.duplicate();
    const close = (): void => {
      signal.removeEventListener('abort', close);
      redis.disconnect();
    };
    signal.addEventListener('abort', close);
    return { redis, close };
  }

  /**
   * A signal that is aborted when the client is closed or the given signal is aborted. Each loop, mirror and stream gets its own, because
   * Node warns when more than ten listeners wait for one signal. @throws ArgumentError
   */
  #endSignal(signal?: AbortSignal): AbortSignal {
    checkSignal(signal);
    return anySignal(signal ? [this.#parts.signal, signal] : [this.#parts.signal]);
  }
}

function endedError({ id, state, error, clock }: SessionStatus): SessionEndedError {
  return new SessionEndedError(id, state, error ?? undefined, clock ? Date.parse(clock) : undefined);
}

/** The result of a call; undefined when the session does not exist. */
export async function ifFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    throw error;
  }
}
