/**
 * Strategies in separate processes, in lockstep with a session. Each gets every step. A slow one halts only the session
 * that it follows. One that was killed continues from its kept position, and receives what an undisturbed run delivers.
 * docs/ARCHITECTURE.md lists the invariants, such as I8.
 */
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { seeded } from '../support/data/seeded.js';
import { eventsOf, OF_CONSUMERS } from '../support/sessions/session-events.js';
import { Strategies, type SeenStep, type StrategyOptions } from '../support/programs/strategies.js';
import { Scrape } from '../support/system/scrape.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const DATES = { start: '2013-10-07', end: '2013-10-08' };
/** Minutes of the two days. */
const STEPS = 2 * 390;
/** Dates of the sessions that are slow or measured: many more days than may be stored ahead of a clock that stands. */
const LONG = { start: '2013-10-07', end: '2013-11-01' };
const LONG_DAYS = 20;
const LONG_STEPS = LONG_DAYS * 390;
const MINUTE_MS = 60_000;
/** How long the slow consumer pauses. */
const PAUSE_MS = 10_000;
const MIB = 1024 * 1024;
const LOCKSTEP = { mode: 'lockstep', window: 30, heartbeatSeconds: 30 };
/** Keeps a silent consumer instead of dropping it. */
const HOLD = { onSilence: 'hold', heartbeatSeconds: 1 };
const SPEC = {
  ...DATES,
  symbols: SYMBOLS,
  derivedIntervals: ['5m', '30m', '1d'],
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
  upkeep: { barrier: { minutes: 60 } },
};

let system: TestSystem;
let coordinator: SystemProcess;
let port: string;
let strategies: Strategies;
let redis: Redis;
/** The result of an undisturbed run: every step, and the consumer's position at the end. */
let reference: { steps: SeenStep[]; delivered: object };

const api = () => new Api(coordinator.url);
const consumerOf = ({ consumers }: Session, name: string) => consumers.find((consumer) => consumer.name === name)!;
const deliveredTo = (session: Session, name: string) => {
  const { steps, bars, deliveredHash, time } = consumerOf(session, name);
  return { steps, bars, deliveredHash, time };
};

/** Starts a session in lockstep, and waits until it streams. */
async function startSession(id: string, pace: object = {}, dates = DATES): Promise<string> {
  await api().run({ ...SPEC, ...dates, id, pace: { ...LOCKSTEP, ...pace } });
  await api().until(id, ({ frontier }) => frontier !== null);
  return id;
}

/** Starts a process that follows a session. */
const startStrategy = (session: string, consumer: string, options: Omit<StrategyOptions, 'session' | 'follow'> = {}) =>
  strategies.start({ session, follow: { consumer }, ...options });

/** Runs a session with one consumer and without disturbance. */
async function undisturbed(id: string): Promise<{ steps: SeenStep[]; delivered: object }> {
  await startSession(id);
  const steps = await startStrategy(id, 'one').done();
  return { steps, delivered: deliveredTo(await api().completed(id), 'one') };
}

/** The names of the consumers that a session has dropped. */
async function droppedConsumers(id: string): Promise<(string | undefined)[]> {
  const events = await eventsOf(system.sessionPrefix, id, OF_CONSUMERS);
  return events.filter(({ type }) => type === 'consumer-dropped').map(({ fields }) => fields['consumer']);
}

/** Starts a coordinator again after it was killed, on the port that the strategies know. */
async function startCoordinatorAgain(): Promise<void> {
  coordinator = await system.coordinator({ BARKEEP_PORT: port });
}

/**
 * Checks the steps that several processes saw under one name, one process after another; all but the last were killed. Every step must
 * equal the step of the undisturbed run, and none may be missing. @param lives the steps of each process
 */
function expectOneRun(lives: readonly (readonly SeenStep[])[]): void {
  /** Number of steps of the undisturbed run that the processes so far have seen. */
  let seen = 0;
  for (const life of lives) {
    const first = life.length > 0 ? reference.steps.indexOf(life[0]!) : seen;
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThanOrEqual(seen); // a process may get steps of an earlier one again, and skips none
    expect(life).toEqual(reference.steps.slice(first, first + life.length));
    seen = Math.max(seen, first + life.length);
  }
  expect(seen).toBe(reference.steps.length);
}

beforeAll(async () => {
  system = await TestSystem.create({ BARKEEP_STAGED_DAYS: '2' });
  const whole = marketBars({ ...LONG, symbols: SYMBOLS, seed: 21 });
  await writeBars(system.databaseUrl, 'whole', whole);
  await writeBars(system.databaseUrl, 'holey', holey(whole, 0.05, 22));
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  ({ port } = new URL(coordinator.url));
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  const connection = { coordinator: coordinator.url, redis: process.env['SESSION_REDIS_URL']! };
  strategies = await Strategies.create({ ...connection, keyPrefix: system.sessionPrefix });
  reference = await undisturbed('undisturbed');
});
afterAll(async () => {
  await strategies?.close();
  redis?.disconnect();
  await system?.close();
});

test('four consumers in four processes all get the same steps', async () => {
  expect(reference.steps).toHaveLength(STEPS);
  const id = await startSession('four', { consumers: 4 });
  const names = ['one', 'two', 'three', 'four'];
  const started = names.map((name) => startStrategy(id, name));
  for (const strategy of started) expect(await strategy.done()).toEqual(reference.steps);
  const session = await api().completed(id);
  for (const name of names) expect(deliveredTo(session, name)).toEqual(reference.delivered);
});

