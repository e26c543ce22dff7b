/**
 * The coordinator's HTTP API, as far as the command line uses it. Every failure becomes a CliError that says what the
 * coordinator said; a coordinator that is being restarted is waited for. Holds no state.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import * as answers from './answers.js';

/** How long a coordinator that does not answer is waited for: another one takes over within 10 s. */
const AWAY_LIMIT_MS = 30_000;
const AWAY_RETRY_MS = 500;
const CALL_LIMIT_MS = 60_000;

/** The coordinator answered with a problem document. */
export class ApiError extends CliError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export type LifecycleCall = 'start' | 'pause' | 'resume' | 'stop' | 'upkeep';
export type BarsQuery = { interval?: string; last?: string; from?: string; to?: string; fill?: string };

export class CoordinatorClient {
  constructor(
    readonly baseUrl: string,
    private readonly apiKey: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /** Creates a session; the same id with the same spec again is the same session. */
  async create(spec: unknown): Promise<answers.SessionStatus> {
    return answers.readSession(await this.#call('POST', '/v1/sessions', spec));
  }

  async session(id: string): Promise<answers.SessionStatus> {
    return answers.readSession(await this.#call('GET', sessionPath(id)));
  }

  /** All sessions, page after page. */
  async sessions(): Promise<answers.SessionStatus[]> {
    const all: answers.SessionStatus[] = [];
    let cursor: string | undefined;
    do {
      const query: string = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = answers.readSessionPage(await this.#call('GET', `/v1/sessions${query}`));
      all.push(...page.sessions);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }

  async lifecycle(id: string, call: LifecycleCall): Promise<void> {
    await this.#call('POST', `${sessionPath(id)}/${call}`);
  }

  async remove(id: string): Promise<void> {
    await this.#call('DELETE', sessionPath(id));
  }

  async digest(id: string): Promise<answers.Digest> {
    return answers.readDigest(await this.#call('GET', `${sessionPath(id)}/digest`));
  }

  async metrics(id: string, symbol: string): Promise<answers.SymbolMetrics> {
    return answers.readMetrics(await this.#call('GET', `${symbolPath(id, symbol)}/metrics`));
  }

  async bars(id: string, symbol: string, query: BarsQuery): Promise<answers.BarAnswer[]> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = new URLSearchParams(given).toString();
    return answers.readBars(await this.#call('GET', `${symbolPath(id, symbol)}/bars?${search}`));
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const deadline = Date.now() + AWAY_LIMIT_MS;
    for (;;) {
      const answer = await this.#fetch(method, path, body);
      if (answer instanceof Response && answer.status !== 503) return readAnswer(answer);
      if (Date.now() > deadline) {
        if (answer instanceof Response) return readAnswer(answer);
        throw new CliError(`expected a coordinator at ${this.baseUrl}, was: ${reasonOf(answer)}`, 1, { cause: answer });
      }
      await delay(AWAY_RETRY_MS, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
    }
  }

  /** The answer, or the error when there was none. */
  async #fetch(method: string, path: string, body: unknown): Promise<Response | Error> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.apiKey !== undefined) headers['authorization'] = `Bearer ${this.apiKey}`;
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(CALL_LIMIT_MS)]);
    try {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      return await fetch(this.baseUrl.replace(/\/$/, '') + path, { method, headers, body: sent, signal });
    } catch (error) {
      this.signal.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

function sessionPath(id: string): string {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}

function symbolPath(id: string, symbol: string): string {
  return `${sessionPath(id)}/symbols/${encodeURIComponent(symbol)}`;
}

async function readAnswer(answer: Response): Promise<unknown> {
  const text = await answer.text();
  const value = parseJson(text);
  if (answer.ok) return value;
  throw new ApiError(problemText(answer.status, value), answer.status);
}

/** One line from a problem document (RFC 9457), with the fields that it names. */
function problemText(status: number, value: unknown): string {
  const problem: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {};
  const said = [problem['detail'], problem['title']].find((part) => typeof part === 'string');
  return `${said ?? 'no further word'} (HTTP ${status})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
