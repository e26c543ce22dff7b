/**
 * A coordinator's HTTP service on real servers: sessions, answers while a server is away, and the stop.
 * I13: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { randomUUID } from 'node:crypto';
import { sessionPageAnswer } from '@barkeep/api';
import { withSessionLock } from '@barkeep/bar-repository';
import { loadConfig } from '@barkeep/service';
import { Redis } from 'ioredis';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { APP_CONTEXT, type AppContext } from '../../apps/coordinator/src/runtime.js';
import { createTestDatabase, untilLockAwaited, type TestDatabase } from '../support/setup/database.js';
import { untilTrue } from '../support/setup/until-true.js';
import { postTo, problemIn, sessionIn } from '../support/system/http-calls.js';
import { inProcessEnvironment, removeAllKeys } from '../support/system/in-process.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const prefix = `http-${randomUUID()}`;
/** The spec of the sessions. Its dataset has no bars. */
const spec = {
  symbols: ['SPY', 'IBM'],
  start: '2013-10-07',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
};

let database: TestDatabase;
/** Gates in front of the coordinator's servers: a server is away while its gate is shut. */
let postgres: TcpGate;
let queueRedis: TcpGate;
let coordinator: Coordinator;

beforeAll(async () => {
  database = await createTestDatabase();
  postgres = await tcpGate(database.url, 5432);
  queueRedis = await tcpGate(process.env['REDIS_URL']!, 6379);
  const environment = { ...inProcessEnvironment(postgres.url, prefix), REDIS_URL: queueRedis.url };
  coordinator = await startCoordinator(loadConfig(environment));
  await query("INSERT INTO datasets (name) VALUES ('lean')");
});

afterAll(async () => {
  await coordinator?.stop.run();
  await removeAllKeys(prefix);
  await postgres?.shut();
  await queueRedis?.shut();
  await database?.drop();
});

const get = (path: string, init?: RequestInit) => fetch(coordinator.url + path, init);
const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  postTo(coordinator.url + path, body, headers);
const deleteSession = (id: string) => get(`/v1/sessions/${id}`, { method: 'DELETE' });

/** The coordinator's own connections. */
function connections(): AppContext['connections'] {
  return coordinator.app.get<AppContext>(APP_CONTEXT).connections;
}

/** Runs a statement on the coordinator's database. */
const query = <Rows>(sql: string) => connections().dataSource.query<Rows>(sql);

/** Waits until `check` is true. An error counts as false. */
const until = (check: () => Promise<boolean>) => untilTrue(() => check().catch(() => false));

