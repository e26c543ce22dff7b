/** A client of the coordinator's API for tests. */
import type * as contract from '@barkeep/api';
import { checkAnswer } from './contract.js';

/** The answer to one call, whatever its status is. `body` is parsed JSON, or text when the answer is not JSON. */
export interface ApiAnswer<T> {
  status: number;
  headers: Headers;
  body: T;
}

export type Session = contract.SessionAnswer;
/** Counts of slots. The counts of rows are left out. */
export type Counts = Omit<Session['counts'], 'refused' | 'outside' | 'extended'>;
export type Consumer = contract.ConsumerAnswer;
export type Metrics = contract.MetricsAnswer;
export type Gap = contract.GapAnswer;
export type ApiBar = contract.AnsweredBar;

/** Calls one coordinator. Each answer, error answers included, is checked against the contract: a violation is thrown. */
export class Api {
  constructor(
    readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /** Makes one call. An answer of any status is returned, not thrown. @param body JSON text, or a value to send as JSON */
  async call<T = unknown>(method: string, path: string, body?: unknown): Promise<ApiAnswer<T>> {
    const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { ...json, ...this.headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
    const answer: unknown = isJson ? JSON.parse(text) : text;
    checkAnswer(method, path, response.status, answer);
    return { status: response.status, headers: response.headers, body: answer as T };
  }

  /** Like {@link call}, for a call that must succeed. */
  async ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The session in the operator's view: frontier, watermark, and counts up to the frontier. */
  session(id: string): Promise<Session> {
    return this.ok('GET', `/v1/sessions/${id}?view=operator`);
  }
  metrics(id: string, symbol: string, view: 'strategy' | 'operator' = 'strategy'): Promise<Metrics> {
    return this.ok('GET', `/v1/sessions/${id}/symbols/${encodeURIComponent(symbol)}/metrics?view=${view}`);
  }
  gaps(id: string, symbol: string): Promise<Gap[]> {
    return this.ok('GET', `/v1/sessions/${id}/symbols/${encodeURIComponent(symbol)}/gaps?view=operator`);
  }
  bars(id: string, symbol: string, query: string): Promise<ApiBar[]> {
    return this.ok('GET', `/v1/sessions/${id}/symbols/${encodeURIComponent(symbol)}/bars?${query}`);
  }
  async digest(id: string): Promise<string> {
    return (await this.ok<{ digest: string }>('GET', `/v1/sessions/${id}/digest`)).digest;
  }

  /** Creates and starts a session. @returns its id */
  async run(spec: object): Promise<string> {
    return (await this.ok<Session>('POST', '/v1/sessions?start=true', spec)).id;
  }

  /** Reads the session repeatedly until it satisfies `test`; fails after `boundMs` and shows the last answer. */
  until(id: string, test: (session: Session) => boolean, boundMs?: number): Promise<Session> {
    return this.eventually(() => this.session(id), test, boundMs);
  }

  /**
   * Calls `look` repeatedly, with short pauses, until the result satisfies `test`; fails after `boundMs` and shows the
   * last result.
   */
  async eventually<T>(look: () => T | Promise<T>, test: (seen: T) => boolean, boundMs = 30_000): Promise<T> {
    const deadline = Date.now() + boundMs;
    for (;;) {
      const seen = await look();
      if (test(seen)) return seen;
      if (Date.now() > deadline) throw new Error(`still not there after ${boundMs} ms: ${textOf(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Waits until the clock is at the end. @throws when the session failed, was lost, or was stopped */
  completed(id: string, boundMs?: number): Promise<Session> {
    return this.until(
      id,
      ({ state, error }) => {
        if (['failed', 'lost', 'stopped'].includes(state)) throw new Error(`session ${id} is ${state}: ${error}`);
        return state === 'completed';
      },
      boundMs,
    );
  }

  /** Waits until the session has completed and upkeep has nothing left to request. */
  settled(id: string, boundMs?: number): Promise<Session> {
    return this.until(
      id,
      ({ state, counts, watermark, frontier }) =>
        state === 'completed' && counts.absent === 0 && counts.missing === 0 && watermark === frontier,
      boundMs,
    );
  }
}

/** The JSON of a value, with the digits of each bigint, which JSON does not have. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}
