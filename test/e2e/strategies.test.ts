/**
 * Strategies in separate processes, in lockstep with a session. Each gets every step. A slow one halts only the session
 * that it follows. One that was killed continues from its kept position, and receives what an undisturbed run delivers.
 */
import { Redis } from 'ioredis';
import { Api, type Consumer, type Session } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { seeded } from '../support/data/seeded.js';
import { eventsOf, OF_CONSUMERS } from '../support/sessions/session-events.js';
import { Strategies, type SeenStep } from '../support/programs/strategies.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const DATES = { start: '2013-10-07', end: '2013-10-08' };
/** Minutes of the two days. */
const STEPS = 2 * 390;
/** Dates of the slow session: many more days than may be stored ahead of a clock that stands. */
const LONG = { start: '2013-10-07', end: '2013-11-01' };
const LONG_DAYS = 20;
const LONG_STEPS = LONG_DAYS * 390;
const MINUTE_MS = 60_000;
/** How long the slow consumer pauses. */
const PAUSE_MS = 10_000;
const MIB = 1024 * 1024;
const LOCKSTEP = { mode: 'lockstep', window: 30, heartbeatSeconds: 30 };
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
const deliveredTo = ({ steps, bars, deliveredHash, time }: Consumer) => ({ steps, bars, deliveredHash, time });
const consumerOf = ({ consumers }: Session, name: string) => consumers.find((consumer) => consumer.name === name)!;

async function started(id: string, pace: object = {}, spec: object = {}): Promise<string> {
  await api().run({ ...SPEC, ...spec, id, pace: { ...LOCKSTEP, ...pace } });
  await api().until(id, ({ frontier }) => frontier !== null);
  return id;
}

/** Runs a session with one consumer and without disturbance. */
async function undisturbed(id: string): Promise<{ steps: SeenStep[]; delivered: object }> {
  await started(id);
  const steps = await strategies.start({ session: id, follow: { consumer: 'one' } }).done();
  return { steps, delivered: deliveredTo(consumerOf(await api().completed(id), 'one')) };
}

async function restartCoordinator(): Promise<void> {
  await coordinator.signal('SIGKILL');
  coordinator = await system.coordinator({ BARKEEP_PORT: port });
}

/**
 * Checks the steps that several consecutive processes saw under one name, of which all but the last were killed. Every step
 * must equal that of the undisturbed run, and none may be missing. @param lives the steps of each process
 */
function expectOneRun(lives: readonly (readonly SeenStep[])[]): void {
  const indexOf = new Map(reference.steps.map((step, index) => [step, index]));
  let nextIndex = 0;
  for (const life of lives) {
    const indexes = life.map((step) => indexOf.get(step));
    expect(indexes).not.toContain(undefined);
    const first = indexes[0] ?? nextIndex;
    expect(first).toBeLessThanOrEqual(nextIndex); // a step may be delivered again, and none is skipped
    expect(indexes).toEqual(life.map((_, i) => first + i));
    nextIndex = Math.max(nextIndex, first + life.length);
  }
  expect(nextIndex).toBe(reference.steps.length);
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
  const id = await started('four', { consumers: 4 });
  const names = ['one', 'two', 'three', 'four'];
  const all = names.map((consumer) => strategies.start({ session: id, follow: { consumer } }));
  for (const strategy of all) expect(await strategy.done()).toEqual(reference.steps);
  const session = await api().completed(id);
  for (const name of names) expect(deliveredTo(consumerOf(session, name))).toEqual(reference.delivered);
});

test('with hold, a consumer that is killed four times receives the steps of an undisturbed one', async () => {
  const random = seeded(4);
  const id = await started('held', { onSilence: 'hold', heartbeatSeconds: 1 });
  const lives: SeenStep[][] = [];
  for (let kill = 0; kill < 4; kill++) {
    const dieAt = random.int(1, 200);
    const strategy = strategies.start({ session: id, follow: { consumer: 'one' }, dieAt });
    await strategy.killed();
    lives.push(await strategy.steps());
    expect(lives.at(-1)).toHaveLength(dieAt);
    if (kill > 0) continue;
    // After the first kill: the session shows that the consumer is silent, and the clock is at most a lead after its position.
    const { clock, state, consumers } = await api().until(
      id,
      (session) => consumerOf(session, 'one').state === 'silent',
    );
    expect(state).toBe('running');
    expect(Date.parse(clock!) - Date.parse(consumers[0]!.time)).toBeLessThanOrEqual(LOCKSTEP.window * MINUTE_MS);
  }
  const last = strategies.start({ session: id, follow: { consumer: 'one' } });
  expectOneRun([...lives, await last.done()]);
  const session = await api().completed(id);
  expect(deliveredTo(consumerOf(session, 'one'))).toEqual(reference.delivered);
  expect((await eventsOf(system.sessionPrefix, id, OF_CONSUMERS)).map(({ type }) => type)).not.toContain(
    'consumer-dropped',
  );
});

