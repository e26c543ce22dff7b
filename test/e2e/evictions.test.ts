/**
 * A session Redis that evicts keys: sessions warn of it, and a session that lacks bars is lost, not silently wrong (I11, an invariant of
 * docs/ARCHITECTURE.md). A coordinator concludes that bars were evicted when two facts come together: the server's number of evicted keys
 * has grown, and a chunk of the session is gone. The first test produces them separately, so that it decides which chunks are gone.
 */
import type { Api } from '../support/system/api.js';
import { OwnServers, WHOLE_SPEC } from '../support/system/own-servers.js';

/** Bars of both symbols on a day. */
const DAY_BARS = 2 * 390;
const FILLER_BYTES = 1_000_000;

let servers: OwnServers;
let api: Api;
beforeAll(async () => {
  servers = await OwnServers.start();
  ({ api } = servers);
});
afterAll(() => servers?.close());

/** Makes the server evict keys, and count them. It evicts only keys that expire (`volatile-ttl`): the fillers, and no key of a session. */
async function evictFillers(): Promise<void> {
  const { store } = servers;
  const used = Number(/^used_memory:(\d+)/m.exec(await store.client.info('memory'))![1]);
  await store.config('maxmemory-policy', 'volatile-ttl');
  await store.config('maxmemory', String(used + 5 * FILLER_BYTES));
  for (let i = 0; i < 10; i++) await store.client.set(`filler-${i}`, Buffer.alloc(FILLER_BYTES), 'EX', 600);
  expect(await store.client.info('stats')).toMatch(/^evicted_keys:[1-9]/m);
  await store.config('maxmemory', '0');
}

test('I11 sessions whose bars were evicted are lost with a reason and can be started again; a whole session stays', async () => {
  await api.completed(await api.run({ ...WHOLE_SPEC, id: 'whole' }));
  await api.completed(await api.run({ ...WHOLE_SPEC, id: 'ended' }));
  const digest = await api.digest('ended');
  await api.run({ ...WHOLE_SPEC, id: 'running', pace: { mode: 'clock', speed: 1_200 } });
  await api.until('running', ({ clock }) => clock !== null && clock > '2013-10-01T14'); // it has shown bars: the first day opens at 13:30
  await api.until('running', ({ counts }) => counts.filled > DAY_BARS); // the whole first day is stored, ahead of the clock
  for (const id of ['ended', 'running']) {
    // Removes the chunk that counts as evicted: the 390 bars of AAA on the first day.
    const chunk = `${servers.system.sessionPrefix}:{${id}:0}:chunk:1m:AAA:2013-10-01`;
    expect(await servers.store.client.del(chunk)).toBe(1);
  }
  await evictFillers();
  for (const id of ['ended', 'running']) {
    const { error } = await api.until(id, ({ state }) => state === 'lost');
    expect(error).toBe("the session Redis evicted 390 of the session's bars: expected maxmemory-policy noeviction");
  }
  expect(await api.session('whole')).toMatchObject({ state: 'completed', warnings: [] });
  await api.ok('POST', '/v1/sessions/ended/start');
  await api.completed('ended');
  expect(await api.digest('ended')).toBe(digest);
});

test('I11 a session warns while its Redis may evict bars', async () => {
  await api.completed(await api.run({ ...WHOLE_SPEC, id: 'warns' }));
  const warnings = async () => (await api.ok<{ warnings: string[] }>('GET', '/v1/sessions/warns')).warnings;
  expect(await warnings()).toEqual([]);
  await servers.store.config('maxmemory', '1gb');
  await servers.store.config('maxmemory-policy', 'allkeys-lru');
  await api.eventually(warnings, ([first]) => first?.includes('expected maxmemory-policy noeviction') === true);
  await servers.store.config('maxmemory-policy', 'noeviction');
  await api.eventually(warnings, (found) => found.length === 0);
});
