/**
 * How this version reads or refuses the data of Barkeep 0.1 (test/fixtures/0.1), and what happens when processes of other
 * versions still run.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@barkeep/client';
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { importLines } from '../support/data/import-lines.js';
import { FIXTURE, loadFixture } from '../support/setup/fixture-0.1.js';
import { type SystemProcess, TestSystem } from '../support/system/system.js';

/** Limit of a wait: that of a test. */
const WAIT_MS = 60_000;

let system: TestSystem;
let coordinator: SystemProcess;
let api: Api;
let queueRedis: Redis;
let sessionRedis: Redis;
/** Keys of the queues of 0.1, before any process of this version ran. */
let oldQueueKeys: string[];

beforeAll(async () => {
  system = await TestSystem.create({ BARKEEP_RECONCILE_SECONDS: '1' });
  await loadFixture(system);
  queueRedis = new Redis(system.environment['REDIS_URL']!);
  sessionRedis = new Redis(system.environment['SESSION_REDIS_URL']!);
  oldQueueKeys = await queueKeysOf01();
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
}, 120_000);

afterAll(async () => {
  queueRedis?.disconnect();
  sessionRedis?.disconnect();
  await system?.close();
});

/** Keys of the queues of 0.1. Those of this version have the format in their prefix, such as `v2`. */
async function queueKeysOf01(): Promise<string[]> {
  const keys = await queueRedis.keys(`${system.queuePrefix}:*`);
  return keys.filter((key) => !key.startsWith(`${system.queuePrefix}:v`)).sort();
}

/** A session as a strategy sees it. */
const session = (id: string) => api.ok<Session>('GET', `/v1/sessions/${id}`);
const until = (id: string, test: (found: Session) => boolean) => api.eventually(() => session(id), test, WAIT_MS);
const start = async (id: string) => expect((await api.call('POST', `/v1/sessions/${id}/start`)).status).toBe(200);
const requestUpkeep = async (id: string) =>
  expect((await api.call('POST', `/v1/sessions/${id}/upkeep`)).status).toBe(202);

describe('a completed session of 0.1', () => {
  // Both days together have 600 slots of a symbol. No dataset has two of them; session `open` also lacks every tenth.
  it.each([
    ['done', '64b484ec6454cedc5cdb0f0bd1ffa06caccc899615632a930a3dee0a314d5e2b', 1_196],
    ['open', '2c4f65d0fcbb815449f4a7941c2ad15a95a426e6dac9c8da38bdb861dc9e35dc', 538],
  ])('I1 has the digest that 0.1 answered: %s', async (id, digest, bars) => {
    expect(await session(id)).toMatchObject({ state: 'completed', progress: 1, counts: { filled: bars } });
    expect((await api.call('GET', `/v1/sessions/${id}/digest`)).body).toMatchObject({ digest, bars });
  });

  it('is equal to the certificate that 0.1 saved, and to a new run of its spec', async () => {
    expect(await system.barkeep('compare', 'done', join(FIXTURE, 'done.certificate.json'))).toMatch(/^equal: 2 days/);
    const { spec } = await session('done');
    const again = { ...spec, id: 'again' };
    expect((await api.call('POST', '/v1/sessions?start=true', again)).status).toBe(201);
    await until('again', ({ state }) => state === 'completed');
    // No dataset has four of its bars. Each call of upkeep requests them once more.
    await api.eventually(
      async () => {
        await requestUpkeep('again');
        return session('again');
      },
      ({ counts }) => counts.unfillable === 4,
      WAIT_MS,
    );
    expect(await system.barkeep('compare', 'done', 'again')).toMatch(/^equal: 2 days/);
  }, 120_000);

  it('answers bars, gaps and events', async () => {
    const path = '/v1/sessions/done/symbols/AAA';
    expect(await api.ok('GET', `${path}/bars?interval=5m&last=200`)).toHaveLength(120);
    expect(await api.ok('GET', `${path}/gaps`)).toMatchObject([
      { bars: 1, status: 'unfillable' },
      { bars: 1, status: 'unfillable' },
    ]);
    const events = await system.barkeep('events', 'done', '--from', 'beginning', '--types', 'day-closed');
    expect(events).toContain('day-closed');
  });
});

