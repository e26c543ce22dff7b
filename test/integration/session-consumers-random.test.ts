/** Random calls of consumers on a session store and on a plain model of it: after each call both show the same. */
import { NOTHING_DELIVERED, SessionConsumers, type ConsumerPosition } from '@barkeep/session-data';
import { mulberry32 } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const MINUTE = 60_000;
const CALLS = 150;
/** Names of consumers. Two of them are also names of members that every JavaScript object has. */
const NAMES = ['a', 'b', 'Z.9', 'constructor', 'toString'];
const MODES = ['acknowledge', 'acknowledge', 'leave', 'restore'] as const;

const server = new StoreServer();
afterAll(() => server.close());

interface ModelConsumer {
  state: 'active' | 'left';
  token: string;
  position: ConsumerPosition;
}

class RandomCalls {
  private readonly model = new Map<string, ModelConsumer>();
  /** All tokens that a name ever had: the earlier ones are refused. */
  private readonly tokens = new Map<string, string[]>();
  private readonly consumers: SessionConsumers;
  private clock: number;
  private joins = 0;
  private hasGathered = false;

  /** @param waitsFor how many consumers must have joined before the clock moves */
  constructor(
    private readonly store: TestStore,
    private readonly waitsFor: number,
    private readonly random: () => number,
  ) {
    this.consumers = new SessionConsumers(server.redis, store.layout);
    this.clock = store.layout.start;
  }

  /** Makes one call, and compares the store with the model. */
  async step(): Promise<void> {
    const dice = this.random();
    const name = this.oneOf(NAMES);
    if (dice < 0.3) await this.join(name);
    else if (dice < 0.75) await this.report(name);
    else if (dice < 0.85) expect(await this.consumers.remove(name)).toBe(this.model.delete(name));
    else await this.moveClock();
    await this.compare();
  }

  private async join(name: string): Promise<void> {
    const from = this.oneOf(['kept', 'now', 'beginning'] as const);
    const { token, position } = await this.consumers.join(name, from);
    const kept = from === 'kept' ? this.model.get(name)?.position : undefined;
    const time = from === 'now' ? this.clock : this.store.layout.sessionStart;
    expect(position).toEqual(kept ?? { time, deliveredHash: NOTHING_DELIVERED, steps: 0, bars: 0 });
    this.model.set(name, { state: 'active', token, position });
    this.tokens.set(name, [...(this.tokens.get(name) ?? []), token]);
    this.joins++;
    if (this.model.size >= this.waitsFor) this.hasGathered = true;
  }

  private async report(name: string): Promise<void> {
    const mode = this.oneOf(MODES);
    const token = this.oneOf(this.tokens.get(name) ?? ['a token that no consumer has']);
    const time = this.clock + MINUTE * this.oneOf([-50, -1, 0, 0, 1]);
    const position = { time, steps: this.int(100), bars: this.int(100), deliveredHash: 'ab'.repeat(32) };
    const consumer = this.model.get(name);
    const refusal = this.refusalOf(consumer, mode, token, time);
    const reported = this.consumers[mode](name, token, position);
    if (refusal) return expect(reported).rejects.toMatchObject({ name: refusal });
    await reported;
    if (time > consumer!.position.time) consumer!.position = position;
    const state = mode === 'leave' ? 'left' : 'active';
    if (state === 'active' && consumer!.state === 'left') this.joins++;
    consumer!.state = state;
  }

  /** The name of the error with which a report must be refused; undefined when it must be accepted. */
  private refusalOf(
    consumer: ModelConsumer | undefined,
    mode: (typeof MODES)[number],
    token: string,
    time: number,
  ): string | undefined {
    if (!consumer) return 'UnknownConsumerError';
    if (consumer.token !== token) return 'ConsumerReplacedError';
    if (consumer.state === 'left' && mode !== 'leave') return 'UnknownConsumerError';
    const isAhead = time > consumer.position.time && time > this.clock;
    return isAhead && mode !== 'restore' ? 'ConsumerAheadError' : undefined;
  }

  private async moveClock(): Promise<void> {
    const { to } = this.oneOf(this.store.windows);
    await this.store.writer.moveClock(to);
    this.clock = Math.max(this.clock, to);
  }

  private async compare(): Promise<void> {
    const active = [...this.model.values()].filter(({ state }) => state === 'active');
    const slowest = active.length > 0 ? Math.min(...active.map(({ position }) => position.time)) : undefined;
    const isWaiting = this.waitsFor > 0 && !this.hasGathered;
    expect(await this.consumers.limit()).toEqual({ slowest: isWaiting ? 'waiting' : slowest, joins: this.joins });
    const sorted = [...this.model].sort(([a], [b]) => (a < b ? -1 : 1));
    const seenAt = expect.any(Number) as number;
    const views = sorted.map(([name, { state, position }]) => ({ name, state, seenAt, ...position }));
    expect(await this.consumers.list()).toEqual(views);
  }

  private oneOf<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  /** A random whole number in `[0, below)`. */
  private int(below: number): number {
    return Math.floor(this.random() * below);
  }
}

test.each([
  [1, 0],
  [2, 1],
  [3, 3],
])('after random calls the store shows the consumers of the model (seed %i, waits for %i)', async (seed, waitsFor) => {
  const pace = { mode: 'lockstep', consumers: waitsFor };
  const store = await server.begin(server.layout({ ...SMALL_SPEC, pace }));
  await flushUpTo(store, new Map(), store.layout.end);
  const calls = new RandomCalls(store, waitsFor, mulberry32(seed));
  for (let i = 0; i < CALLS; i++) await calls.step();
});
