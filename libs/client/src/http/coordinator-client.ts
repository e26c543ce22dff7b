/** The routes of the coordinator's HTTP API that programs use. */
import * as api from '@barkeep/api';
import { randomUUID } from 'node:crypto';
import type { View } from '@barkeep/session-data';
import { z } from 'zod';
import { ArgumentError, ExportBrokenError } from '../errors.js';
import { mapLimited } from '../map-limited.js';
import * as answers from './answers.js';
import { CoordinatorCalls } from './coordinator-calls.js';
import { ApiProblemError, SymbolNotFoundError } from './errors.js';
import { checked, withRaw } from './read-answer.js';

/** Symbols whose metrics are requested at the same time. */
const METRICS_AT_ONCE = 8;

/** The calls that change the state of a session. */
export type LifecycleCall = 'start' | 'pause' | 'resume' | 'stop';

/** Which bars to read: the `last` ones, or a range. The values are the texts of query parameters. */
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

type Query = Readonly<Record<string, string | undefined>>;

/**
 * Calls one coordinator. Every method throws {@link ApiProblemError}, `CoordinatorUnreachableError`, `UnexpectedAnswerError`,
 * `ArgumentError` for a name that no URL can have, or the reason of the client's signal.
 */
export class CoordinatorClient {
  readonly #calls: CoordinatorCalls;
  readonly #signal: AbortSignal;
  #view: View;

  /**
   * @param baseUrl where the coordinator serves, such as `http://127.0.0.1:3000`
   * @param signal ends pending and later calls
   * @param view `operator`: sessions and gaps are shown up to the frontier instead of the clock, if the key allows that
   * @throws CoordinatorAddressError, ApiKeyError
   */
  constructor(baseUrl: string, apiKey: string | undefined, signal: AbortSignal, view: View = 'strategy') {
    this.#calls = new CoordinatorCalls(baseUrl, apiKey, signal);
    this.#signal = signal;
    this.#view = view;
  }

  /** Where the coordinator serves. */
  get baseUrl(): string {
    return this.#calls.address;
  }

