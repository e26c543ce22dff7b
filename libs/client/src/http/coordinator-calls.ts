/** Sends calls to one coordinator, and repeats them while it restarts. Knows no routes. */
import { AWAY_STATUSES } from '@barkeep/api';
import { anySignal } from '@barkeep/bars';
import { errorCode, tlsProblem } from '@barkeep/service';
import { coordinatorAddress } from '../coordinator-address.js';
import { ApiKeyError, CoordinatorUnreachableError } from '../errors.js';
import { pause } from '../pause.js';
import { ApiProblemError } from './errors.js';
import { readAnswer } from './read-answer.js';

/** How long a call is repeated while no coordinator answers, ms. Another coordinator takes over within 10 s. */
const AWAY_LIMIT_MS = 30_000;
/** Time between a failed attempt and the next one, ms. */
const AWAY_RETRY_MS = 500;
/** The longest time of one attempt, ms. */
const ATTEMPT_LIMIT_MS = 60_000;
/** That of a long call, ms. Node's `fetch` waits as long for an answer. */
const LONG_ATTEMPT_LIMIT_MS = 300_000;

/** A request. Every call of this API may be repeated without harm. */
interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** The path with its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** True for a call that reads all bars of a session: the coordinator sets no deadline for its answer. */
  isLong?: boolean;
}

/** Every method throws {@link ApiProblemError}, {@link CoordinatorUnreachableError}, or the reason of the client's signal. */
export class CoordinatorCalls {
  /** Address of the coordinator, without a slash at its end. */
  readonly address: string;
  readonly #headers = new Headers({ accept: 'application/json' });
  readonly #signal: AbortSignal;
  /** The attempts that have no complete answer yet. */
  readonly #attempts = new Set<AbortController>();

  /** @throws CoordinatorAddressError, ApiKeyError */
  constructor(address: string, apiKey: string | undefined, signal: AbortSignal) {
    this.address = coordinatorAddress(address);
    this.#signal = anySignal([signal]);
    // One listener aborts all attempts. If each attempt had a signal that follows `signal`, Node before 24 would keep all of these signals.
    this.#signal.addEventListener('abort', () => this.#attempts.forEach((attempt) => attempt.abort(signal.reason)));
    try {
      if (apiKey !== undefined) this.#headers.set('authorization', `Bearer ${apiKey}`);
    } catch {
      throw new ApiKeyError(); // without the cause, whose message has the key
    }
  }

  /**
   * Sends a call. @returns the parsed body of the answer; undefined when the body is not JSON
   * @param ifDone called when a repeated attempt is refused, maybe because an earlier one, whose answer was lost, has done what the call
   *   asks for: returns the answer in that case, otherwise throws the refusal
   */
  json(call: Call, ifDone?: (refusal: ApiProblemError) => unknown): Promise<unknown> {
    let mayBeDone = false;
    return this.#repeat(call, async (signal) => {
      try {
        return await readAnswer(await this.#fetch(call, signal));
      } catch (error) {
        const isRefusal = error instanceof ApiProblemError && !AWAY_STATUSES.has(error.status);
        if (mayBeDone && ifDone && isRefusal) return await ifDone(error);
        mayBeDone ||= errorCode((error as Error).cause) !== 'ECONNREFUSED'; // a refused connection sends nothing
        throw error;
      }
    });
  }

  /** Sends a call whose answer is a file. @returns the response, whose body the caller reads without a time limit */
  file(call: Call): Promise<Response> {
    return this.#repeat(call, async (signal) => {
      // The attempt ends before the caller reads the body, so the client's signal must reach the request itself.
      const response = await this.#fetch(call, anySignal([this.#signal, signal]));
      if (!response.ok) await readAnswer(response); // throws
      return response;
    });
  }

  /**
   * Repeats an attempt that got no complete answer, or a status of {@link AWAY_STATUSES}, until one succeeds or the time is up.
   * @param attempt gets a signal that aborts with the client's signal, and after a time limit
   */
  async #repeat<T>({ isLong }: Call, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limitMs = isLong ? LONG_ATTEMPT_LIMIT_MS : ATTEMPT_LIMIT_MS;
    let deadline: number | undefined;
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        return await this.#withLimit(limitMs, attempt);
      } catch (error) {
        const isProblem = error instanceof ApiProblemError;
        if (isProblem && !AWAY_STATUSES.has(error.status)) throw error;
        this.#signal.throwIfAborted();
        // The limit counts from the end of the first attempt, which may itself have taken `limitMs`.
        deadline ??= Date.now() + AWAY_LIMIT_MS;
        if (Date.now() > deadline || isLasting(error as Error)) {
          const isOfCoordinator = isProblem && error.kind !== ''; // an answer of a proxy has no kind
          throw isOfCoordinator ? error : new CoordinatorUnreachableError(this.address, error as Error);
        }
      }
      await pause(AWAY_RETRY_MS, this.#signal);
    }
  }

  async #withLimit<T>(limitMs: number, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const onLimit = (): void => controller.abort(new DOMException('no answer in time', 'TimeoutError'));
    const timer = setTimeout(onLimit, limitMs);
    this.#attempts.add(controller);
    try {
      return await attempt(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#attempts.delete(controller);
    }
  }

  /** Sends one request. @param signal also ends the reading of the answer's body */
  #fetch({ method, path, headers, body }: Call, signal: AbortSignal): Promise<Response> {
    return fetch(this.address + path, {
      method,
      headers: { ...Object.fromEntries(this.#headers), ...headers },
      body,
      signal,
    });
  }
}

/** Whether another attempt would fail as well: the TLS is wrong, or `fetch` refuses the port, such as 6000, by the Fetch standard. */
function isLasting(error: Error): boolean {
  const failure = (error.cause ?? error) as Error; // in Node the cause has the reason
  return tlsProblem(failure) !== undefined || failure.message === 'bad port';
}
