/**
 * Servers that refuse writes for a while, or come back with older data: failed calls leave nothing behind (I13), removed
 * sessions stay removed (I9), and programs that follow a session continue (I11). Starts separate Redis servers.
 * docs/ARCHITECTURE.md lists the invariants, such as I13.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@barkeep/client';
import { RedisServer } from '../faults/lab/redis-server.js';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { FeedRequests } from '../support/programs/feed-requests.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-03' };
const SYMBOLS = ['AAA', 'BBB'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };

const folder = mkdtempSync(join(tmpdir(), 'store-returns-'));
let system: TestSystem;
let queue: RedisServer;
let store: RedisServer;
let api: Api;

beforeAll(async () => {
  queue = await RedisServer.start(join(folder, 'queue'));
  store = await RedisServer.start(join(folder, 'session'));
  system = await TestSystem.create({ REDIS_URL: queue.url, SESSION_REDIS_URL: store.url });
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  api = new Api((await system.coordinator({ BARKEEP_RECONCILE_SECONDS: '1' })).url);
});

afterAll(async () => {
  await system?.close();
  await Promise.all([queue?.close(), store?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Ends all other connections to the database, so that new ones have its new settings. */
async function endConnections(database: string): Promise<void> {
  await system.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [database],
  );
}

const ready = () => api.call<{ checks: Record<string, string> }>('GET', '/health/ready');

test.each([
  ['queue-redis', () => queue],
  ['session-redis', () => store],
] as const)('I13 three creates that are answered 503 while %s is read-only leave no session', async (name, server) => {
  // A replica is read-only. Nothing listens on port 1, so it gets no other data.
  await server().control('REPLICAOF', '127.0.0.1', 1);
  expect(await ready()).toMatchObject({ status: 503, body: { checks: { [name]: 'down', postgres: 'up' } } });
  for (let i = 0; i < 3; i++) expect((await api.call('POST', '/v1/sessions?start=true', SPEC)).status).toBe(503);
  await server().control('REPLICAOF', 'NO', 'ONE');
  await api.eventually(ready, ({ status }) => status === 200);
  // A session that is created now runs to its end. By then a session of a failed call would be in the list.
  await api.completed(await api.run({ ...SPEC, id: `after-${name}` }));
  const { sessions } = await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions');
  expect(sessions.map(({ id }) => id)).toEqual([`after-${name}`]);
  await api.ok('DELETE', `/v1/sessions/after-${name}`);
});

test('a full Redis and a read-only PostgreSQL are not ready', async () => {
  await store.config('maxmemory', '1kb');
  expect(await ready()).toMatchObject({ status: 503, body: { checks: { 'session-redis': 'down' } } });
  await store.config('maxmemory', '0');

  const database = new URL(system.databaseUrl).pathname.slice(1);
  await system.query(`ALTER DATABASE "${database}" SET default_transaction_read_only = on`);
  await endConnections(database);
  expect(await ready()).toMatchObject({ status: 503, body: { checks: { postgres: 'down', 'session-redis': 'up' } } });
  await system.query(`BEGIN READ WRITE; ALTER DATABASE "${database}" RESET default_transaction_read_only; COMMIT`);
  await endConnections(database);
  await api.eventually(ready, ({ status }) => status === 200);
});

test('I9 keys of a removed session that come back with older data are removed, and another session stays', async () => {
  await api.completed(await api.run({ ...SPEC, id: 'removed' }));
  await api.completed(await api.run({ ...SPEC, id: 'stays' }));
  const digest = await api.digest('stays');
  const restore = await store.snapshot();
  await api.ok('DELETE', '/v1/sessions/removed');
  const keysOfRemoved = () => store.client.keys(`${system.sessionPrefix}:{removed:*`);
  expect(await keysOfRemoved()).toEqual([]);
  await restore();
  expect((await keysOfRemoved()).length).toBeGreaterThan(5);
  await api.eventually(keysOfRemoved, (keys) => keys.length === 0);
  expect(await api.digest('stays')).toBe(digest);
});

test('I1 I11 a completed session whose store comes back with older data continues to the same digest', async () => {
  await api.run({ ...SPEC, id: 'older', pace: { mode: 'clock', speed: 40_000 } });
  await api.until('older', ({ clock }) => clock !== null && clock > '2013-10-02');
  const restore = await store.snapshot();
  const end = Date.parse((await api.completed('older')).clock!);
  const digest = await api.digest('older');
  await restore();
  const clockInStore = async () => Number(await store.client.hget(`${system.sessionPrefix}:{older:0}:meta`, 'clock'));
  expect(await clockInStore()).toBeLessThan(end);
  await api.eventually(clockInStore, (clock) => clock === end);
  await api.completed('older');
  expect(await api.digest('older')).toBe(digest);
});

