/** The coordinator's HTTP API. Calls are repeated while a coordinator restarts. */
import * as api from '@barkeep/api';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { View } from '@barkeep/session-data';
import { z } from 'zod';
import { CoordinatorUnreachableError, ExportBrokenError } from '../errors.js';
import * as answers from './answers.js';
import { ApiProblemError } from './errors.js';
import { checked, readAnswer, withRaw } from './read-answer.js';

/** How long a call is repeated while no coordinator answers, ms. Another coordinator takes over within 10 s. */
const AWAY_LIMIT_MS = 30_000;
/** Time between a failed attempt and the next one, ms. */
const AWAY_RETRY_MS = 500;
/** The longest time of one attempt, ms. */
const ATTEMPT_LIMIT_MS = 60_000;
/** Symbols whose metrics are requested at the same time. */
const METRICS_AT_ONCE = 8;

/** The calls that change the state of a session. */
export type LifecycleCall = 'start' | 'pause' | 'resume' | 'stop';
/** Which bars to read: the `last` ones, or a range. */
export type BarsQuery = {
  /** Such as `5m`; the base interval when it is left out. */
  interval?: string;
  /** How many of the newest bars. */
  last?: string;
  /** Open time of the first bar, ISO 8601 or epoch ms. */
  from?: string;
  /** End of the range, exclusive, ISO 8601 or epoch ms. */
  to?: string;
  /** `forward` shows empty slots with the last close. */
  fill?: string;
};

/** Which bars to export, and how. */
export type ExportSelection = Pick<BarsQuery, 'interval' | 'from' | 'to'> & {
  /** @default `csv` */
  format?: 'csv' | 'ndjson';
  /** Symbols, separated by commas; all symbols when it is left out. */
  symbols?: string;
};

/** The body of a request. */
interface Content {
  type: 'application/json' | 'application/x-ndjson';
  text: string;
  headers?: Record<string, string>;
}

/**
 * Calls one coordinator. Every method throws {@link ApiProblemError}, {@link CoordinatorUnreachableError},
 * `UnexpectedAnswerError`, or the reason of the client's signal.
 */
export class CoordinatorClient {
  constructor(
    /** Where the coordinator serves, such as `http://127.0.0.1:3000`. */
    readonly baseUrl: string,
    private readonly apiKey: string | undefined,
    private readonly signal: AbortSignal,
    /** `operator`: sessions and gaps are shown up to the frontier instead of the clock, if the key allows that. */
    private view: View = 'strategy',
  ) {}

