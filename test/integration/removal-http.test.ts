/**
 * Sessions that are removed by calls and by the reconciler while other calls start them again or use their ids again, and lost ones.
 * I9, I11, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import { randomUUID } from 'node:crypto';
import { withSessionLock } from '@barkeep/bar-repository';
import { loadConfig } from '@barkeep/service';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { APP_CONTEXT, type AppContext } from '../../apps/coordinator/src/runtime.js';
import { createTestDatabase, untilLockAwaited, type TestDatabase } from '../support/setup/database.js';
import { latch } from '../support/setup/latch.js';
import { Api, type Session } from '../support/system/api.js';
import { inProcessEnvironment, removeAllKeys } from '../support/system/in-process.js';

const prefix = `removal-${randomUUID()}`;
const otherPrefix = `other-${randomUUID()}`;
/** The dataset has no bars, and no worker runs: the clock waits for upkeep until the session is stopped. */
const SPEC = {
  symbols: ['SPY'],
  start: '2013-10-07',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
  backfill: ['lean'],
};

let database: TestDatabase;
let coordinator: Coordinator;
/** A coordinator of another deployment on the same database: it has another key prefix. */
let other: Coordinator;
let api: Api;
let dataSource: DataSource;
let store: Redis;

beforeAll(async () => {
  database = await createTestDatabase();
  store = new Redis(process.env['SESSION_REDIS_URL']!);
  const environmentOf = (keyPrefix: string) => ({
    ...inProcessEnvironment(database.url, keyPrefix),
    BARKEEP_RECONCILE_SECONDS: '1',
  });
  coordinator = await startCoordinator(loadConfig(environmentOf(prefix)));
  other = await startCoordinator(loadConfig(environmentOf(otherPrefix)));
  api = new Api(coordinator.url);
  ({ dataSource } = coordinator.app.get<AppContext>(APP_CONTEXT).connections);
  await dataSource.query("INSERT INTO datasets (name) VALUES ('lean')");
});

afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await coordinator?.stop.run();
  await other?.stop.run();
  await removeAllKeys(prefix);
  await removeAllKeys(otherPrefix);
  store?.disconnect();
  await database?.drop();
});

/** Creates and starts a session, and stops it when it has a store. */
async function stoppedSession(id: string): Promise<void> {
  await api.run({ ...SPEC, id });
  await api.until(id, ({ clock }) => clock !== null);
  await api.ok('POST', `/v1/sessions/${id}/stop`);
}

/** Id and incarnation of a session. */
async function keyOf(id: string): Promise<{ id: string; incarnation: string }> {
  const sql = 'SELECT id, incarnation FROM sessions WHERE id = $1';
  const [row] = await dataSource.query<[{ id: string; incarnation: string }]>(sql, [id]);
  return row;
}

const hasStore = async (id: string) => (await store.exists(`${prefix}:{${id}:0}:meta`)) === 1;

test('I9 the slower of two calls that remove a session leaves a new session of its id alone', async () => {
  await stoppedSession('twice');
  // The test holds the session's lock. It acts as the faster call, which removes the session, and as a third call, which creates a
  // new session under the id: it changes the incarnation. The slower call waits for the lock meanwhile.
  const slower = await withSessionLock(dataSource, await keyOf('twice'), async (_, manager) => {
    const answer = api.call('DELETE', '/v1/sessions/twice');
    await Promise.race([answer, untilLockAwaited(manager)]);
    expect(await hasStore('twice')).toBe(true);
    await manager.query("UPDATE sessions SET incarnation = gen_random_uuid() WHERE id = 'twice'");
    return { answer }; // in an object, because awaiting the answer here would hold the lock until it came
  });
  expect((await slower.answer).status).toBe(204);
  expect(await hasStore('twice')).toBe(true);
  expect(await keyOf('twice')).toBeDefined();
});