test('I11 a completed session does not wait for consumers that had joined after the state to which its store was set back', async () => {
  const id = 'gathered';
  await api.run({ ...SPEC, id, pace: { mode: 'lockstep', window: 60, consumers: 1 } });
  await api.until(id, ({ waitingFor }) => waitingFor?.kind === 'consumers');
  const restore = await store.snapshot();
  const barkeep = connect({ coordinator: api.url, redis: store.url, keyPrefix: system.sessionPrefix });
  for await (const _ of barkeep.session(id).follow({ consumer: 'one' }));
  await barkeep.close();
  await api.completed(id);
  const digest = await api.digest(id);
  await restore();
  await api.until(id, ({ state }) => state === 'running');
  await api.completed(id);
  expect(await api.digest(id)).toBe(digest);
});

test('I11 a consumer continues when the session Redis was full for a moment', async () => {
  const pace = { mode: 'lockstep', window: 60, consumers: 1, heartbeatSeconds: 5 };
  await api.run({ ...SPEC, id: 'full', pace });
  const barkeep = connect({ coordinator: api.url, redis: store.url, keyPrefix: system.sessionPrefix });
  try {
    const times: number[] = [];
    for await (const { time } of barkeep.session('full').follow({ consumer: 'one' })) {
      times.push(time);
      if (times.length !== 400) continue;
      // The store refuses the acknowledgement of this step for two seconds.
      await store.config('maxmemory', '1kb');
      setTimeout(() => void store.config('maxmemory', '0'), 2_000);
    }
    expect(times).toEqual([...new Set(times)].sort());
    expect(times).toHaveLength(3 * 390);
  } finally {
    await barkeep.close();
  }
  await api.completed('full');
});

test('a full session Redis gets room again: expired sessions are removed although the control of a paused one cannot be written', async () => {
  await api.completed(await api.run({ ...SPEC, id: 'expired' }));
  await api.run({ ...SPEC, id: 'paused', pace: { mode: 'clock', speed: 60 } });
  await api.until('paused', ({ state, clock }) => state === 'running' && clock !== null);
  const keysOf = (id: string) => store.client.keys(`${system.sessionPrefix}:{${id}:*`);
  expect((await keysOf('expired')).length).toBeGreaterThan(0);
  await store.config('maxmemory', '1kb');
  try {
    await api.ok('POST', '/v1/sessions/paused/pause');
    await system.query(
      `UPDATE sessions SET spec = jsonb_set(spec, '{retentionHours}', '0.00001') WHERE id = 'expired'`,
    );
    await api.eventually(
      () => keysOf('expired'),
      (keys) => keys.length === 0,
    );
  } finally {
    await store.config('maxmemory', '0');
  }
  await api.ok('DELETE', '/v1/sessions/paused');
});

test('I9 I13 a session whose symbols could not change in a full session Redis can be removed to make room', async () => {
  await api.run({ ...SPEC, id: 'changed', pace: { mode: 'clock', speed: 60 } });
  await api.until('changed', ({ state, clock }) => state === 'running' && clock !== null);
  await store.config('maxmemory', '1kb');
  try {
    expect((await api.call('DELETE', '/v1/sessions/changed/symbols/BBB')).status).toBe(503);
    expect((await api.call('DELETE', '/v1/sessions/changed')).status).toBe(204);
    expect(await store.client.keys(`${system.sessionPrefix}:{changed:*`)).toEqual([]);
  } finally {
    await store.config('maxmemory', '0');
  }
});

test('I5 I13 a late bar of a completed session is derived although the queue Redis was away when it came', async () => {
  const requests = new FeedRequests(api);
  const bars = marketBars({ start: DATES.start, end: DATES.start, symbols: ['AAA'], seed: 5 }).get('AAA')!;
  const worker = await system.worker();
  const upkeep = { everySeconds: 3_600 };
  const fed = {
    symbols: ['AAA'],
    start: DATES.start,
    end: DATES.start,
    source: { type: 'feed' },
    derivedIntervals: ['5m'],
  };
  await api.run({ ...fed, id: 'late', upkeep });
  await requests.feed('late', 'AAA', bars.toSpliced(7, 1));
  await requests.end('late', 'AAA');
  await api.completed('late');
  await queue.shutdown();
  expect(await requests.feed('late', 'AAA', [bars[7]])).toMatchObject({ accepted: 1, late: 1 });
  await queue.start();
  const secondBar = async () => (await api.bars('late', 'AAA', 'interval=5m&last=1000'))[1];
  await api.eventually(secondBar, (bar) => bar?.sourceCount === 5);
  await worker.signal('SIGTERM');
});

test('I13 symbols are removed and added while the queue Redis is away', async () => {
  await api.run({ ...SPEC, id: 'members', upkeep: {}, pace: { mode: 'clock', speed: 60 } });
  await api.until('members', ({ state, clock }) => state === 'running' && clock !== null);
  await queue.shutdown();
  try {
    expect((await api.call('DELETE', '/v1/sessions/members/symbols/BBB')).status).toBe(204);
    expect((await api.session('members')).symbols).toEqual(['AAA']);
    await api.ok('POST', '/v1/sessions/members/symbols/BBB');
  } finally {
    await queue.start();
  }
  await api.ok('DELETE', '/v1/sessions/members');
});