describe('a session of 0.1 that had not ended or was stopped', () => {
  it.each(['running', 'paused', 'stopped', 'fed'])('is lost, and its error says to start it again: %s', async (id) => {
    const { state, error, clock } = await session(id);
    expect({ state, clock }).toEqual({ state: 'lost', clock: null });
    expect(error).toMatch(/written by Barkeep 0\.1.*start it again/);
    expect((await api.call('GET', `/v1/sessions/${id}/symbols/AAA/bars?last=5`)).status).toBe(409);
  });

  it('streams again from its first bar when it is started', async () => {
    await start('paused');
    const barkeep = connect({ coordinator: coordinator.url, env: system.environment });
    let bars = 0;
    for await (const step of barkeep.session('paused').follow({ consumer: 'one' })) bars += step.barCount;
    await barkeep.close();
    expect(bars).toBe(598);
    await until('paused', ({ state }) => state === 'completed');
  });

  it('leaves no keys in the session Redis', async () => {
    await api.eventually(
      () => sessionRedis.keys(`${system.sessionPrefix}:{stopped:*`),
      (keys) => keys.length === 0,
      WAIT_MS,
    );
  });
});

it('a session that 0.1 created and did not start runs', async () => {
  expect(await session('created')).toMatchObject({ state: 'created' });
  await start('created');
  await until('created', ({ state }) => state === 'completed');
});

it('bars that are imported now fill gaps in a store of 0.1', async () => {
  const rows = ['2013-11-29T16:10:00Z', '2013-12-02T16:10:00Z'].map((time) => `${time},AAA,100,101,99,100,5`);
  await importLines(system, 'reference', ['time,symbol,open,high,low,close,volume', ...rows]);
  await requestUpkeep('done');
  await until('done', ({ counts }) => counts.filled === 1_196 + rows.length);
});

describe('processes of another version', () => {
  it('I3 a process of 0.1 cannot claim or create a session, because its statements fail', async () => {
    const claim = `UPDATE sessions SET epoch = epoch + 1, owner = 'old' WHERE id = 'running' RETURNING id, epoch, run, owner`;
    await expect(system.query(claim)).rejects.toThrow('column "run" does not exist');
    const insert = `INSERT INTO sessions (id, spec, history_days) VALUES ('old', '{}', 0)`;
    await expect(system.query(insert)).rejects.toThrow('null value in column "format"');
  });

  it('processes of 0.1 share no jobs with processes of this version', async () => {
    expect(oldQueueKeys).toContain(`${system.queuePrefix}:stream:active`);
    expect(await queueKeysOf01()).toEqual(oldQueueKeys);
  });

  it('a session of a later format is neither claimed nor listed', async () => {
    await system.query(`UPDATE sessions SET state = 'running', format = 3 WHERE id = 'stopped'`);
    const epoch = () => system.query(`SELECT epoch FROM sessions WHERE id = 'stopped'`);
    const before = await epoch();
    // Another session is streamed meanwhile, so the coordinator works; two seconds are two rounds of its reconciler.
    await start('running');
    await until('running', ({ clock }) => clock !== null);
    await delay(2_000);
    expect(await epoch()).toEqual(before);
    const { sessions } = await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions');
    expect(sessions.map(({ id }) => id)).not.toContain('stopped');
  });

  it('this version does not start after a later version has changed the schema', async () => {
    await system.query(`INSERT INTO migrations ("timestamp", name) VALUES (1, 'OfALaterVersion1')`);
    await expect(system.coordinator()).rejects.toThrow(/was one that a later version has changed \(OfALaterVersion1\)/);
    await expect(system.barkeep('datasets')).rejects.toThrow(/a later version has changed/);
  });
});