test('a session that is started again while the reconciler removes other expired ones is not removed', async () => {
  const ids = ['first', 'started', 'last'];
  for (const id of ids) await stoppedSession(id);
  const first = await keyOf('first');
  await withSessionLock(dataSource, first, async (_, manager) => {
    // The sessions expire in one statement, so that one round of the reconciler reads all three, oldest first. The statement runs on
    // another connection than `manager`, which commits later.
    const expire = `UPDATE sessions
      SET completed_at = now() - interval '2 days' + array_position($1::text[], id) * interval '1 minute' WHERE id = ANY($1)`;
    await dataSource.query(expire, [ids]);
    await untilLockAwaited(manager); // the round has read its list, and removes the first one
    await api.ok('POST', '/v1/sessions/started/start');
  });
  const sessionsLeft = () => dataSource.query<{ id: string }[]>('SELECT id FROM sessions WHERE id = ANY($1)', [ids]);
  const left = await api.eventually(sessionsLeft, (rows) => rows.every(({ id }) => id !== 'last'));
  expect(left).toEqual([{ id: 'started' }]);
  expect(await hasStore('started')).toBe(true);
  expect(await api.session('started')).toMatchObject({ error: null });
  expect(await hasStore('first')).toBe(false);
});

test('I11 neither a list nor the repair of another session waits for the removal of an expired one', async () => {
  await stoppedSession('large');
  await stoppedSession('drifted');
  const { sessionRedis } = coordinator.app.get<AppContext>(APP_CONTEXT).connections;
  const [begun, ended] = [latch(), latch()];
  // The removal of the first key, which holds the state of the session, ends late.
  jest.spyOn(sessionRedis, 'unlink').mockImplementationOnce(async (key) => {
    const removed = await store.unlink(key as unknown as string);
    begun.open();
    await ended.opened;
    return removed;
  });
  await dataSource.query("UPDATE sessions SET completed_at = now() - interval '1 month' WHERE id = 'large'");
  await begun.opened;
  const { sessions } = await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions');
  expect(sessions.find(({ id }) => id === 'large')).toMatchObject({ state: 'stopped', clock: null });
  const metaKey = `${prefix}:{drifted:0}:meta`;
  await store.hset(metaKey, 'control', 'run'); // as if the session Redis had lost the stop
  await api.eventually(
    () => store.hget(metaKey, 'control'),
    (control) => control === 'stop',
  );
  ended.open();
  await api.eventually(
    () => api.call('GET', '/v1/sessions/large'),
    ({ status }) => status === 404,
  );
});

test('I13 upkeep of a session whose store is gone is refused', async () => {
  await stoppedSession('gone');
  expect((await api.call('POST', '/v1/sessions/gone/upkeep')).status).toBe(202);
  await store.del(`${prefix}:{gone:0}:meta`);
  const { status, body } = await api.call<{ type: string }>('POST', '/v1/sessions/gone/upkeep');
  expect({ status, type: body.type }).toEqual({ status: 409, type: 'urn:barkeep:problem:session-lost' });
});

test('a list whose rows were read before a session was created again under its id does not mark the new one as lost', async () => {
  await stoppedSession('again');
  // No other call has this limit. The coordinator reads one row more, to learn whether there is a next page.
  const limit = 77;
  const query = dataSource.query.bind(dataSource);
  const spy = jest.spyOn(dataSource, 'query').mockImplementation(async (...[sql, parameters]) => {
    const rows = await query(sql, parameters);
    const isReadOfList = (parameters as unknown[] | undefined)?.includes(limit + 1);
    if (!isReadOfList) return rows;
    spy.mockRestore();
    await api.ok('DELETE', '/v1/sessions/again');
    await stoppedSession('again');
    return rows;
  });
  await api.ok('GET', `/v1/sessions?limit=${limit}`);
  expect(await api.session('again')).toMatchObject({ state: 'stopped', error: null });
});

test('a coordinator of another deployment neither shows nor changes a session', async () => {
  await stoppedSession('ours');
  const theirs = new Api(other.url);
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/digest'],
    ['POST', '/start'],
    ['DELETE', ''],
  ] as const) {
    expect((await theirs.call(method, `/v1/sessions/ours${path}`)).status).toBe(404);
  }
  const { status, body } = await theirs.call<{ type: string; detail: string }>('POST', '/v1/sessions', {
    ...SPEC,
    id: 'ours',
  });
  expect(status).toBe(409);
  expect(body.type).toBe('urn:barkeep:problem:session-conflict');
  expect(body.detail).toContain(`BARKEEP_SESSION_PREFIX=${prefix}`);
  expect(await api.session('ours')).toMatchObject({ state: 'stopped' });
});
