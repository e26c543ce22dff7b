/** A coordinator's HTTP service on real servers: keys, problem documents, limits, documentation, health, metrics, dashboard, stop. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { withSessionLock } from '@barkeep/bar-repository';
import { loadConfig } from '@barkeep/service';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import * as answers from '@barkeep/api';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { APP_CONTEXT, type AppContext } from '../../apps/coordinator/src/runtime.js';
import { CONTRACT_STATUSES } from '../support/system/contract.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const prefix = `http-${randomUUID()}`;
const USER = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';
/** The dataset has no bars. */
const spec = {
  symbols: ['SPY', 'IBM'],
  start: '2013-10-07',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
};

let database: TestDatabase;
let postgres: TcpGate;
let redis: TcpGate;
/** A coordinator without keys, which most tests use, and one with keys. */
let keyless: Coordinator;
let keyed: Coordinator;

beforeAll(async () => {
  database = await createTestDatabase();
  postgres = await tcpGate(database.url, 5432);
  redis = await tcpGate(process.env['REDIS_URL']!, 6379);
  const environment = {
    REDIS_URL: redis.url,
    SESSION_REDIS_URL: process.env['SESSION_REDIS_URL'],
    DATABASE_URL: postgres.url,
    BARKEEP_PORT: '0',
    BARKEEP_QUEUE_PREFIX: prefix,
    BARKEEP_SESSION_PREFIX: prefix,
    BARKEEP_LOG_LEVEL: 'silent',
  };
  keyless = await startCoordinator(loadConfig(environment));
  keyed = await startCoordinator(loadConfig({ ...environment, BARKEEP_API_KEYS: USER, BARKEEP_ADMIN_KEYS: ADMIN }));
  await connections().dataSource.query("INSERT INTO datasets (name) VALUES ('lean')");
});

afterAll(async () => {
  await keyless?.stop.run();
  await keyed?.stop.run();
  await removeKeys();
  await postgres?.shut();
  await redis?.shut();
  await database?.drop();
});

/** Removes the keys of this file's queues and sessions. */
async function removeKeys(): Promise<void> {
  for (const name of ['REDIS_URL', 'SESSION_REDIS_URL']) {
    const client = new Redis(process.env[name]!);
    for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>) {
      if (keys.length > 0) await client.unlink(keys);
    }
    await client.quit();
  }
}

/** Requests to the coordinator without keys. A string is sent as the body as it is, other bodies as JSON. */
const get = (path: string, init?: RequestInit) => fetch(keyless.url + path, init);
const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  get(path, {
    method: 'POST',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { 'Content-Type': 'application/json', ...headers },
  });

/** Waits until `check` is true, for at most 30 s. An error counts as false. */
async function until(check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await check().catch(() => false))) {
    if (performance.now() > end) throw new Error('expected the check to be true within 30 s');
    await setTimeout(50);
  }
}

/** The connections of the coordinator without keys. */
function connections(): AppContext['connections'] {
  return keyless.app.get<AppContext>(APP_CONTEXT).connections;
}

/** Waits until a connection of this database waits for the lock of a session. */
async function untilLockAwaited(manager: Pick<DataSource, 'query'>): Promise<void> {
  const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  while ((await manager.query<unknown[]>(waiting)).length === 0) await setTimeout(20);
}

/** The problem document of an answer, checked against its schema. */
async function problemIn(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = answers.problemAnswer.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return problem;
}

