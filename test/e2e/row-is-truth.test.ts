/**
 * The row of a session in PostgreSQL decides whether it runs, is paused or is stopped. The session store follows the row,
 * even when a server was down during the call.
 * docs/ARCHITECTURE.md lists the invariants, such as I13.
 */
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { RowAndStore } from '../support/sessions/row-and-store.js';
import { eventsOf } from '../support/sessions/session-events.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const DATES = { start: '2013-10-01', end: '2013-10-16' };
const SYMBOLS = ['AAA', 'BBB'];
/** A session takes about four minutes at this pace, so it is still in the middle when a test disturbs it. */
const PACE = { mode: 'clock', speed: 1_200 };
const SPEC = {
  ...DATES,
  symbols: SYMBOLS,
  source: { type: 'dataset', dataset: 'stream' },
  pace: PACE,
  upkeep: { enabled: false },
};
/** Rounds of the reconciler are so rare that none happens during a test. */
const NO_RECONCILER = { BARKEEP_RECONCILE_SECONDS: '3600' };
/** For a second coordinator whose reconciler acts during the test. */
const FREQUENT_RECONCILER = { BARKEEP_RECONCILE_SECONDS: '1' };

let system: TestSystem;
let redis: Redis;
let gate: TcpGate;
let sessions: RowAndStore;
/** The coordinator that streams the sessions. */
let owner: SystemProcess;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  owner = await system.coordinator(NO_RECONCILER);
  sessions = new RowAndStore(system, redis, api);
});

afterAll(async () => {
  await system?.close();
  await gate?.shut();
  redis?.disconnect();
});

const api = () => new Api(owner.url);
const call = (to: Api, id: string, action: string) => to.call<Session>('POST', `/v1/sessions/${id}/${action}`);

/** Starts a session and waits until its clock has moved: the first day opens at 13:30. */
async function inTheMiddle(id: string): Promise<string> {
  await api().run({ ...SPEC, id });
  await api().until(id, ({ clock, frontier }) => clock !== null && frontier !== null && clock > '2013-10-01T14');
  return id;
}

test('I13 a pause through a coordinator that cannot reach the store takes effect, and the clock stops', async () => {
  const id = await inTheMiddle('cut');
  const other = await system.coordinator({ ...NO_RECONCILER, SESSION_REDIS_URL: gate.url });
  await gate.shut();
  try {
    const paused = await call(new Api(other.url), id, 'pause');
    expect(paused).toMatchObject({ status: 202, body: { state: 'paused', waitingFor: { kind: 'server' } } });
    // The owner reads the row about once a second, stops the clock, and writes `control`.
    await sessions.untilControl(id, 'pause', 10_000);
    expect((await call(api(), id, 'pause')).status).toBe(200);
    const { clock } = await api().session(id);
    expect((await call(api(), id, 'stop')).body).toMatchObject({ state: 'stopped', clock });
  } finally {
    await gate.open();
    await other.signal('SIGKILL');
  }
});

test('I11 a session runs after its store lost an acknowledged resume', async () => {
  const id = await inTheMiddle('lost-resume');
  expect((await call(api(), id, 'pause')).body.state).toBe('paused');
  const { clock } = await api().until(id, ({ state }) => state === 'paused');
  expect((await call(api(), id, 'resume')).body.state).toBe('running');
  await sessions.driftTo(id, 'pause');
  await api().until(id, (seen) => seen.clock! > clock! && seen.state === 'running', 15_000);
  expect(await sessions.control(id)).toBe('run');
  await call(api(), id, 'stop');
});

test('I3 I11 a session continues, and can be paused, after PostgreSQL lost the commits of its last claims', async () => {
  const id = await inTheMiddle('older-row');
  // As if many claims were lost.
  await sessions.raiseEpoch(id, 500);
  // The reconciler of another coordinator raises the epoch of the row, and the session continues.
  const other = await system.coordinator(FREQUENT_RECONCILER);
  const { clock } = await api().session(id);
  await api().until(id, (seen) => seen.clock! > clock!);
  // Claims are lost once more. This time the call that pauses the session raises the epoch of the row.
  await sessions.raiseEpoch(id, 900);
  expect((await call(api(), id, 'pause')).body.state).toBe('paused');
  await sessions.untilControl(id, 'pause');
  await other.signal('SIGKILL');
});

test('I13 a repeated call leads to the state that it names', async () => {
  const id = await inTheMiddle('repeated');
  for (const [action, state] of [
    ['pause', 'paused'],
    ['pause', 'paused'],
    ['resume', 'running'],
    ['resume', 'running'],
    ['start', 'running'],
    ['stop', 'stopped'],
    ['stop', 'stopped'],
  ] as const) {
    const answer = await call(api(), id, action);
    expect(`${action}: ${answer.status} ${answer.body.state}`).toBe(`${action}: 200 ${state}`);
  }
  await sessions.driftTo(id, 'run');
  expect((await call(api(), id, 'stop')).status).toBe(200);
  expect(await sessions.control(id)).toBe('stop');
});

