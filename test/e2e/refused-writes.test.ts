/**
 * Servers that refuse writes for a while, because they are full or read-only: failed calls leave nothing behind (I13), programs that follow a
 * session continue (I11), and a full session Redis can get room again.
 * docs/ARCHITECTURE.md lists the invariants, such as I13.
 */
import type { Api, Session } from '../support/system/api.js';
import { OwnServers, WHOLE_SPEC } from '../support/system/own-servers.js';

let servers: OwnServers;
let api: Api;
beforeAll(async () => {
  servers = await OwnServers.start();
  ({ api } = servers);
});
afterAll(() => servers?.close());

/** Ends all other connections to the database, so that new ones have its new settings. */
async function endConnections(database: string): Promise<void> {
  await servers.system.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [database],
  );
}

const ready = () => api.call<{ checks: Record<string, string> }>('GET', '/health/ready');

test.each([
  ['queue-redis', () => servers.queue],
  ['session-redis', () => servers.store],
] as const)('I13 three creates that are answered 503 while %s is read-only leave no session', async (name, server) => {
  // A replica is read-only. Nothing listens on port 1, so it gets no other data.
  await server().control('REPLICAOF', '127.0.0.1', 1);
  expect(await ready()).toMatchObject({ status: 503, body: { checks: { [name]: 'down', postgres: 'up' } } });
  for (let i = 0; i < 3; i++) expect((await api.call('POST', '/v1/sessions?start=true', WHOLE_SPEC)).status).toBe(503);
  await server().control('REPLICAOF', 'NO', 'ONE');
  await api.eventually(ready, ({ status }) => status === 200);
  // A session that is created now runs to its end. By then a session of a failed call would be in the list.
  await api.completed(await api.run({ ...WHOLE_SPEC, id: `after-${name}` }));
  const { sessions } = await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions');
  expect(sessions.map(({ id }) => id)).toEqual([`after-${name}`]);
  await api.ok('DELETE', `/v1/sessions/after-${name}`);
});

test('a full Redis and a read-only PostgreSQL are not ready', async () => {
  await servers.whileStoreIsFull(async () => {
    expect(await ready()).toMatchObject({ status: 503, body: { checks: { 'session-redis': 'down' } } });
  });

  const database = new URL(servers.system.databaseUrl).pathname.slice(1);
  await servers.system.query(`ALTER DATABASE "${database}" SET default_transaction_read_only = on`);
  await endConnections(database);
  expect(await ready()).toMatchObject({ status: 503, body: { checks: { postgres: 'down', 'session-redis': 'up' } } });
  await servers.system.query(
    `BEGIN READ WRITE; ALTER DATABASE "${database}" RESET default_transaction_read_only; COMMIT`,
  );
  await endConnections(database);
  await api.eventually(ready, ({ status }) => status === 200);
});

test('I11 a consumer continues when the session Redis was full for a moment', async () => {
  const pace = { mode: 'lockstep', window: 60, consumers: 1, heartbeatSeconds: 5 };
  await api.run({ ...WHOLE_SPEC, id: 'full', pace });
  const barkeep = servers.client();
  try {
    const times: number[] = [];
    for await (const { time } of barkeep.session('full').follow({ consumer: 'one' })) {
      times.push(time);
      if (times.length !== 400) continue;
      // The store refuses the acknowledgement of this step for two seconds.
      await servers.store.config('maxmemory', '1kb');
      setTimeout(() => void servers.store.config('maxmemory', '0'), 2_000);
    }
    expect(times).toEqual([...new Set(times)].sort());
    expect(times).toHaveLength(3 * 390);
  } finally {
    await barkeep.close();
  }
  await api.completed('full');
});

test('a full session Redis gets room again: expired sessions are removed although the control of a paused one cannot be written', async () => {
  await api.completed(await api.run({ ...WHOLE_SPEC, id: 'expired' }));
  await servers.runSlowly('paused');
  expect((await servers.keysOf('expired')).length).toBeGreaterThan(0);
  await servers.whileStoreIsFull(async () => {
    await api.ok('POST', '/v1/sessions/paused/pause');
    await servers.system.query(
      `UPDATE sessions SET spec = jsonb_set(spec, '{retentionHours}', '0.00001') WHERE id = 'expired'`,
    );
    await api.eventually(
      () => servers.keysOf('expired'),
      (keys) => keys.length === 0,
    );
  });
  await api.ok('DELETE', '/v1/sessions/paused');
});

test('I9 I13 a session whose symbols could not change in a full session Redis can be removed to make room', async () => {
  await servers.runSlowly('changed');
  await servers.whileStoreIsFull(async () => {
    expect((await api.call('DELETE', '/v1/sessions/changed/symbols/BBB')).status).toBe(202);
    const added = await api.call('POST', '/v1/sessions/changed/symbols/CCC');
    expect(added).toMatchObject({ status: 202, body: { state: 'joining' } });
    expect((await api.call('DELETE', '/v1/sessions/changed')).status).toBe(204);
    expect(await servers.keysOf('changed')).toEqual([]);
  });
});
