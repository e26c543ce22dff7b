/**
 * A session whose store holds values that Barkeep never writes reports it. All other sessions and the lists work (I11).
 * docs/ARCHITECTURE.md lists the invariants, such as I11.
 */
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-03' };
const SYMBOLS = ['AAA', 'BBB'];
/** 20 simulated minutes in a second: the session still runs when the test breaks its store. */
const SLOW_PACE = { mode: 'clock', speed: 1_200 };
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };

let system: TestSystem;
let redis: Redis;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  api = new Api((await system.coordinator({ BARKEEP_RECONCILE_SECONDS: '1' })).url);
  await api.completed(await api.run({ ...SPEC, id: 'whole' }));
});

afterAll(async () => {
  await system?.close();
  redis?.disconnect();
});

/** A key of partition 0, which has the meta hash of the whole session. */
const key = (id: string, name: string) => `${system.sessionPrefix}:{${id}:0}:${name}`;

/** The list of sessions, by id. */
async function listed(view: 'strategy' | 'operator'): Promise<Map<string, Session>> {
  const { sessions } = await api.ok<{ sessions: Session[] }>('GET', `/v1/sessions?view=${view}`);
  return new Map(sessions.map((session) => [session.id, session]));
}

/** Replaces a session's meta hash by a text, in one command, so that no process meets a store without the key. */
async function breakStore(id: string): Promise<void> {
  await redis.set(key(id, 'meta'), 'of another program');
}

/** Starts a session at the slow pace, and waits until its clock moves. */
async function runSlowly(spec: { id: string; symbols?: string[] }): Promise<void> {
  await api.run({ ...SPEC, ...spec, pace: SLOW_PACE });
  await api.until(spec.id, ({ clock }) => clock !== null && clock > '2013-10-01T14');
}

test('I11 a completed session with a broken store is lost with a reason and can be started again; others are listed', async () => {
  await api.completed(await api.run({ ...SPEC, id: 'broken' }));
  const digest = await api.digest('broken');
  await breakStore('broken');
  for (const view of ['strategy', 'operator'] as const) {
    const sessions = await listed(view);
    expect(sessions.get('whole')).toMatchObject({ state: 'completed', progress: 1, warnings: [] });
    expect(sessions.get('broken')).toMatchObject({ state: 'lost', error: expect.stringContaining('WRONGTYPE') });
  }
  expect((await api.call('GET', '/v1/sessions/broken/digest')).status).toBe(409);
  expect((await fetch(`${api.url}/metrics`)).status).toBe(200);

  await api.ok('POST', '/v1/sessions/broken/start');
  await api.completed('broken');
  expect(await api.digest('broken')).toBe(digest);
});

test('I11 a running session with a broken store is lost, and another session runs', async () => {
  await runSlowly({ id: 'paced' });
  await breakStore('paced');
  const lost = await api.until('paced', ({ state }) => state === 'lost');
  expect(lost.error).toContain('WRONGTYPE');
  await api.completed(await api.run({ ...SPEC, id: 'later' }));
  await api.ok('DELETE', '/v1/sessions/paced');
});

test('I11 a session with garbage in a field is shown with a warning', async () => {
  await api.completed(await api.run({ ...SPEC, id: 'garbage' }));
  // The clock is not a number, and what the stream waits for is not JSON.
  await redis.hset(key('garbage', 'meta'), 'clock', 'noon');
  await redis.hset(key('garbage', 'stream'), 'wait', '{');
  const sessions = await listed('operator');
  expect(sessions.get('garbage')?.warnings).toEqual([expect.stringContaining('cannot be read')]);
  expect(sessions.get('whole')).toMatchObject({ state: 'completed', progress: 1 });
  await api.ok('DELETE', '/v1/sessions/garbage');
});

test.each([
  ['of its spec', SYMBOLS],
  ['that joined it', ['AAA']],
])('I13 a symbol %s is removed from a session with a broken store by its next start', async (_, symbols) => {
  const keysOfSymbol = () => redis.keys(`${system.sessionPrefix}:{fewer:*:BBB:*`);
  await runSlowly({ id: 'fewer', symbols });
  if (!symbols.includes('BBB')) await api.ok('POST', '/v1/sessions/fewer/symbols/BBB');
  await api.eventually(keysOfSymbol, (keys) => keys.length > 0);
  await breakStore('fewer');
  expect((await api.call('DELETE', '/v1/sessions/fewer/symbols/BBB')).status).toBe(202);
  await api.until('fewer', ({ state }) => state === 'lost');
  await api.ok('POST', '/v1/sessions/fewer/start');
  await api.until('fewer', ({ clock }) => clock !== null);
  expect((await api.session('fewer')).symbols).toEqual(['AAA']);
  expect(await keysOfSymbol()).toEqual([]);
  await api.ok('DELETE', '/v1/sessions/fewer');
});

test.each([
  ['a broken store', breakStore],
  ['garbage for its list of symbols', (id: string) => redis.hset(key(id, 'meta'), 'symbols', '{')],
])('I9 I11 a session with %s and changed symbols is removed with all of its keys', async (_, spoil) => {
  await runSlowly({ id: 'changed', symbols: ['AAA'] });
  await api.ok('POST', '/v1/sessions/changed/symbols/BBB');
  await spoil('changed');
  await api.ok('DELETE', '/v1/sessions/changed');
  const keysOfAllPartitions = `${system.sessionPrefix}:{changed:*}:*`;
  await api.eventually(
    () => redis.keys(keysOfAllPartitions),
    (keys) => keys.length === 0,
  );
});

test('I9 a session that lost its meta hash is removed with the keys of a symbol that had joined and left', async () => {
  const keys = (name = '') => redis.keys(`${system.sessionPrefix}:{evicted:*${name}*`);
  await runSlowly({ id: 'evicted', symbols: ['AAA'] });
  await api.ok('POST', '/v1/sessions/evicted/symbols/BBB');
  await api.eventually(
    () => keys(':BBB:'),
    (found) => found.length > 0,
  );
  await redis.unlink(key('evicted', 'meta'));
  await api.until('evicted', ({ state }) => state === 'lost');
  await api.ok('DELETE', '/v1/sessions/evicted/symbols/BBB');
  await api.ok('DELETE', '/v1/sessions/evicted');
  expect(await keys()).toEqual([]);
});