test('I13 a resume while the store is down is answered 202, and the session runs soon after the store is up', async () => {
  const id = await inTheMiddle('away');
  await call(api(), id, 'pause');
  const other = await system.coordinator({ SESSION_REDIS_URL: gate.url }); // its reconciler writes `control` after the outage
  await owner.signal('SIGKILL');
  owner = other; // also for the tests below
  await gate.shut();
  const resumed = await call(api(), id, 'resume');
  expect(resumed).toMatchObject({ status: 202, body: { state: 'running', waitingFor: { kind: 'server' } } });
  expect(await sessions.control(id)).toBe('pause');
  await gate.open();
  await sessions.untilControl(id, 'run', 15_000);
  const { clock } = await api().session(id);
  await api().until(id, (seen) => seen.clock! > clock!, 15_000);
});

test('I11 the reconciler corrects the store of one session even when the store of another one is broken', async () => {
  const drifted = await inTheMiddle('drifted');
  const broken = await inTheMiddle('broken');
  for (const id of [drifted, broken]) await call(api(), id, 'pause');
  await sessions.breakStore(broken);
  await sessions.driftTo(drifted, 'run');
  const other = await system.coordinator(FREQUENT_RECONCILER);
  await sessions.untilControl(drifted, 'pause');
  await other.signal('SIGKILL');
});

test('I11 the stream and the upkeep of a session that has failed in its row end, and the state is emitted', async () => {
  const id = await inTheMiddle('failed-row');
  await sessions.failRow(id);
  await sessions.untilFailedEvent(id);
  await sessions.untilControl(id, 'stop');
});

test('I11 the reconciler emits the state of a session whose coordinator died before it could, and ends its upkeep', async () => {
  const id = await inTheMiddle('not-emitted');
  await call(api(), id, 'pause');
  await api().eventually(
    () => eventsOf(system.sessionPrefix, id, new Set(['state'])), // the clock may still move after the event
    (events) => events.at(-1)?.fields['state'] === 'paused',
  );
  await sessions.failRow(id);
  await sessions.driftTo(id, 'run');
  const other = await system.coordinator(FREQUENT_RECONCILER);
  await sessions.untilFailedEvent(id);
  await sessions.untilControl(id, 'stop');
  await other.signal('SIGKILL');
});

test('I13 a create that is answered 503 because the queue Redis is down leaves no session', async () => {
  const queue = await tcpGate(process.env['REDIS_URL']!, 6379);
  const other = await system.coordinator({ ...NO_RECONCILER, REDIS_URL: queue.url });
  await queue.shut();
  const answer = await new Api(other.url).call('POST', '/v1/sessions?start=true', { ...SPEC, id: 'never' });
  expect(answer.status).toBe(503);
  expect((await api().call('GET', '/v1/sessions/never')).status).toBe(404);
  await other.signal('SIGKILL');
});

test.each(['paused', 'lost'])(
  'I13 a symbol that left a %s session while the store was away leaves the store when it is back',
  async (state) => {
    const id = await inTheMiddle(`left-${state}`);
    await call(api(), id, 'pause');
    await system.query('UPDATE sessions SET state = $2 WHERE id = $1', [id, state]);
    const keysOfSymbol = () => redis.keys(`${system.sessionPrefix}:{${id}:*:BBB:*`);
    expect(await keysOfSymbol()).not.toEqual([]);
    const other = await system.coordinator({ ...NO_RECONCILER, SESSION_REDIS_URL: gate.url });
    await gate.shut();
    // 202: the row has dropped BBB, and the store could not be changed yet.
    expect((await new Api(other.url).call('DELETE', `/v1/sessions/${id}/symbols/BBB`)).status).toBe(202);
    await gate.open();
    const repairing = await system.coordinator(FREQUENT_RECONCILER);
    await api().eventually(keysOfSymbol, (keys) => keys.length === 0, 10_000);
    for (const process of [other, repairing]) await process.signal('SIGKILL');
  },
);

test('I13 the refused rows of a symbol that left are deleted when PostgreSQL first loses their deletion', async () => {
  const id = await inTheMiddle('refused-rows');
  await call(api(), id, 'pause');
  const rows = () => system.query(`SELECT 1 FROM quarantined_bars WHERE symbol = 'BBB'`);
  await system.query(
    `INSERT INTO quarantined_bars (incarnation, dataset, symbol, reason) VALUES ($1, 'stream', 'BBB', 'bad-price')`,
    [await system.incarnationOf(id)],
  );
  // The connection of the removal ends when it commits.
  await system.query(`
    CREATE FUNCTION end_connection() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER at_commit AFTER DELETE ON quarantined_bars
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_connection()`);
  expect((await api().call('DELETE', `/v1/sessions/${id}/symbols/BBB`)).status).toBe(202);
  expect(await rows()).toHaveLength(1);
  await system.query('DROP TRIGGER at_commit ON quarantined_bars');
  const repairing = await system.coordinator(FREQUENT_RECONCILER);
  await api().eventually(rows, (left) => left.length === 0, 10_000);
  await repairing.signal('SIGKILL');
});