test('with hold, a consumer that is killed four times receives the steps of an undisturbed one', async () => {
  const random = seeded(4);
  const id = await startSession('held', HOLD);
  const lives: SeenStep[][] = [];
  for (let kill = 1; kill <= 4; kill++) {
    const dieAt = random.int(1, 200);
    const strategy = startStrategy(id, 'one', { dieAt });
    await strategy.killed();
    const life = await strategy.steps();
    expect(life).toHaveLength(dieAt);
    lives.push(life);
    if (kill === 1) await expectSilentAndHeld(id, 'one');
  }
  lives.push(await startStrategy(id, 'one').done());
  expectOneRun(lives);
  expect(deliveredTo(await api().completed(id), 'one')).toEqual(reference.delivered);
  expect(await droppedConsumers(id)).toEqual([]);
});

/** Waits until the session shows that the consumer is silent. Its clock is at most a lead after the consumer's position. */
async function expectSilentAndHeld(id: string, name: string): Promise<void> {
  const session = await api().until(id, (found) => consumerOf(found, name).state === 'silent');
  expect(session.state).toBe('running');
  const aheadMs = Date.parse(session.clock!) - Date.parse(consumerOf(session, name).time);
  expect(aheadMs).toBeLessThanOrEqual(LOCKSTEP.window * MINUTE_MS);
}

test('with drop, the session continues without the killed consumer, which catches up when it rejoins', async () => {
  const id = await startSession('dropped', { heartbeatSeconds: 2, consumers: 2 });
  const survivor = startStrategy(id, 'survivor');
  const first = startStrategy(id, 'one', { dieAt: seeded(5).int(50, 300) });
  await first.killed();
  expect(await survivor.done()).toEqual(reference.steps);
  expect(consumerOf(await api().completed(id), 'one').state).toBe('dropped');
  expect(await droppedConsumers(id)).toContain('one');
  const second = startStrategy(id, 'one');
  expectOneRun([await first.steps(), await second.done()]);
  const session = await api().session(id);
  for (const name of ['one', 'survivor']) expect(deliveredTo(session, name)).toEqual(reference.delivered);
});

test('kills of the coordinator, alone and together with the consumer, do not change the delivered steps', async () => {
  const id = await startSession('both', HOLD);
  const random = seeded(6);
  const first = startStrategy(id, 'one', { holdAt: random.int(20, 100), dieAt: random.int(300, 400) });
  await first.waitFor('held');
  await coordinator.signal('SIGKILL');
  first.release(); // it continues up to the clock while no coordinator runs
  await startCoordinatorAgain();
  await first.killed();

  const second = startStrategy(id, 'one', { holdAt: random.int(20, 100) });
  await second.waitFor('held');
  await Promise.all([second.killed({ now: true }), coordinator.signal('SIGKILL')]);
  await startCoordinatorAgain();

  const third = startStrategy(id, 'one');
  expectOneRun([await first.steps(), await second.steps(), await third.done()]);
  expect(deliveredTo(await api().completed(id), 'one')).toEqual(reference.delivered);
});

/** Memory of the coordinator, and of the test's keys and connections in Redis, in bytes. */
async function memoryBytes(): Promise<{ coordinator: number; redis: number }> {
  const scrape = await Scrape.of(coordinator.url);
  const keys = await redis.keys(`${system.sessionPrefix}:*`);
  const ofKeys = await Promise.all(keys.map((key) => redis.memory('USAGE', key)));
  // Each connection is a line of fields, among them its database and its memory.
  const connections = String(await redis.client('LIST')).split('\n');
  const ofTest = connections.filter((line) => ` ${line} `.includes(` db=${redis.options.db ?? 0} `));
  const ofConnections = ofTest.map((line) => / tot-mem=(\d+)/.exec(line)?.[1]);
  const redisBytes = [...ofKeys, ...ofConnections].reduce<number>((sum, bytes) => sum + Number(bytes ?? 0), 0);
  return { coordinator: scrape.value('process_resident_memory_bytes')!, redis: redisBytes };
}

test('I8 a consumer that pauses halts only the session that it follows, and memory stays flat', async () => {
  const id = await startSession('slow', { heartbeatSeconds: 8 }, LONG);
  const slow = startStrategy(id, 'slow', { pauseAt: 100, pauseMs: PAUSE_MS });
  await slow.waitFor('paused');
  // The clock reaches its limit. From here on nothing else happens to the session.
  const atLimit = await api().until(id, ({ clock, consumers, frontier, watermark }) => {
    const aheadMs = Date.parse(clock!) - Date.parse(consumers[0]!.time);
    return aheadMs === LOCKSTEP.window * MINUTE_MS && frontier === watermark;
  });

  const runAnother = async (otherId: string) => {
    await api().run({ ...SPEC, ...LONG, id: otherId });
    await api().settled(otherId);
    await api().ok('DELETE', `/v1/sessions/${otherId}`);
  };
  // The first one makes the processes allocate their usual memory.
  await runAnother('warm-up');
  const before = await memoryBytes();
  await runAnother('measured');
  await slow.waitFor('rested');
  const after = await memoryBytes();
  expect(after.coordinator - before.coordinator).toBeLessThan(64 * MIB);
  expect(after.redis - before.redis).toBeLessThan(4 * MIB);
  const { clock, frontier, prefetch, consumers } = atLimit;
  expect(await api().session(id)).toMatchObject({
    clock,
    frontier,
    prefetch,
    consumers: [{ name: 'slow', state: 'active', time: consumers[0]!.time }],
  });

  slow.release();
  const steps = await slow.done();
  expect(steps).toHaveLength(LONG_STEPS);
  // A step begins with its time.
  const days = new Set(steps.map((step) => new Date(Number(step.split(' ')[0])).toISOString().slice(0, 10)));
  expect(days.size).toBe(LONG_DAYS);
  expect(consumerOf(await api().completed(id), 'slow').steps).toBe(LONG_STEPS);
  expect(await droppedConsumers(id)).toEqual([]);
});
