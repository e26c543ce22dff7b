/**
 * The session of one schedule, with its consumers and its feeder. It calls the API as a careful user does: it uses all
 * coordinators in turn, and repeats a call until the answer is a success or a final refusal (I13).
 * docs/ARCHITECTURE.md lists the invariants, such as I13.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bar } from '@barkeep/bars';
import { Api, type ApiAnswer, type Metrics, type Session } from '../support/system/api.js';
import { type BarsBySymbol, holey, marketBars } from '../support/data/market.js';
import { DATES, KINDS, type Kind, type KindName, SYMBOLS } from './kinds.js';
import type { Lab } from './lab/lab.js';
import type { LabProcess } from './lab/process.js';

/** How long a call is repeated. */
const CALL_LIMIT_MS = 120_000;
/** How long one attempt may take: longer than the time after which the API itself answers 503. */
const ATTEMPT_LIMIT_MS = 35_000;
const RETRY_MS = 200;
/** How long a consumer works in each step. */
const STEP_WORK_MS = 2;
/** How long a feeder waits after each hour of bars. */
const FEED_PAUSE_MS = 150;
/** Share of the bars that a feeder does not send. */
const FEED_HOLES = 0.03;

/** A call was refused, or not answered in time. */
export class CallError extends Error {
  override readonly name = 'CallError';
}

export class SessionUnderTest {
  readonly consumers: LabProcess[] = [];
  feeder: LabProcess | undefined;
  readonly kind: Kind;
  /** Number of attempts so far; it decides which coordinator is called next. */
  private attempts = 0;

  constructor(
    readonly lab: Lab,
    readonly id: string,
    kind: KindName,
  ) {
    this.kind = KINDS[kind];
  }

  /** The user's programs: its consumers, and its feeder if it has one. */
  get programs(): LabProcess[] {
    return [...this.consumers, ...(this.feeder ? [this.feeder] : [])];
  }

  /** Redis pattern of all keys of its store. */
  get keyPattern(): string {
    return `${this.lab.sessionPrefix}:{${this.id}:*`;
  }

  metaKey(partition: number): string {
    return `${this.lab.sessionPrefix}:{${this.id}:${partition}}:meta`;
  }

  /** Creates and starts it, with its consumers and its feeder. */
  async begin(): Promise<void> {
    await this.create();
    await this.startPrograms();
  }

  status(): Promise<Session> {
    return this.ok('GET', '');
  }
  async digest(): Promise<string> {
    return (await this.ok<{ digest: string }>('GET', '/digest')).digest;
  }
  metrics(symbol: string): Promise<Metrics> {
    return this.ok('GET', `/symbols/${symbol}/metrics`);
  }

  /** Changes its state. A refusal because of its present state (409) is accepted. */
  async steer(call: 'start' | 'pause' | 'resume' | 'stop' | 'upkeep'): Promise<void> {
    await this.ok('POST', `/${call}`, [409]);
  }
  /** Adds a symbol. The refusal of a session that has ended (409) is accepted. */
  async addSymbol(symbol: string): Promise<void> {
    await this.ok('POST', `/symbols/${symbol}`, [409]);
  }
  async removeSymbol(symbol: string): Promise<void> {
    await this.ok('DELETE', `/symbols/${symbol}`, [404]);
  }
  /** Removes it, and creates and starts another session with the same id. */
  async recreate(): Promise<void> {
    await this.remove();
    await this.create();
  }
  async remove(): Promise<void> {
    await this.ok('DELETE', '', [404]);
  }
  /** Sends all bars again. */
  async feedAgain(): Promise<void> {
    await this.feeder!.end('SIGKILL');
    await this.feeder!.start();
  }

  /** The coordinator that streams it now; undefined when there is none or the session Redis does not answer. */
  async owner(): Promise<LabProcess | undefined> {
    // The field's value is `HOST:PID:START`.
    const owner = await this.lab.redis.session.client.hget(this.metaKey(0), 'owner').catch(() => null);
    const pid = Number(owner?.split(':').at(-2));
    return this.lab.coordinators.find((process) => process.pid === pid);
  }

