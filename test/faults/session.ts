/**
 * The session of one schedule, with its consumers and its feeder. Calls the API as a careful user does: through any coordinator, and it
 * repeats a call until the answer is a success or a final refusal (I13).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Api, type ApiAnswer, type Metrics, type Session } from '../support/system/api.js';
import { holey, marketBars } from '../support/data/market.js';
import { DATES, KINDS, type Kind, type KindName, SYMBOLS } from './kinds.js';
import type { Lab } from './lab/lab.js';
import type { LabProcess } from './lab/process.js';

const CALL_LIMIT_MS = 120_000;
/** Longer than the time after which the API itself answers 503. */
const ATTEMPT_LIMIT_MS = 35_000;
const RETRY_MS = 200;
const STEP_WORK_MS = 2;
const FEED_PAUSE_MS = 150;

/** A call was refused, or not answered in time. */
export class CallError extends Error {
  override readonly name = 'CallError';
}

export class SessionUnderTest {
  readonly consumers: LabProcess[] = [];
  feeder: LabProcess | undefined;
  readonly kind: Kind;
  private turn = 0;

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

  get keyPattern(): string {
    return `${this.lab.sessionPrefix}:{${this.id}:*`;
  }

  /** Creates and starts it, with its consumers and its feeder. */
  async begin(): Promise<void> {
    await this.create();
    await this.startPrograms();
  }

  async startPrograms(): Promise<void> {
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

  status(): Promise<Session> {
    return this.ok('GET', '');
  }
  async digest(): Promise<string> {
    return (await this.ok<{ digest: string }>('GET', '/digest')).digest;
  }
  metrics(symbol: string): Promise<Metrics> {
    return this.ok('GET', `/symbols/${symbol}/metrics`);
  }

  /** Calls that the state of the session may refuse. */
  async steer(call: 'start' | 'pause' | 'resume' | 'stop' | 'upkeep'): Promise<void> {
    await this.ok('POST', `/${call}`, [409]);
  }
  /** A session that has ended refuses a new symbol. */
  async addSymbol(symbol: string): Promise<void> {
    await this.ok('POST', `/symbols/${symbol}`, [409]);
  }
  async removeSymbol(symbol: string): Promise<void> {
    await this.ok('DELETE', `/symbols/${symbol}`, [404]);
  }
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

  /** The coordinator that streams it now. */
  async owner(): Promise<LabProcess | undefined> {
    const name = await this.lab.redis.session.client.hget(this.metaKey(0), 'owner').catch(() => null);
    const pid = Number(name?.split(':').at(-2));
    return this.lab.coordinators.find((process) => process.pid === pid);
  }

  metaKey(partition: number): string {
    return `${this.lab.sessionPrefix}:{${this.id}:${partition}}:meta`;
  }

  private async create(): Promise<void> {
    const spec = { ...this.kind.spec, id: this.id };
    await this.request('POST', '/v1/sessions', spec);
    await this.steer('start');
  }

  private ok<T>(method: string, path: string, also: readonly number[] = []): Promise<T> {
    return this.request(method, `/v1/sessions/${this.id}${path}`, undefined, also);
  }

  /** @param also statuses that are a final answer besides success */
  private async request<T>(method: string, path: string, body?: unknown, also: readonly number[] = []): Promise<T> {
    const deadline = Date.now() + CALL_LIMIT_MS;
    for (let last = ''; ; await delay(RETRY_MS)) {
      const live = this.lab.coordinators.filter((process) => process.isLive);
      const coordinator = live[this.turn++ % Math.max(1, live.length)];
      if (coordinator) {
        const answer = await attempt<T>(coordinator.url!, method, path, body);
        if ('status' in answer && (answer.status < 300 || also.includes(answer.status))) return answer.body;
        last = 'status' in answer ? `${answer.status} ${JSON.stringify(answer.body)}` : answer.error;
        const isFinal = 'status' in answer && answer.status < 500 && answer.status !== 429;
        if (isFinal) throw new CallError(`${method} ${path}: ${last}`);
      }
      if (Date.now() > deadline)
        throw new CallError(`${method} ${path}: no answer in ${CALL_LIMIT_MS} ms, last ${last}`);
    }
  }
}

async function attempt<T>(
  url: string,
  method: string,
  path: string,
  body: unknown,
): Promise<ApiAnswer<T> | { error: string }> {
  const timeout = delay(ATTEMPT_LIMIT_MS, { error: 'no answer' }, { ref: false });
  const call = new Api(url).call<T>(method, path, body).catch((error: unknown) => ({ error: String(error) }));
  return Promise.race([call, timeout]);
}

/** The bars that a feeder sends: those of the dataset `stream`. */
function fedBars(): Map<string, unknown> {
  const all = holey(marketBars({ ...DATES, symbols: SYMBOLS, seed: 7 }), 0.03, 9);
  const { end } = KINDS.fed.spec;
  return new Map(
    [...all].map(([symbol, bars]) => [
      symbol,
      bars.filter(({ openTime }) => new Date(openTime).toISOString().slice(0, 10) <= String(end)),
    ]),
  );
}
