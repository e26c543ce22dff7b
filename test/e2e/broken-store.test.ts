/** A session whose store holds values that Barkeep never writes reports it. All other sessions and the lists work (I11). */
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-03' };
const SYMBOLS = ['AAA', 'BBB'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };

let system: TestSystem;
let redis: Redis;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  api = new Api((await system.coordinator({ BARKEEP_RECONCILE_SECONDS: '1' })).url);
});

afterAll(async () => {
  await system?.close();
  redis?.disconnect();
});

/** A key of partition 0, which also has the keys of the whole session. */
const key = (id: string, name: string) => `${system.sessionPrefix}:{${id}:0}:${name}`;

/** The listed sessions by id. */
async function listed(view = 'strategy'): Promise<Map<string, Session>> {
  const { sessions } = await api.ok<{ sessions: Session[] }>('GET', `/v1/sessions?view=${view}`);
  return new Map(sessions.map((session) => [session.id, session]));
}

/** Replaces a hash by a text, in one command, so that no process meets a store without the key. */
async function breakKey(name: string): Promise<void> {
  await redis.set(name, 'of another program');
}

test('I11 a completed session with a broken store is lost with a reason and can be started again; others are listed', async () => {
  await api.completed(await api.run({ ...SPEC, id: 'broken' }));
  await api.completed(await api.run({ ...SPEC, id: 'whole' }));
  const digest = await api.digest('broken');
  await breakKey(key('broken', 'meta'));
  for (const view of ['strategy', 'operator']) {
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
  await api.run({ ...SPEC, id: 'paced', pace: { mode: 'clock', speed: 1_200 } });
  await api.until('paced', ({ clock }) => clock !== null && clock > '2013-10-01T14');
  await breakKey(key('paced', 'meta'));
  const lost = await api.until('paced', ({ state }) => state === 'lost');
  expect(lost.error).toContain('WRONGTYPE');
  await api.completed(await api.run({ ...SPEC, id: 'later' }));
  await api.ok('DELETE', '/v1/sessions/paced');
});

test('I11 a session with garbage in a field is shown with a warning', async () => {
  await api.completed(await api.run({ ...SPEC, id: 'garbage' }));
  await redis.hset(key('garbage', 'meta'), 'clock', 'noon');
  await redis.hset(key('garbage', 'stream'), 'wait', '{');
  const sessions = await listed('operator');
  expect(sessions.get('garbage')?.warnings).toEqual([expect.stringContaining('cannot be read')]);
  expect(sessions.get('whole')).toMatchObject({ state: 'completed', progress: 1 });
  await api.ok('DELETE', '/v1/sessions/garbage');
});

test('I9 I11 a session with a broken store and changed symbols is removed with all of its keys', async () => {
  await api.run({ ...SPEC, id: 'changed', symbols: ['AAA'], pace: { mode: 'clock', speed: 1_200 } });
  await api.until('changed', ({ clock }) => clock !== null && clock > '2013-10-01T14');
  await api.ok('POST', '/v1/sessions/changed/symbols/BBB');
  await breakKey(key('changed', 'meta'));
  await api.ok('DELETE', '/v1/sessions/changed');
  const keysOfAllPartitions = `${system.sessionPrefix}:{changed:*}:*`;
  await api.eventually(
    () => redis.keys(keysOfAllPartitions),
    (keys) => keys.length === 0,
  );
});