  private async create(): Promise<void> {
    const spec = { ...this.kind.spec, id: this.id };
    await this.request('POST', '/v1/sessions', spec);
    await this.steer('start');
  }

  private async startPrograms(): Promise<void> {
    for (let i = 1; i <= this.kind.consumers; i++) {
      const argument = { session: this.id, consumer: `consumer-${i}`, every: '1m', workMs: STEP_WORK_MS };
      this.consumers.push(await this.lab.program(`${this.id}-consumer-${i}`, 'consumer.mjs', argument));
    }
    if (this.kind.isFed) {
      const file = join(this.lab.folder, 'feed.json');
      writeFileSync(file, JSON.stringify(Object.fromEntries(fedBars())));
      const argument = { session: this.id, file, pauseMs: FEED_PAUSE_MS };
      this.feeder = await this.lab.program(`${this.id}-feeder`, 'feeder.mjs', argument);
    }
    await Promise.all(this.programs.map((program) => program.start()));
  }

  /** Calls a path under the session. @param accepted see {@link request} */
  private ok<T>(method: string, path: string, accepted: readonly number[] = []): Promise<T> {
    return this.request(method, `/v1/sessions/${this.id}${path}`, undefined, accepted);
  }

  /**
   * Repeats a call until the answer is a success or a final refusal.
   * @param accepted statuses of refusals that count as a success
   * @throws CallError for another final refusal, and when no answer is final within the time limit
   */
  private async request<T>(method: string, path: string, body?: unknown, accepted: readonly number[] = []): Promise<T> {
    const deadline = Date.now() + CALL_LIMIT_MS;
    let failure = '';
    while (Date.now() <= deadline) {
      const answer = await this.attempt<T>(method, path, body);
      if ('error' in answer) failure = answer.error;
      else {
        const isSuccess = answer.status < 300;
        if (isSuccess || accepted.includes(answer.status)) return answer.body;
        failure = `${answer.status} ${JSON.stringify(answer.body)}`;
        if (isFinalRefusal(answer.status)) throw new CallError(`${method} ${path}: ${failure}`);
      }
      await delay(RETRY_MS);
    }
    throw new CallError(`${method} ${path}: no answer in ${CALL_LIMIT_MS} ms, last ${failure}`);
  }

  /** Calls the next coordinator once. @returns the answer of any status, or the error when there is none */
  private async attempt<T>(method: string, path: string, body: unknown): Promise<ApiAnswer<T> | { error: string }> {
    const coordinator = this.nextCoordinator();
    if (!coordinator) return { error: 'no coordinator is live' };
    const timeout = delay(ATTEMPT_LIMIT_MS, { error: 'no answer' }, { ref: false });
    const call = new Api(coordinator.url!).call<T>(method, path, body);
    return Promise.race([call.catch((error: unknown) => ({ error: String(error) })), timeout]);
  }

  /** The live coordinators in turn; undefined while there is none. */
  private nextCoordinator(): LabProcess | undefined {
    const live = this.lab.coordinators.filter((process) => process.isLive);
    return live[this.attempts++ % Math.max(1, live.length)];
  }
}

/** Whether to give up after a refusal. A coordinator that is overloaded or lacks a server may accept a repeated call. */
function isFinalRefusal(status: number): boolean {
  return status < 500 && status !== 429;
}

/** The bars that a feeder sends, by symbol: a market with holes, up to the last date of the fed session. */
function fedBars(): BarsBySymbol {
  const market = holey(marketBars({ ...DATES, symbols: SYMBOLS, seed: 7 }), FEED_HOLES, 9);
  const end = String(KINDS.fed.spec['end']);
  const isUpToEnd = ({ openTime }: Bar): boolean => new Date(openTime).toISOString().slice(0, 10) <= end;
  return new Map([...market].map(([symbol, bars]) => [symbol, bars.filter(isUpToEnd)]));
}