test('with drop, the session continues without the killed consumer, which catches up when it rejoins', async () => {
  const id = await started('dropped', { heartbeatSeconds: 2, consumers: 2 });
  const survivor = strategies.start({ session: id, follow: { consumer: 'survivor' } });
  const first = strategies.start({ session: id, follow: { consumer: 'one' }, dieAt: seeded(5).int(50, 300) });
  await first.killed();
  expect(await survivor.done()).toEqual(reference.steps);
  expect(consumerOf(await api().completed(id), 'one').state).toBe('dropped');
  const dropped = (await eventsOf(system.sessionPrefix, id, OF_CONSUMERS)).filter(
    ({ type }) => type === 'consumer-dropped',
  );
  expect(dropped.map(({ fields }) => fields['consumer'])).toContain('one');
  expectOneRun([await first.steps(), await strategies.start({ session: id, follow: { consumer: 'one' } }).done()]);
  const session = await api().session(id);
  for (const name of ['one', 'survivor']) expect(deliveredTo(consumerOf(session, name))).toEqual(reference.delivered);
});

test('kills of the coordinator, alone and together with the consumer, do not change the delivered steps', async () => {
  const id = await started('both', { onSilence: 'hold', heartbeatSeconds: 1 });
  const random = seeded(6);
  const follow = { consumer: 'one' };
  const first = strategies.start({ session: id, follow, holdAt: random.int(20, 100), dieAt: random.int(300, 400) });
  await first.waitFor('held');
  await coordinator.signal('SIGKILL');
  first.release(); // it continues up to the clock while no coordinator runs
  coordinator = await system.coordinator({ BARKEEP_PORT: port });
  await first.killed();
  const second = strategies.start({ session: id, follow, holdAt: random.int(20, 100) });
  await second.waitFor('held');
  await Promise.all([second.killed({ now: true }), restartCoordinator()]);
  const third = strategies.start({ session: id, follow });
  expectOneRun([await first.steps(), await second.steps(), await third.done()]);
  expect(deliveredTo(consumerOf(await api().completed(id), 'one'))).toEqual(reference.delivered);
});

/** Memory of the coordinator, and of the test's keys and connections in Redis, in bytes. */
async function memoryBytes(): Promise<{ coordinator: number; redis: number }> {
  const metrics = await (await fetch(new URL('/metrics', coordinator.url))).text();
  const resident = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
  const keys = await redis.keys(`${system.sessionPrefix}:*`);
  const ofKeys = await Promise.all(keys.map((key) => redis.memory('USAGE', key)));
  // Each connection has a line with its database and its memory.
  const connections = String(await redis.client('LIST')).split('\n');
  const { db = 0 } = redis.options;
  const ofConnections = connections
    .filter((line) => ` ${line} `.includes(` db=${db} `))
    .map((line) => / tot-mem=(\d+)/.exec(line)?.[1]);
  const sum = [...ofKeys, ...ofConnections].reduce<number>((total, bytes) => total + Number(bytes ?? 0), 0);
  return { coordinator: resident, redis: sum };
}

test('I8 a consumer that pauses halts only the session that it follows, and memory stays flat', async () => {
  const pauseAt = 100;
  const id = await started('slow', { heartbeatSeconds: 8 }, LONG);
  const options = { session: id, follow: { consumer: 'slow' }, pauseAt, pauseMs: PAUSE_MS };
  const slow = strategies.start(options);
  await slow.waitFor('paused');
  // The clock reaches its limit. From here on nothing else happens to the session.
  const atLimit = await api().until(id, ({ clock, consumers, frontier, watermark }) => {
    const ahead = Date.parse(clock!) - Date.parse(consumers[0]!.time);
    return ahead === LOCKSTEP.window * MINUTE_MS && frontier === watermark;
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
  const { clock, frontier, consumers, prefetch } = await api().session(id);
  expect({ clock, frontier, prefetch }).toEqual({
    clock: atLimit.clock,
    frontier: atLimit.frontier,
    prefetch: atLimit.prefetch,
  });
  expect(consumers).toMatchObject([{ name: 'slow', state: 'active', time: atLimit.consumers[0]!.time }]);
  slow.release();
  const steps = await slow.done();
  // A step begins with its time.
  const days = new Set(steps.map((step) => new Date(Number(step.split(' ')[0])).toISOString().slice(0, 10)));
  expect(steps).toHaveLength(LONG_STEPS);
  expect(days.size).toBe(LONG_DAYS);
  const session = await api().completed(id);
  expect(consumerOf(session, 'slow').steps).toBe(LONG_STEPS);
  const events = await eventsOf(system.sessionPrefix, id, OF_CONSUMERS);
  expect(events.map(({ type }) => type)).not.toContain('consumer-dropped');
});
