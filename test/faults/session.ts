/** The session of one schedule, with its consumers and its feeder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bar } from '@barkeep/bars';
import type { ApiBar, Metrics, Session } from '../support/system/api.js';
import type { BarsBySymbol } from '../support/data/market.js';
import { importedMarkets } from './lab/datasets.js';
import { DATES, KINDS, type Kind, type KindName, SYMBOLS } from './kinds.js';
import type { Lab } from './lab/lab.js';
import type { LabProcess } from './lab/process.js';
import { PersistentCalls } from './persistent-calls.js';

/** How long a consumer works in each step. */
const STEP_WORK_MS = 2;
/** How long a feeder waits after each hour of bars. */
const FEED_PAUSE_MS = 150;
/** The events at the boundaries of days. */
const DAY_EVENTS: ReadonlySet<string> = new Set(['day-opened', 'day-closing', 'day-closed']);

export class SessionUnderTest {
  readonly consumers: LabProcess[] = [];
  feeder: LabProcess | undefined;
  readonly kind: Kind;
  private readonly calls: PersistentCalls;

  constructor(
    readonly lab: Lab,
    readonly id: string,
    readonly kindName: KindName,
  ) {
    this.kind = KINDS[kindName];
    this.calls = new PersistentCalls(lab.coordinators);
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
  bars(symbol: string, interval: string): Promise<ApiBar[]> {
    const { start, end } = DATES;
    return this.ok('GET', `/symbols/${symbol}/bars?interval=${interval}&from=${start}T00:00:00Z&to=${end}T23:00:00Z`);
  }
  /** The digest of its certificate. */
  async certificate(): Promise<string> {
    return (await this.ok<{ digest: string }>('GET', '/certificate')).digest;
  }
  /** The public events at the boundaries of its days, in order, without what depends on the speed of the machine. */
  async dayEvents(): Promise<string[]> {
    const entries = await this.lab.redis.session.client.xrange(
      `${this.lab.sessionPrefix}:{${this.id}:0}:events`,
      '-',
      '+',
    );
    return entries.flatMap(([, fields]) => {
      const event = new Map(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!] as const] : [])));
      // How often the bar of an empty slot was requested until the event decides between the last two.
      for (const name of ['waitedMs', 'absent', 'unfillable']) event.delete(name);
      return DAY_EVENTS.has(event.get('type')!) ? [JSON.stringify([...event])] : [];
    });
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
    await this.calls.request('POST', '/v1/sessions', spec);
    await this.steer('start');
  }

  private async startPrograms(): Promise<void> {
    for (let i = 1; i <= this.kind.consumers; i++) {
      const argument = { session: this.id, consumer: `consumer-${i}`, every: '1m', workMs: STEP_WORK_MS };
      this.consumers.push(await this.lab.program(`${this.id}-consumer-${i}`, 'consumer.mjs', argument));
    }
    if (this.kind.isFed) {
      const file = join(this.lab.folder, `${this.id}-feed.json`);
      writeFileSync(file, JSON.stringify(Object.fromEntries(fedBars(this.kind))));
      const argument = { session: this.id, file, pauseMs: FEED_PAUSE_MS };
      this.feeder = await this.lab.program(`${this.id}-feeder`, 'feeder.mjs', argument);
    }
    await Promise.all(this.programs.map((program) => program.start()));
  }

  /** Calls a path under the session. @param accepted statuses of refusals that count as a success */
  private ok<T>(method: string, path: string, accepted: readonly number[] = []): Promise<T> {
    return this.calls.request(method, `/v1/sessions/${this.id}${path}`, undefined, accepted);
  }
}

/** The bars that a feeder sends, by symbol: a market with holes, up to the last date of the session. */
function fedBars({ spec }: Kind): BarsBySymbol {
  const end = String(spec['end']);
  const isUpToEnd = ({ openTime }: Bar): boolean => new Date(openTime).toISOString().slice(0, 10) <= end;
  const { stream } = importedMarkets();
  return new Map(SYMBOLS.map((symbol) => [symbol, stream.get(symbol)!.filter(isUpToEnd)]));
}
