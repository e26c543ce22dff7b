/**
 * A clock in lockstep, with real coordinator processes: it is never more than the lead ahead of the slowest consumer. A
 * silent consumer is dropped or waited for. A crash of the coordinator changes nothing.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { Api, type Session } from '../support/system/api.js';
import { LockstepConsumer } from '../support/programs/lockstep-consumer.js';
import { marketBars, tradingDays, writeBars } from '../support/data/market.js';
import { eventsOf } from '../support/sessions/session-events.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' } };
const OPEN = tradingDays(DATES)[0]!.segments[0]!.open;
const END = tradingDays(DATES).at(-1)!.segments.at(-1)!.close;
const LEAD_MINUTES = 30;
/** The time that is this number of minutes after the first open. */
const minute = (minutes: number) => OPEN + minutes * 60_000;

let system: TestSystem;
let coordinator: SystemProcess;
let consumers: LockstepConsumer[] = [];

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  coordinator = await system.coordinator();
  await system.worker();
});
afterAll(() => system?.close());
afterEach(() => {
  consumers.forEach((consumer) => consumer.close());
  consumers = [];
});

const api = () => new Api(coordinator.url);
const lockstep = (options: object = {}) => ({ mode: 'lockstep', window: LEAD_MINUTES, ...options });

/** Starts a session and waits until it streams. @returns its id */
async function started(id: string, pace: object, spec: object = {}): Promise<string> {
  await api().run({ ...SPEC, ...spec, id, pace });
  await api().until(id, ({ frontier }) => frontier !== null);
  return id;
}

async function join(id: string, name: string, from?: 'kept' | 'beginning' | 'now'): Promise<LockstepConsumer> {
  const { consumer } = await LockstepConsumer.join(system.sessionPrefix, id, name, from);
  consumers.push(consumer);
  return consumer;
}

/** The times to which the clock moved, in order. */
const clockEvents = async (id: string) =>
  (await eventsOf(system.sessionPrefix, id)).filter(({ type }) => type === 'clock').map(({ time }) => time);

const stateOf = (session: Session, name: string) => session.consumers.find((consumer) => consumer.name === name)?.state;

test('I2 the clock is never more than the lead ahead of the slower of two consumers', async () => {
  const id = await started('two', lockstep({ consumers: 2 }));
  const one = await join(id, 'one');
  // The session waits for two consumers, so not even the first day has opened.
  expect(await one.clock()).toBe(OPEN);
  expect(await clockEvents(id)).toEqual([]);
  const two = await join(id, 'two');
  // From here on the clock is the lead after the slower acknowledgement.
  expect(await one.clockAt(minute(30))).toBe(minute(30));
  await one.acknowledge(minute(30));
  await two.acknowledge(minute(10));
  expect(await one.clockAt(minute(40))).toBe(minute(40));
  await two.acknowledge(minute(25));
  expect(await one.clockAt(minute(55))).toBe(minute(55));
  await two.acknowledge(minute(40));
  expect(await one.clockAt(minute(60))).toBe(minute(60)); // now the first consumer is the slower one
  expect((await api().session(id)).state).toBe('running');

  await Promise.all([one.follow(minute(30)), two.follow(minute(40))]);
  const time = new Date(END).toISOString();
  expect((await api().completed(id)).consumers).toMatchObject([
    { name: 'one', state: 'active', time },
    { name: 'two', state: 'active', time },
  ]);
  const moves = await clockEvents(id);
  expect(moves.slice(0, 4)).toEqual([minute(30), minute(40), minute(55), minute(60)]);
});

test('I1 with retained days a session in lockstep ends with the days of one at full speed', async () => {
  const history = { retainDays: 1 };
  await api().run({ ...SPEC, id: 'retained', history });
  await api().completed('retained');
  const id = await started('retained-lockstep', lockstep(), { history });
  const consumer = await join(id, 'one');
  await consumer.follow(OPEN, END - LEAD_MINUTES * 60_000);
  expect(await consumer.clockAt(END)).toBe(END);
  // The first day is kept, because the consumer has not closed the second one.
  expect((await api().session(id)).state).toBe('running');
  await consumer.acknowledge(END);
  await api().completed(id);
  expect(await api().digest(id)).toEqual(await api().digest('retained'));
});