  /**
   * Creates a session from a spec (docs/api.md). A second call with the same id and the same spec returns the same session.
   * @param options `start: true` starts it at once
   */
  async create(spec: unknown, { start = false } = {}): Promise<answers.SessionStatus> {
    // The client repeats a call whose answer was lost. Without an id or a key the repeated call would create a second session.
    const hasId = typeof spec === 'object' && spec !== null && 'id' in spec && spec.id !== undefined;
    const headers: Record<string, string> = hasId ? {} : { 'idempotency-key': randomUUID() };
    const content: Content = { type: 'application/json', text: JSON.stringify(spec), headers };
    const query = queryString({ start: start ? 'true' : undefined });
    return statusOf(await this.#call('POST', `/v1/sessions${query}`, content));
  }

  /** State, clock, progress and counts of a session. */
  async session(id: string): Promise<answers.SessionStatus> {
    return statusOf(await this.#read(sessionPath(id)));
  }

  /** All sessions, newest first. */
  async sessions(): Promise<answers.SessionStatus[]> {
    const statuses: answers.SessionStatus[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = checked(api.sessionPageAnswer, await this.#read(`/v1/sessions${queryString({ cursor })}`));
      statuses.push(...page.sessions.map(sessionStatus));
      if (page.nextCursor === null) return statuses;
      cursor = page.nextCursor;
    }
  }

  /** Starts, pauses, resumes or stops a session. */
  async lifecycle(id: string, call: LifecycleCall): Promise<answers.SessionStatus> {
    return statusOf(await this.#call('POST', `${sessionPath(id)}/${call}`));
  }

  /** Starts an upkeep round now. */
  async upkeep(id: string): Promise<void> {
    await this.#call('POST', `${sessionPath(id)}/upkeep`);
  }

  /** Stops a session and removes all its data. */
  async remove(id: string): Promise<void> {
    await this.#call('DELETE', sessionPath(id));
  }

  /** SHA-256 over all stored bars. */
  async digest(id: string): Promise<answers.Digest> {
    const digest = await this.#call('GET', `${sessionPath(id)}/digest`);
    return withRaw(checked(api.digestAnswer, digest));
  }

  /** The certificate: the digest, chained by trading day. */
  async certificate(id: string): Promise<answers.Certificate> {
    return answers.readCertificate(await this.#call('GET', `${sessionPath(id)}/certificate`));
  }

  /** Quality and counts of one symbol. @param options `date`: only of this trading day, `YYYY-MM-DD` */
  async metrics(id: string, symbol: string, { date }: { date?: string } = {}): Promise<answers.SymbolMetrics> {
    const metrics = await this.#call('GET', `${symbolPath(id, symbol)}/metrics${queryString({ date })}`);
    return withRaw(checked(api.metricsAnswer, metrics));
  }

  /** The metrics of every symbol of a session, in the session's order. @param options as in {@link metrics} */
  async allMetrics(
    { id, symbols }: Pick<answers.SessionStatus, 'id' | 'symbols'>,
    options: { date?: string } = {},
  ): Promise<answers.SymbolMetrics[]> {
    const metrics: answers.SymbolMetrics[] = [];
    for (let from = 0; from < symbols.length; from += METRICS_AT_ONCE) {
      const group = symbols.slice(from, from + METRICS_AT_ONCE);
      metrics.push(...(await Promise.all(group.map((symbol) => this.metrics(id, symbol, options)))));
    }
    return metrics;
  }

  /** Gaps of one symbol, oldest first, before the clock or, in the operator's view, before the frontier. */
  async gaps(id: string, symbol: string): Promise<answers.GapAnswer[]> {
    return checked(z.array(api.gapAnswer), await this.#read(`${symbolPath(id, symbol)}/gaps`));
  }

  /** Adds a symbol. */
  async addSymbol(id: string, symbol: string): Promise<void> {
    await this.#call('POST', symbolPath(id, symbol));
  }

  /** Removes a symbol and all its data. */
  async removeSymbol(id: string, symbol: string): Promise<void> {
    await this.#call('DELETE', symbolPath(id, symbol));
  }

  /** Removes a consumer and its position. */
  async removeConsumer(id: string, name: string): Promise<void> {
    await this.#call('DELETE', `${sessionPath(id)}/consumers/${encodeURIComponent(name)}`);
  }

  /** Bars of one symbol, oldest first. */
  async bars(id: string, symbol: string, query: BarsQuery): Promise<answers.BarAnswer[]> {
    return answers.readBars(await this.#call('GET', `${symbolPath(id, symbol)}/bars${queryString(query)}`));
  }

  /**
   * The text of a file with the bars of a session up to its clock, symbol after symbol, oldest first. The coordinator
   * reads as fast as the caller takes the text. @throws ExportBrokenError
   */
  async *export(id: string, query: ExportSelection): AsyncGenerator<string> {
    const path = `${sessionPath(id)}/export${queryString(query)}`;
    const response = await this.#repeat(async () => {
      // The limit is for the status and for the text of an error: the file itself may take any time.
      const limit = new AbortController();
      const timer = setTimeout(
        () => limit.abort(new DOMException('no answer in time', 'TimeoutError')),
        ATTEMPT_LIMIT_MS,
      );
      try {
        const answer = await this.#fetch('GET', path, undefined, AbortSignal.any([this.signal, limit.signal]));
        if (!answer.ok) await readAnswer(answer); // throws
        return answer;
      } finally {
        clearTimeout(timer);
      }
    });
    try {
      yield* response.body!.pipeThrough(new TextDecoderStream());
    } catch (error) {
      this.signal.throwIfAborted();
      throw new ExportBrokenError(id, error);
    }
  }

  /**
   * Feeds bars of one symbol to a session whose source is `feed`. Sending them again is harmless.
   * @param ndjson one bar per line
   * @param throughMs the stream is complete up to this time, epoch ms, even where it has no bars
   * @param seen `stored` of an earlier answer: when the store has fewer bars, the call is refused and stores nothing
   * @throws FedBarsLostError when the session Redis lost bars
   */
  async feed(
    id: string,
    symbol: string,
    ndjson: string,
    throughMs?: number,
    seen?: number,
  ): Promise<answers.FeedAnswer> {
    // As ISO 8601, because the coordinator refuses a number that would be a time before 1990.
    const through = throughMs === undefined ? undefined : api.isoTime(throughMs);
    const query = queryString({ through, seen: seen?.toString() });
    const content: Content = { type: 'application/x-ndjson', text: ndjson };
    return checked(api.fedAnswer, await this.#call('POST', `${symbolPath(id, symbol)}/bars${query}`, content));
  }

  /** Ends the stream of a symbol: no more bars of it will be fed. @param seen as in {@link feed} @throws as {@link feed} */
  async endFeed(id: string, symbol: string, seen?: number): Promise<void> {
    await this.#call('POST', `${symbolPath(id, symbol)}/end${queryString({ seen: seen?.toString() })}`);
  }

  /** Reads in the client's view. A key that may not see the operator's view gets the strategy's view from then on. */
  async #read(path: string): Promise<unknown> {
    if (this.view === 'operator') {
      try {
        return await this.#call('GET', `${path}${path.includes('?') ? '&' : '?'}view=operator`);
      } catch (error) {
        if (!(error instanceof ApiProblemError) || error.status !== 403) throw error;
        this.view = 'strategy'; // later reads need not try, as the key stays the same
      }
    }
    return this.#call('GET', path);
  }

  #call(method: string, path: string, content?: Content): Promise<unknown> {
    return this.#repeat(async () => {
      const signal = AbortSignal.any([this.signal, AbortSignal.timeout(ATTEMPT_LIMIT_MS)]);
      return readAnswer(await this.#fetch(method, path, content, signal));
    });
  }

  /** Repeats an attempt that got no complete answer, or a 503, until a coordinator is ready or the time is up. */
  async #repeat<T>(attempt: () => Promise<T>): Promise<T> {
    let deadline: number | undefined;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const isProblem = error instanceof ApiProblemError;
        if (isProblem && error.status !== 503) throw error;
        this.signal.throwIfAborted();
        // The limit counts from the end of the first attempt, which may itself have taken ATTEMPT_LIMIT_MS.
        deadline ??= Date.now() + AWAY_LIMIT_MS;
        if (Date.now() > deadline) {
          throw isProblem ? error : new CoordinatorUnreachableError(this.baseUrl, error as Error);
        }
      }
      // `delay` rejects with an AbortError; the caller gets the signal's own reason.
      await delay(AWAY_RETRY_MS, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
    }
  }

  /** Sends one request. @param signal also ends the reading of the answer's body */
  #fetch(method: string, path: string, content: Content | undefined, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json', ...content?.headers };
    if (content !== undefined) headers['content-type'] = content.type;
    if (this.apiKey !== undefined) headers['authorization'] = `Bearer ${this.apiKey}`;
    return fetch(this.baseUrl.replace(/\/$/, '') + path, { method, headers, body: content?.text, signal });
  }
}

function statusOf(answer: unknown): answers.SessionStatus {
  return sessionStatus(checked(api.sessionAnswer, answer));
}

/** Adds `repairs` and `raw` to a session. */
function sessionStatus(session: api.SessionAnswer): answers.SessionStatus {
  const { backfill, upkeep } = session.spec;
  return { ...withRaw(session), repairs: backfill.length > 0 && upkeep.enabled };
}

function sessionPath(id: string): string {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}

function symbolPath(id: string, symbol: string): string {
  return `${sessionPath(id)}/symbols/${encodeURIComponent(symbol)}`;
}

/** The query string with its question mark; empty when no parameter has a value. */
function queryString(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