describe('sessions', () => {
  it('are created with 201 and Location, and repeated with 200', async () => {
    // Most later tests of this file use this session.
    const first = await post('/v1/sessions', { ...spec, id: 'one' });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe('/v1/sessions/one');
    expect(answers.sessionAnswer.parse(await first.json())).toMatchObject({ id: 'one', state: 'created' });
    const second = await post('/v1/sessions', { ...spec, id: 'one' });
    expect(second.status).toBe(200);
  });

  it('give 409 for the same id with another spec', async () => {
    const response = await post('/v1/sessions', { ...spec, id: 'one', symbols: ['BAC'] });
    expect((await problemIn(response)).type).toBe('urn:barkeep:problem:session-conflict');
  });

  it('are created once for one Idempotency-Key, and a key of 256 characters is refused', async () => {
    const headers = { 'Idempotency-Key': 'k-1' };
    const first = answers.sessionAnswer.parse(await (await post('/v1/sessions', spec, headers)).json());
    const again = await post('/v1/sessions', spec, headers);
    expect(again.status).toBe(200);
    expect(answers.sessionAnswer.parse(await again.json()).id).toBe(first.id);
    const bad = await problemIn(await post('/v1/sessions', spec, { 'Idempotency-Key': 'x'.repeat(256) }));
    expect(bad.problems).toMatchObject([{ field: 'Idempotency-Key' }]);
  });

  it('I13 are found again by a repeated call after their datasets were removed', async () => {
    await connections().dataSource.query("INSERT INTO datasets (name) VALUES ('short-lived')");
    const headers = { 'Idempotency-Key': 'k-2' };
    const repaired = { ...spec, backfill: ['short-lived'] };
    const named = { ...repaired, id: 'named' };
    const first = answers.sessionAnswer.parse(await (await post('/v1/sessions', repaired, headers)).json());
    expect((await post('/v1/sessions', named)).status).toBe(201);
    await connections().dataSource.query("DELETE FROM datasets WHERE name = 'short-lived'");
    const again = await post('/v1/sessions', repaired, headers);
    expect(again.status).toBe(200);
    expect(answers.sessionAnswer.parse(await again.json()).id).toBe(first.id);
    expect((await post('/v1/sessions', named)).status).toBe(200);
    const other = await problemIn(await post('/v1/sessions', { ...repaired, id: 'another' }));
    expect(other.problems).toMatchObject([{ field: 'backfill[0]' }]);
  });

  it('I13 are created and started once by calls at the same time, and paused by each of them', async () => {
    const headers = { 'Idempotency-Key': 'k-3' };
    const created = await Promise.all(Array.from({ length: 8 }, () => post('/v1/sessions?start=true', spec, headers)));
    expect(created.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const { id } = answers.sessionAnswer.parse(await created[0]!.json());
    const paused = await Promise.all(Array.from({ length: 8 }, () => post(`/v1/sessions/${id}/pause`)));
    expect(new Set(paused.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await get(`/v1/sessions/${id}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('are listed in pages, and an unknown cursor is refused', async () => {
    const page = answers.sessionPageAnswer.parse(await (await get('/v1/sessions?limit=1')).json());
    expect(page.sessions).toHaveLength(1);
    const next = await get(`/v1/sessions?limit=500&cursor=${page.nextCursor}`);
    expect(answers.sessionPageAnswer.parse(await next.json()).nextCursor).toBeNull();
    const bad = await problemIn(await get('/v1/sessions?cursor=nonsense'));
    expect(bad.problems).toMatchObject([{ field: 'cursor' }]);
  });

  it('give 409 in the wrong state and 404 when unknown', async () => {
    expect((await problemIn(await post('/v1/sessions/one/resume'))).type).toBe('urn:barkeep:problem:wrong-state');
    expect((await problemIn(await post('/v1/sessions/nobody/stop'))).status).toBe(404);
    expect((await problemIn(await get('/v1/sessions/%00'))).type).toBe('urn:barkeep:problem:unknown-session');
    expect((await problemIn(await get('/v1/sessions/nobody/digest'))).status).toBe(404);
  });

  it('I13 that are lost answer 409 to resume, which leaves their store alone', async () => {
    await post('/v1/sessions?start=true', { ...spec, id: 'lost' });
    const store = new Redis(process.env['SESSION_REDIS_URL']!);
    const meta = `${prefix}:{lost:0}:meta`;
    try {
      await until(async () => (await store.exists(meta)) === 1);
      await connections().dataSource.query("UPDATE sessions SET state = 'lost' WHERE id = 'lost'");
      expect((await problemIn(await post('/v1/sessions/lost/resume'))).type).toBe('urn:barkeep:problem:wrong-state');
      expect(await store.exists(meta)).toBe(1);
    } finally {
      store.disconnect();
    }
    expect((await get('/v1/sessions/lost', { method: 'DELETE' })).status).toBe(204);
  });

  it('I13 that are lost and started by two calls at once keep the store of the faster call', async () => {
    await post('/v1/sessions?start=true', { ...spec, id: 'twice' });
    const { dataSource } = connections();
    const store = new Redis(process.env['SESSION_REDIS_URL']!);
    const meta = `${prefix}:{twice:0}:meta`;
    try {
      await until(async () => (await store.exists(meta)) === 1);
      const [[row]] = await dataSource.query<[[{ incarnation: string }]]>(
        "UPDATE sessions SET state = 'lost' WHERE id = 'twice' RETURNING incarnation",
      );
      await store.hset(meta, 'mark', 'of the new store');
      // The test holds the lock and starts the session, as the faster call. The slower call waits for the lock meanwhile.
      const slower = await withSessionLock(dataSource, { id: 'twice', ...row }, async (_, manager) => {
        const answer = post('/v1/sessions/twice/start');
        await Promise.race([answer, untilLockAwaited(manager)]);
        await manager.query("UPDATE sessions SET state = 'running', starts = starts + 1 WHERE id = 'twice'");
        return { answer }; // wrapped, so that the lock is not held until the answer
      });
      expect((await slower.answer).status).toBe(200);
      expect(await store.hget(meta, 'mark')).toBe('of the new store');
    } finally {
      store.disconnect();
    }
    expect((await get('/v1/sessions/twice', { method: 'DELETE' })).status).toBe(204);
  });

  it('are deleted with 204', async () => {
    await post('/v1/sessions', { ...spec, id: 'gone' });
    const response = await get('/v1/sessions/gone', { method: 'DELETE' });
    expect(response.status).toBe(204);
    expect((await get('/v1/sessions/gone')).status).toBe(404);
  });
});

describe('bad input', () => {
  /** 5,001 symbols: one more than a session may have. */
  const tooManySymbols = Array.from({ length: 5_001 }, (_, i) => `S${i}`);
  it.each([
    ['an unknown field', { ...spec, colour: 'red' }, 'colour'],
    ['a wrong type', { ...spec, symbols: 'SPY' }, 'symbols'],
    ['an end before start', { ...spec, end: '2013-10-01' }, 'end'],
    ['an unknown calendar', { ...spec, calendar: 'MARS' }, 'calendar'],
    ['more days than a session may have', { ...spec, calendar: '24/7', start: '1970-01-01' }, 'end'],
    [
      'a derived interval that is no multiple',
      { ...spec, baseInterval: '2m', derivedIntervals: ['5m'] },
      'derivedIntervals[0]',
    ],
    ['5,001 symbols', { ...spec, symbols: tooManySymbols }, 'symbols'],
    ['a symbol with a space', { ...spec, symbols: ['S PY'] }, 'symbols[0]'],
    ['__proto__', `{"symbols":["SPY"],"__proto__":{"admin":true}}`, '__proto__'],
    ['__proto__ within', `{"upkeep":{"\\u005f_proto__":1}}`, 'upkeep.__proto__'],
    ['no body', undefined, 'symbols'],
    // No field: the document itself is wrong.
    ['a number', '5', ''],
    ['deep nesting', `{"symbols":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, expect.stringContaining('symbols[0]')],
  ])('names the field of %s', async (_, body, field) => {
    const response = await post('/v1/sessions', body);
    expect(response.status).toBe(400);
    const [problem] = (await problemIn(response)).problems ?? [];
    expect(problem).toEqual({ field, expected: expect.stringMatching(/./), was: expect.stringMatching(/./) });
  });

  it('of 10 MB is refused with 413, and 5,000 symbols of the greatest length are accepted', async () => {
    const symbols = tooManySymbols.slice(1).map((symbol) => symbol.padEnd(32, 'X'));
    expect((await post('/v1/sessions', { ...spec, id: 'large', symbols })).status).toBe(201);
    const response = await post('/v1/sessions', { ...spec, symbols: ['X'.repeat(10_000_000)] });
    expect((await problemIn(response)).status).toBe(413);
  });

  it('that is no JSON, or of another media type, encoding or charset, is refused', async () => {
    expect((await problemIn(await post('/v1/sessions', '{"a":'))).type).toBe('urn:barkeep:problem:malformed-json');
    const other = await post('/v1/sessions', 'a=1', { 'Content-Type': 'text/plain' });
    expect((await problemIn(other)).status).toBe(415);
    const notGzip = await post('/v1/sessions', 'a=1', { 'Content-Encoding': 'gzip' });
    expect((await problemIn(notGzip)).status).toBe(400);
    const charset = await post('/v1/sessions', '{}', { 'Content-Type': 'application/json; charset=nope' });
    expect((await problemIn(charset)).status).toBe(415);
  });

  it.each([
    ['/v1/sessions/one/symbols/SPY/bars?last=0', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?last=10001', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?last=1&last=2', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?last=5&from=2013-10-07', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?from=yesterday', 'from'],
    ['/v1/sessions/one/symbols/SPY/bars?from=2013-10-08&to=2013-10-07', 'to'],
    ['/v1/sessions/one/symbols/SPY/bars?to=2013-10-07', 'from'],
    ['/v1/sessions/one/symbols/SPY/bars?lats=5', 'lats'],
    ['/v1/sessions/one/latest', 'symbols'],
    ['/v1/sessions/one/latest?symbols=SPY,S%20PY', 'symbols[1]'],
    ['/v1/sessions?state=asleep', 'state'],
    ['/v1/sessions?__proto__=1', '__proto__'],
    ['/v1/sessions/one?verbose=1', 'verbose'],
  ])('in a query string names the parameter: %s', async (path, field) => {
    const problem = await problemIn(await get(path));
    expect(problem).toMatchObject({ status: 400, problems: [{ field }] });
  });

  it('in a path or method is a 404, or a 400 when the path cannot be decoded', async () => {
    expect((await problemIn(await get('/v1/sessions/one/symbols/S%20PY/bars'))).status).toBe(404);
    expect((await problemIn(await get('/v1/nowhere'))).type).toBe('urn:barkeep:problem:unknown-route');
    expect((await problemIn(await get('/v1/sessions/%zz'))).status).toBe(400);
    expect((await problemIn(await get('/v1/sessions', { method: 'PATCH' }))).status).toBe(404);
  });
});

test('I8 the system checks whether the peer of a quiet connection still exists', async () => {
  const setKeepAlive = jest.spyOn(Socket.prototype, 'setKeepAlive');
  const socket = connect(Number(new URL(keyless.url).port), '127.0.0.1');
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  const checked = setKeepAlive.mock.contexts.filter(({ remotePort }) => remotePort === socket.localPort);
  setKeepAlive.mockRestore();
  socket.destroy();
  expect(checked).toHaveLength(1);
});

describe('a service without keys', () => {
  it('refuses requests that name another host, and those from pages of another origin', async () => {
    const { hostname, port } = new URL(keyless.url);
    // `fetch` does not let a caller set Host.
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const options = { hostname, port, path: '/v1/sessions', headers: { Host: 'evil.example' } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
    const foreign = await post('/v1/sessions', spec, { Origin: 'https://evil.example' });
    expect((await problemIn(foreign)).type).toBe('urn:barkeep:problem:foreign-origin');
  });
});

describe('API keys', () => {
  const getKeyed = (path: string, headers: Record<string, string> = {}) => fetch(keyed.url + path, { headers });
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
  const basic = (key: string) => ({ Authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` });

  it('are needed by every route except /health/live', async () => {
    expect((await getKeyed('/health/live')).status).toBe(200);
    const routes = ['/v1/sessions', '/health/ready', '/metrics', '/docs', '/docs-json', '/docs/swagger-ui.css'];
    const dashboard = ['/queues', '/queues/api/queues'];
    const otherSpellings = ['/QUEUES/', '//v1/sessions', '/health/live/', '/nowhere'];
    for (const path of [...routes, ...dashboard, ...otherSpellings]) {
      expect([path, (await getKeyed(path)).status]).toEqual([path, 401]);
      expect([path, (await getKeyed(path, bearer('wrong-key-0123456789'))).status]).toEqual([path, 401]);
    }
    await problemIn(await getKeyed('/v1/sessions'));
  });

  it('open /metrics for an admin only, and the refusal names the variable of admin keys', async () => {
    const refused = await problemIn(await getKeyed('/metrics', bearer(USER)));
    expect(refused).toMatchObject({ status: 403, detail: expect.stringContaining('BARKEEP_ADMIN_KEYS') });
    expect((await getKeyed('/metrics', bearer(ADMIN))).status).toBe(200);
  });

  it('are taken from Authorization and X-API-Key', async () => {
    expect((await getKeyed('/v1/sessions', bearer(USER))).status).toBe(200);
    expect((await getKeyed('/v1/sessions', { 'X-API-Key': ADMIN })).status).toBe(200);
  });

  it('are taken as the password of HTTP Basic for reads, and for changes only from pages of this service', async () => {
    const change = (headers: Record<string, string>) =>
      fetch(`${keyed.url}/v1/sessions/none/stop`, { method: 'POST', headers: { ...basic(USER), ...headers } });
    expect((await getKeyed('/v1/sessions', basic(USER))).status).toBe(200);
    expect((await getKeyed('/v1/sessions', basic('wrong-key-0123456789'))).status).toBe(401);
    expect((await change({})).status).toBe(401);
    expect((await change({ Origin: 'https://evil.example' })).status).toBe(401);
    expect((await change({ Origin: 'null' })).status).toBe(401);
    // The key is accepted, and the session does not exist.
    expect((await change({ Origin: keyed.url })).status).toBe(404);
  });

  it('open the dashboard for an admin only, also by HTTP Basic, and it shows nothing of the server', async () => {
    const anonymous = await getKeyed('/queues');
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="barkeep"']);
    for (const path of ['/queues', '/queues/api/queues']) {
      const refused = await getKeyed(path, bearer(USER));
      expect([refused.status, await refused.json()]).toMatchObject([403, { type: 'urn:barkeep:problem:forbidden' }]);
    }
    expect((await getKeyed('/queues', bearer(ADMIN))).status).toBe(200);
    const queues = await (await getKeyed('/queues/api/queues?activeQueue=&page=1', basic(ADMIN))).json();
    expect(JSON.stringify(queues)).toContain('"readOnlyMode":true');
    expect(JSON.stringify(queues)).not.toContain('redis_version');
    expect((await getKeyed('/docs/', basic(USER))).status).toBe(200);
  });

  it('let no admin change a queue in the dashboard', async () => {
    const url = `${keyed.url}/queues/api/queues/backfill/pause`;
    const response = await fetch(url, { method: 'PUT', headers: bearer(ADMIN) });
    expect(response.status).toBe(405);
  });
});

/** The parts of the OpenAPI document that these tests check. */
interface ApiDocument {
  /** The operations of each path, by method. */
  paths: Record<string, Record<string, { summary?: string; responses: Record<string, ApiResponse> }>>;
  components: { schemas: Record<string, unknown> };
}
interface ApiResponse {
  /** By media type. */
  content?: Record<string, { example?: unknown }>;
}

describe('the documentation', () => {
  /** The operations of the document, each with its method and path. */
  async function describedOperations() {
    const { paths } = (await (await get('/docs-json')).json()) as ApiDocument;
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
  }

  it('describes every route that the router knows, and nothing else', async () => {
    const described = (await describedOperations()).map(({ method, path }) => `${method} ${path}`);
    expect(described.sort()).toEqual([...routesOf(keyless), 'get /docs', 'get /docs-json', 'get /queues'].sort());
    expect(described).toContain('get /v1/sessions/{id}/symbols/{symbol}/bars');
  });

  it('names the success statuses of the contract against which the tests check answers', async () => {
    const documented = (await describedOperations()).map(({ method, path, operation }): [string, number[]] => {
      const statuses = Object.keys(operation.responses).map(Number);
      return [`${method.toUpperCase()} ${path}`, statuses.filter((status) => status < 300)];
    });
    // The contract has no event stream: its events are checked one by one.
    const isChecked = ([route]: [string, number[]]) => / \/(v1|health)\//.test(route) && !route.endsWith('/events');
    expect(Object.fromEntries(documented.filter(isChecked))).toEqual(CONTRACT_STATUSES);
  });

  it('has a summary, an example and the problem 401 for every route, and no dangling reference', async () => {
    for (const { path, operation } of await describedOperations()) {
      if (!path.startsWith('/v1')) continue;
      expect(operation.summary).toMatch(/./);
      // 204 has no content.
      const statuses = Object.keys(operation.responses).filter((status) => status < '300' && status !== '204');
      for (const status of statuses) {
        expect(Object.values(operation.responses[status]!.content ?? {})[0]?.example).toBeDefined();
      }
      expect(operation.responses['401']?.content?.['application/problem+json']?.example).toBeDefined();
    }
    const text = await (await get('/docs-json')).text();
    const { components } = JSON.parse(text) as ApiDocument;
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(Object.keys(components.schemas)).toContain(name);
    }
  });
});

describe('when a server is away', () => {
  it('answers 503 with Retry-After within 2 s, creates nothing, and recovers when the server is back', async () => {
    await postgres.shut();
    const from = performance.now();
    const response = await post('/v1/sessions', { ...spec, id: 'half' });
    expect(performance.now() - from).toBeLessThan(2_000);
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

  it('answers 503 when the queue Redis is away, and creates nothing', async () => {
    await redis.shut();
    expect((await problemIn(await get('/health/ready'))).checks).toMatchObject({ 'queue-redis': 'down' });
    const started = await post('/v1/sessions?start=true', { ...spec, id: 'half' });
    expect((await problemIn(started)).type).toBe('urn:barkeep:problem:unavailable');
    expect((await get('/v1/sessions/half')).status).toBe(404);
    await redisIsBack();
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('I13 keeps no session when the queue Redis goes away while it is created', async () => {
    const { stream } = connections().queues;
    const add = jest.spyOn(stream, 'add').mockImplementationOnce(async (...job) => {
      add.mockRestore();
      await redis.shut();
      return stream.add(...job);
    });
    expect((await post('/v1/sessions?start=true', { ...spec, id: 'half' })).status).toBe(503);
    expect((await get('/v1/sessions/half')).status).toBe(404);
    await redisIsBack();
  });

  /** Opens the gate to Redis and waits until both coordinators' workers are connected. Before that a coordinator stops slowly. */
  async function redisIsBack(): Promise<void> {
    await redis.open();
    const { stream } = connections().queues;
    await until(async () => (await stream.getWorkersCount()) === 2);
  }
});

describe('metrics', () => {
  it('name routes, not ids', async () => {
    await get('/v1/sessions/one');
    const text = await (await get('/metrics')).text();
    expect(text).toContain('barkeep_http_request_seconds_count{method="GET",route="/v1/sessions/:id",status="200"}');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('/v1/sessions/one');
  });
});

describe('stopping', () => {
  it('ends the listener, streams, requests and connections in this order', async () => {
    const outcomes = await keyless.stop.run();
    expect(outcomes.filter(({ outcome }) => outcome !== 'stopped')).toEqual([]);
    const names = outcomes.map(({ name }) => name);
    expect(names.indexOf('listening')).toBeLessThan(names.indexOf('streams'));
    expect(names.indexOf('streams')).toBeLessThan(names.indexOf('requests'));
    expect(names.indexOf('requests')).toBeLessThan(names.indexOf('connections'));
    await expect(get('/health/live')).rejects.toThrow('fetch failed');
  });
});

/** The routes of the router under Nest, such as `get /v1/sessions/{id}`, without the pages of the documentation. */
function routesOf({ app }: Coordinator): string[] {
  const { stack } = app.getHttpAdapter().getInstance().router as {
    stack: { route?: { path: string; methods: Record<string, boolean> } }[];
  };
  return stack.flatMap(({ route }) => {
    if (!route || typeof route.path !== 'string' || route.path.startsWith('/docs')) return [];
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    return Object.keys(route.methods).map((method) => `${method} ${path}`);
  });
}