  /**
   * Creates a session from a spec (docs/api.md). A second call with the same id and the same spec returns the same session.
   * @param options `start: true` starts it at once
   */
  async create(spec: unknown, { start = false } = {}): Promise<answers.SessionStatus> {
    // The client repeats a call whose answer was lost. Without an id or an idempotency key the repetition would create a second session.
    const hasId = typeof spec === 'object' && spec !== null && 'id' in spec && spec.id !== undefined;
    const headers: Record<string, string> = hasId ? {} : { 'idempotency-key': randomUUID() };
    const path = `/v1/sessions${queryString({ start: start ? 'true' : undefined })}`;
    return statusOf(await this.#post(path, { type: 'application/json', text: JSON.stringify(spec) }, headers));
  }

  /** State, clock, progress and counts of a session. */
  async session(id: string): Promise<answers.SessionStatus> {
    return statusOf(await this.#getInView(sessionPath(id)));
  }

  /** All sessions, newest first. */
  async sessions(): Promise<answers.SessionStatus[]> {
    const statuses: answers.SessionStatus[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = checked(api.sessionPageAnswer, await this.#getInView('/v1/sessions', { cursor }));
      statuses.push(...page.sessions.map(sessionStatus));
      if (page.nextCursor === null) return statuses;
      cursor = page.nextCursor;
    }
  }

  /** Starts, pauses, resumes or stops a session. */
  async lifecycle(id: string, call: LifecycleCall): Promise<answers.SessionStatus> {
    const path = `${sessionPath(id)}/${call}`;
    const ifCompleted = async (refusal: ApiProblemError): Promise<unknown> => {
      const status = await this.session(id);
      if (status.state === 'completed') return status.raw; // it was started, and has reached its end since
      throw refusal;
    };
    return statusOf(await this.#calls.json({ method: 'POST', path }, ifCompleted));
  }

  /** Starts an upkeep round now. */
  async upkeep(id: string): Promise<void> {
    await this.#post(`${sessionPath(id)}/upkeep`);
  }

  /** Stops a session and removes all its data. */
  async remove(id: string): Promise<void> {
    await this.#delete(sessionPath(id));
  }

  /** SHA-256 over the bars of all days that the clock has closed. */
  async digest(id: string): Promise<answers.Digest> {
    const answer = await this.#calls.json({ method: 'GET', path: `${sessionPath(id)}/digest`, isLong: true });
    return withRaw(checked(api.digestAnswer, answer));
  }

  /** The certificate: the digest, chained by trading day. */
  async certificate(id: string): Promise<answers.Certificate> {
    const answer = await this.#calls.json({ method: 'GET', path: `${sessionPath(id)}/certificate`, isLong: true });
    return answers.readCertificate(answer);
  }

  /** Quality and counts of one symbol. @param options `date`: only of this trading day, `YYYY-MM-DD` */
  async metrics(id: string, symbol: string, { date }: { date?: string } = {}): Promise<answers.SymbolMetrics> {
    return withRaw(checked(api.metricsAnswer, await this.#get(`${symbolPath(id, symbol)}/metrics`, { date })));
  }

  /**
   * The metrics of every symbol of a session, in the session's order. Leaves out symbols that cannot be read: they are joining, or have
   * left since `symbols` was read. @param options as in {@link metrics}
   */
  async allMetrics(
    { id, symbols }: Pick<answers.SessionStatus, 'id' | 'symbols'>,
    options: { date?: string } = {},
  ): Promise<answers.SymbolMetrics[]> {
    const noneIfUnreadable = (error: unknown): [] => {
      if (error instanceof SymbolNotFoundError) return [];
      throw error;
    };
    const read = (symbol: string) => this.metrics(id, symbol, options).catch(noneIfUnreadable);
    return (await mapLimited(symbols, METRICS_AT_ONCE, read)).flat();
  }

  /** Gaps of one symbol, oldest first, before the clock or, in the operator's view, before the frontier. */
  async gaps(id: string, symbol: string): Promise<answers.GapAnswer[]> {
    return checked(z.array(api.gapAnswer), await this.#getInView(`${symbolPath(id, symbol)}/gaps`));
  }

  /** Adds a symbol. */
  async addSymbol(id: string, symbol: string): Promise<void> {
    await this.#post(symbolPath(id, symbol));
  }

  /** Removes a symbol and all its data. */
  async removeSymbol(id: string, symbol: string): Promise<void> {
    await this.#delete(symbolPath(id, symbol));
  }

  /** Removes a consumer and its position. */
  async removeConsumer(id: string, name: string): Promise<void> {
    await this.#delete(`${sessionPath(id)}/consumers/${segment('consumer', name)}`);
  }

  /** Bars of one symbol, oldest first. Bars of a range are read page by page. */
  async bars(id: string, symbol: string, query: BarsQuery): Promise<answers.BarAnswer[]> {
    const end = api.parseTime(query.to ?? '') ?? Infinity;
    const bars: answers.BarAnswer[] = [];
    let { from } = query;
    for (;;) {
      const page = answers.readBars(await this.#get(`${symbolPath(id, symbol)}/bars`, { ...query, from }));
      bars.push(...page);
      const isFull = page.length === api.BARS_MAX;
      const { closeTime = '' } = page.at(-1) ?? {};
      if (from === undefined || !isFull || Date.parse(closeTime) >= end) return bars;
      from = closeTime;
    }
  }

  /** When the first trading day of a session opens, epoch ms; the days of its history do not count. */
  async sessionStart(id: string): Promise<number> {
    const { days } = checked(api.layoutAnswer, await this.#get(`${sessionPath(id)}/layout`));
    return Date.parse(days.find(({ isHistory }) => !isHistory)!.segments[0]!.open); // a session has at least one day
  }

  /**
   * The text of a file with the bars of a session up to its clock, symbol after symbol, oldest first. The coordinator
   * reads as fast as the caller takes the text. @throws ExportBrokenError
   */
  async *export(id: string, query: ExportSelection): AsyncGenerator<string> {
    const path = `${sessionPath(id)}/export${queryString(query)}`;
    const response = await this.#calls.file({ method: 'GET', path });
    try {
      yield* response.body!.pipeThrough(new TextDecoderStream());
    } catch (error) {
      this.#signal.throwIfAborted(); // an aborted client is not a broken export
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
    const path = `${symbolPath(id, symbol)}/bars${queryString({ through, seen: seen?.toString() })}`;
    return checked(api.fedAnswer, await this.#post(path, { type: 'application/x-ndjson', text: ndjson }));
  }

  /** Ends the stream of a symbol: no more bars of it will be fed. @param seen as in {@link feed} @throws as {@link feed} */
  async endFeed(id: string, symbol: string, seen?: number): Promise<void> {
    await this.#post(`${symbolPath(id, symbol)}/end${queryString({ seen: seen?.toString() })}`);
  }

  /** Whether the answers are those of the operator's view: the client was created for it, and its key allows it. */
  async isOperator(): Promise<boolean> {
    await this.#getInView('/v1/sessions', { limit: '1' });
    return this.#view === 'operator';
  }

  /** Reads in the client's view. A key that may not see the operator's view gets the strategy's view from then on. */
  async #getInView(path: string, query: Query = {}): Promise<unknown> {
    if (this.#view === 'operator') {
      try {
        return await this.#get(path, { ...query, view: 'operator' });
      } catch (error) {
        if (!(error instanceof ApiProblemError) || error.status !== 403) throw error;
        this.#view = 'strategy'; // later reads need not try, as the key stays the same
      }
    }
    return this.#get(path, query);
  }

  #get(path: string, query: Query = {}): Promise<unknown> {
    return this.#calls.json({ method: 'GET', path: path + queryString(query) });
  }

  #delete(path: string): Promise<unknown> {
    return this.#calls.json({ method: 'DELETE', path }, (refusal) => {
      if (refusal.status !== 404) throw refusal;
    });
  }

  #post(path: string, content?: { type: string; text: string }, headers?: Record<string, string>): Promise<unknown> {
    const type = content && { 'content-type': content.type };
    return this.#calls.json({ method: 'POST', path, headers: { ...headers, ...type }, body: content?.text });
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
  return `/v1/sessions/${segment('session', id)}`;
}

function symbolPath(id: string, symbol: string): string {
  return `${sessionPath(id)}/symbols/${segment('symbol', symbol)}`;
}

/**
 * A name as a segment of a path. A URL drops the segments `.` and `..`, so that the call would reach another resource: to remove
 * the symbol `..` would delete the session. @throws ArgumentError
 */
function segment(what: string, name: string): string {
  if (['', '.', '..'].includes(name)) throw new ArgumentError(what, 'a name', name);
  return encodeURIComponent(name);
}

/** The query string with its question mark; empty when no parameter has a value. */
function queryString(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