describe('sessions', () => {
  it('a creation is answered 201 with a Location, and its repeat 200', async () => {
    // Most later tests of this file use this session.
    const first = await post('/v1/sessions', { ...spec, id: 'one' });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe('/v1/sessions/one');
    expect(await sessionIn(first)).toMatchObject({ id: 'one', state: 'created' });
    const second = await post('/v1/sessions', { ...spec, id: 'one' });
    expect(second.status).toBe(200);
  });

  it('a creation under the id of a session with another spec is answered 409', async () => {
    const response = await post('/v1/sessions', { ...spec, id: 'one', symbols: ['BAC'] });
    expect((await problemIn(response)).type).toBe('urn:barkeep:problem:session-conflict');
  });

  it('calls with one Idempotency-Key create one session, and a key of 256 characters is refused', async () => {
    const headers = { 'Idempotency-Key': 'k-1' };
    const first = await sessionIn(await post('/v1/sessions', spec, headers));
    const again = await post('/v1/sessions', spec, headers);
    expect(again.status).toBe(200);
    expect((await sessionIn(again)).id).toBe(first.id);
    const problem = await problemIn(await post('/v1/sessions', spec, { 'Idempotency-Key': 'x'.repeat(256) }));
    expect(problem.problems).toMatchObject([{ field: 'Idempotency-Key' }]);
  });

  it('I13 a repeated creation finds its session after the datasets of the session were removed', async () => {
    await query("INSERT INTO datasets (name) VALUES ('short-lived')");
    const headers = { 'Idempotency-Key': 'k-2' };
    const repaired = { ...spec, backfill: ['short-lived'] };
    const named = { ...repaired, id: 'named' };
    const first = await sessionIn(await post('/v1/sessions', repaired, headers));
    expect((await post('/v1/sessions', named)).status).toBe(201);
    await query("DELETE FROM datasets WHERE name = 'short-lived'");
    const again = await post('/v1/sessions', repaired, headers);
    expect(again.status).toBe(200);
    expect((await sessionIn(again)).id).toBe(first.id);
    expect((await post('/v1/sessions', named)).status).toBe(200);
    const problem = await problemIn(await post('/v1/sessions', { ...repaired, id: 'another' }));
    expect(problem.problems).toMatchObject([{ field: 'backfill[0]' }]);
  });

  it('I13 calls at the same time create and start a session once, and each call to pause it succeeds', async () => {
    const headers = { 'Idempotency-Key': 'k-3' };
    const created = await Promise.all(Array.from({ length: 8 }, () => post('/v1/sessions?start=true', spec, headers)));
    expect(created.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const { id } = await sessionIn(created[0]!);
    const paused = await Promise.all(Array.from({ length: 8 }, () => post(`/v1/sessions/${id}/pause`)));
    expect(new Set(paused.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await deleteSession(id)).status).toBe(204);
  });

  it('the list of sessions comes in pages, and an unknown cursor is refused', async () => {
    const pageOf = async (parameters: string) =>
      sessionPageAnswer.parse(await (await get(`/v1/sessions?${parameters}`)).json());
    const { sessions, nextCursor } = await pageOf('limit=1');
    expect(sessions).toHaveLength(1);
    expect((await pageOf(`limit=500&cursor=${nextCursor}`)).nextCursor).toBeNull();
    const problem = await problemIn(await get('/v1/sessions?cursor=nonsense'));
    expect(problem.problems).toMatchObject([{ field: 'cursor' }]);
  });

  it('a call is answered 409 in the wrong state, and 404 when the session is unknown', async () => {
    expect((await problemIn(await post('/v1/sessions/one/resume'))).type).toBe('urn:barkeep:problem:wrong-state');
    expect((await problemIn(await post('/v1/sessions/nobody/stop'))).status).toBe(404);
    expect((await problemIn(await get('/v1/sessions/%00'))).type).toBe('urn:barkeep:problem:unknown-session');
    expect((await problemIn(await get('/v1/sessions/nobody/digest'))).status).toBe(404);
  });

  it('a deletion is answered 204', async () => {
    await post('/v1/sessions', { ...spec, id: 'gone' });
    expect((await deleteSession('gone')).status).toBe(204);
    expect((await get('/v1/sessions/gone')).status).toBe(404);
  });
});

describe('lost sessions', () => {
  /** A connection to the session stores. */
  let store: Redis;
  beforeAll(() => void (store = new Redis(process.env['SESSION_REDIS_URL']!)));
  afterAll(() => store.disconnect());

  /** Starts a session, and marks it as lost once it has a store. @returns a key of the store */
  async function startAndLose(id: string): Promise<string> {
    await post('/v1/sessions?start=true', { ...spec, id });
    const metaKey = `${prefix}:{${id}:0}:meta`;
    await until(async () => (await store.exists(metaKey)) === 1);
    await query(`UPDATE sessions SET state = 'lost' WHERE id = '${id}'`);
    return metaKey;
  }

  it('I13 a resume is answered 409, and the session keeps its store', async () => {
    const metaKey = await startAndLose('lost');
    expect((await problemIn(await post('/v1/sessions/lost/resume'))).type).toBe('urn:barkeep:problem:wrong-state');
    expect(await store.exists(metaKey)).toBe(1);
    expect((await deleteSession('lost')).status).toBe(204);
  });

  it('I13 the faster of two calls starts the session, and the slower call leaves the new store alone', async () => {
    const metaKey = await startAndLose('twice');
    const { dataSource } = connections();
    const [row] = await query<[{ incarnation: string }]>("SELECT incarnation FROM sessions WHERE id = 'twice'");
    await store.hset(metaKey, 'mark', 'of the new store');
    // The test acts as the faster call: it holds the session's lock, and starts the session. The slower call waits for the lock
    // meanwhile. It must then find the session running, and neither start it again nor empty its store.
    const slower = await withSessionLock(dataSource, { id: 'twice', ...row }, async (_, manager) => {
      const answer = post('/v1/sessions/twice/start');
      await Promise.race([answer, untilLockAwaited(manager)]);
      await manager.query("UPDATE sessions SET state = 'running', starts = starts + 1 WHERE id = 'twice'");
      return { answer }; // in an object, because awaiting the answer here would hold the lock until it came
    });
    expect((await slower.answer).status).toBe(200);
    expect(await store.hget(metaKey, 'mark')).toBe('of the new store');
    expect((await deleteSession('twice')).status).toBe(204);
  });
});

describe('a coordinator whose server is away', () => {
  it('answers 503 with Retry-After within 2 s, creates nothing, and recovers when the server is back', async () => {
    await postgres.shut();
    const start = performance.now();
    const response = await post('/v1/sessions', { ...spec, id: 'half' });
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(response.headers.get('retry-after')).toBe('2');
    const problem = await problemIn(response);
    expect(problem.type).toBe('urn:barkeep:problem:unavailable');
    expect(JSON.stringify(problem)).not.toMatch(/ECONN|127\.0\.0\.1/);
    const ready = await problemIn(await get('/health/ready'));
    expect(ready.checks).toEqual({ postgres: 'down', 'queue-redis': 'up', 'session-redis': 'up' });
    expect((await get('/health/live')).status).toBe(200);
    await postgres.open();
    expect((await get('/v1/sessions/half')).status).toBe(404);
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('answers 503 when the server is the queue Redis, and creates nothing', async () => {
    await queueRedis.shut();
    expect((await problemIn(await get('/health/ready'))).checks).toMatchObject({ 'queue-redis': 'down' });
    const started = await post('/v1/sessions?start=true', { ...spec, id: 'half' });
    expect((await problemIn(started)).type).toBe('urn:barkeep:problem:unavailable');
    expect((await get('/v1/sessions/half')).status).toBe(404);
    await restoreRedis();
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('I13 keeps a session that it has created when the queue Redis goes away, because a repeated call may know it', async () => {
    const half = { ...spec, id: 'half' };
    const { stream } = connections().queues;
    // Between the row in PostgreSQL and the job in the queue of the first call, a repeated call is answered, and then the queue
    // Redis goes away. The repeated call got 200, so the first call must not remove the row although it cannot add its job.
    let repeated: Response | undefined;
    const add = jest.spyOn(stream, 'add').mockImplementationOnce(async (...job) => {
      add.mockRestore();
      repeated = await post('/v1/sessions?start=true', half);
      await queueRedis.shut();
      return stream.add(...job);
    });
    const created = await post('/v1/sessions?start=true', half);
    expect([created.status, repeated?.status]).toEqual([201, 200]);
    expect(await sessionIn(created)).toMatchObject({ state: 'running', waitingFor: { kind: 'server' } });
    expect((await get('/v1/sessions/half')).status).toBe(200);
    await restoreRedis();
    expect((await deleteSession('half')).status).toBe(204);
  });

  /** Opens the gate to Redis, and waits until the coordinator's worker is connected: without it the coordinator would stop slowly. */
  async function restoreRedis(): Promise<void> {
    await queueRedis.open();
    const { stream } = connections().queues;
    await until(async () => (await stream.getWorkersCount()) === 1);
  }
});

describe('the stop of a coordinator', () => {
  it('ends the listener, streams, requests and connections in this order', async () => {
    const outcomes = await coordinator.stop.run();
    expect(outcomes.filter(({ outcome }) => outcome !== 'stopped')).toEqual([]);
    const names = outcomes.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names.indexOf('listening')).toBeLessThan(names.indexOf('streams'));
    expect(names.indexOf('streams')).toBeLessThan(names.indexOf('requests'));
    expect(names.indexOf('requests')).toBeLessThan(names.indexOf('connections'));
    await expect(get('/health/live')).rejects.toThrow('fetch failed');
  });
});
