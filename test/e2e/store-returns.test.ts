/**
 * A session Redis that comes back with older data: removed sessions stay removed (I9), and completed ones run to the same end (I1, I11).
 * docs/ARCHITECTURE.md lists the invariants, such as I9.
 */
import type { Api } from '../support/system/api.js';
import { OwnServers, WHOLE_SPEC } from '../support/system/own-servers.js';

let servers: OwnServers;
let api: Api;
beforeAll(async () => {
  servers = await OwnServers.start();
  ({ api } = servers);
});
afterAll(() => servers?.close());

test('I9 keys of a removed session that come back with older data are removed, and another session stays', async () => {
  await api.completed(await api.run({ ...WHOLE_SPEC, id: 'removed' }));
  await api.completed(await api.run({ ...WHOLE_SPEC, id: 'stays' }));
  const digest = await api.digest('stays');
  const restore = await servers.store.snapshot();
  await api.ok('DELETE', '/v1/sessions/removed');
  const keysOfRemoved = () => servers.keysOf('removed');
  expect(await keysOfRemoved()).toEqual([]);
  await restore();
  expect((await keysOfRemoved()).length).toBeGreaterThan(5);
  await api.eventually(keysOfRemoved, (keys) => keys.length === 0);
  expect(await api.digest('stays')).toBe(digest);
});

test('I1 I11 a completed session whose store comes back with older data continues to the same digest', async () => {
  await api.run({ ...WHOLE_SPEC, id: 'older', pace: { mode: 'clock', speed: 40_000 } });
  await api.until('older', ({ clock }) => clock !== null && clock > '2013-10-02');
  const restore = await servers.store.snapshot();
  const end = Date.parse((await api.completed('older')).clock!);
  const digest = await api.digest('older');
  await restore();
  const clockInStore = async () =>
    Number(await servers.store.client.hget(`${servers.system.sessionPrefix}:{older:0}:meta`, 'clock'));
  expect(await clockInStore()).toBeLessThan(end);
  await api.eventually(clockInStore, (clock) => clock === end);
  await api.completed('older');
  expect(await api.digest('older')).toBe(digest);
});

test('I11 a completed session does not wait for consumers that had joined after the state to which its store was set back', async () => {
  const id = 'gathered';
  await api.run({ ...WHOLE_SPEC, id, pace: { mode: 'lockstep', window: 60, consumers: 1 } });
  await api.until(id, ({ waitingFor }) => waitingFor?.kind === 'consumers');
  const restore = await servers.store.snapshot();
  const barkeep = servers.client();
  for await (const _ of barkeep.session(id).follow({ consumer: 'one' }));
  await barkeep.close();
  await api.completed(id);
  const digest = await api.digest(id);
  await restore();
  await api.until(id, ({ state }) => state === 'running');
  await api.completed(id);
  expect(await api.digest(id)).toBe(digest);
});