test('I1 a session in lockstep has the digest of one at full speed, and each move of the clock is one event', async () => {
  await api().run({ ...SPEC, id: 'max' });
  await api().settled('max');
  const lead = 100;
  const id = await started('one', lockstep({ window: lead }), { upkeep: { barrier: { minutes: 50 } } });
  const one = await join(id, 'one');
  await one.follow(OPEN);
  await api().settled(id);
  expect(await api().digest(id)).toBe(await api().digest('max'));
  const moves = await clockEvents(id);
  // The clock moves once each time that the consumer or a barrier lets it continue, not once for each of the 780 minutes.
  expect(moves.length).toBeLessThan(60);
  for (const [i, time] of moves.entries()) {
    const before = i === 0 ? OPEN : moves[i - 1]!;
    expect(time).toBeLessThanOrEqual(one.layout.closeAfter(before, lead));
  }
  expect(moves.at(-1)).toBe(one.layout.end);
});

test('a silent consumer is dropped and the session continues; the consumer can rejoin at its position', async () => {
  const id = await started('dropped', lockstep({ heartbeatSeconds: 1 }));
  const one = await join(id, 'one');
  await one.clockAt(minute(30));
  await one.acknowledge(minute(20));
  await one.clockAt(minute(50));
  await one.clockAt(minute(60)); // more than the lead after minute 20: the clock no longer waits for `one`
  const session = await api().completed(id);
  expect(stateOf(session, 'one')).toBe('dropped');
  expect((await one.rejoin('kept')).position.time).toBe(minute(20));
});

test('with hold the clock waits until the silent consumer rejoins or is removed through the API', async () => {
  const id = await started('held', lockstep({ heartbeatSeconds: 1, onSilence: 'hold' }));
  const one = await join(id, 'one');
  await one.clockAt(minute(30));
  const silent = await api().until(id, (session) => stateOf(session, 'one') === 'silent');
  expect(silent).toMatchObject({ state: 'running', clock: new Date(minute(30)).toISOString() });

  const rejoined = await join(id, 'one');
  await rejoined.acknowledge(minute(30));
  expect(await rejoined.clockAt(minute(60))).toBe(minute(60));
  await api().until(id, (session) => stateOf(session, 'one') === 'silent');
  expect(await rejoined.clock()).toBe(minute(60));

  const path = `/v1/sessions/${id}/consumers/one`;
  expect((await api().call('DELETE', path)).status).toBe(204);
  expect(await api().call('DELETE', path)).toMatchObject({
    status: 404,
    body: { type: 'urn:barkeep:problem:unknown-consumer' },
  });
  expect((await api().completed(id)).consumers).toEqual([]);
  await expect(rejoined.acknowledge(minute(30))).rejects.toThrow('consumer');
});

test('the clock waits until a consumer that joins at the beginning has caught up to within the lead', async () => {
  const id = await started('late', lockstep());
  const one = await join(id, 'one');
  await one.clockAt(minute(30));
  await one.acknowledge(minute(30));
  await one.clockAt(minute(60));
  const late = await join(id, 'late', 'beginning');
  const now = await join(id, 'now', 'now');
  await one.acknowledge(minute(60));
  await late.acknowledge(minute(30));
  await now.leave(minute(60));
  // Of the two that are left, `late` is the slower one.
  await late.acknowledge(minute(31));
  expect(await one.clockAt(minute(61))).toBe(minute(61));
  await late.leave(minute(31));
  expect(await one.clockAt(minute(90))).toBe(minute(90));
  await one.leave(minute(90));
  await api().completed(id);
});

test('after a crash of the coordinator the consumer continues, and no clock event is repeated', async () => {
  const other = await system.coordinator();
  const id = await started('crash', lockstep());
  const one = await join(id, 'one');
  const seen = await one.follow(OPEN, minute(120));
  await coordinator.signal('SIGKILL');
  coordinator = other;
  seen.push(...(await one.follow(seen.at(-1)!)));
  expect((await api().completed(id)).consumers).toMatchObject([{ name: 'one', state: 'active' }]);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  const moves = await clockEvents(id);
  expect(new Set(moves).size).toBe(moves.length);
  expect(moves.at(-1)).toBe(one.layout.end);
});
