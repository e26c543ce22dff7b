/**
 * Who may call a coordinator, and what it tells about itself: keys, foreign pages, the dashboard, documentation and metrics.
 * I8: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, Socket } from 'node:net';
import { loadConfig } from '@barkeep/service';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { CONTRACT_STATUSES } from '../support/system/contract.js';
import { postTo, problemIn } from '../support/system/http-calls.js';
import { inProcessEnvironment, removeAllKeys } from '../support/system/in-process.js';

const prefix = `http-${randomUUID()}`;
const USER = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';
const WRONG = 'wrong-key-0123456789';

let database: TestDatabase;
/** A coordinator without keys, and one with a user key and an admin key. */
let keyless: Coordinator;
let keyed: Coordinator;

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = inProcessEnvironment(database.url, prefix);
  keyless = await startCoordinator(loadConfig(environment));
  keyed = await startCoordinator(loadConfig({ ...environment, BARKEEP_API_KEYS: USER, BARKEEP_ADMIN_KEYS: ADMIN }));
});

afterAll(async () => {
  await keyless?.stop.run();
  await keyed?.stop.run();
  await removeAllKeys(prefix);
  await database?.drop();
});

const get = (path: string) => fetch(keyless.url + path);

describe('a coordinator without keys', () => {
  it('refuses requests that name another host, and those from pages of another origin', async () => {
    const { hostname, port } = new URL(keyless.url);
    // `fetch` does not let a caller set Host.
    const status = await new Promise((resolve, reject) => {
      const options = { hostname, port, path: '/v1/sessions', headers: { Host: 'evil.example' } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
    const foreign = await postTo(`${keyless.url}/v1/sessions`, {}, { Origin: 'https://evil.example' });
    expect((await problemIn(foreign)).type).toBe('urn:barkeep:problem:foreign-origin');
  });
});

test('/console leads to the first page of the console, with and without a slash at the end', async () => {
  for (const path of ['/console', '/console/']) {
    const response = await get(path);
    expect([response.url, response.status]).toEqual([`${keyless.url}/`, 200]);
  }
});

describe('API keys', () => {
  const getKeyed = (path: string, headers: Record<string, string> = {}) => fetch(keyed.url + path, { headers });
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
  const basic = (key: string) => ({ Authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` });

  it('every route except /health/live needs a key', async () => {
    expect((await getKeyed('/health/live')).status).toBe(200);
    const routes = ['/v1/sessions', '/health/ready', '/metrics', '/docs', '/docs-json', '/docs/swagger-ui.css'];
    const dashboard = ['/queues', '/queues/api/queues'];
    const otherSpellings = ['/QUEUES/', '//v1/sessions', '/health/live/', '/nowhere'];
    for (const path of [...routes, ...dashboard, ...otherSpellings]) {
      expect([path, (await getKeyed(path)).status]).toEqual([path, 401]);
      expect([path, (await getKeyed(path, bearer(WRONG))).status]).toEqual([path, 401]);
    }
    await problemIn(await getKeyed('/v1/sessions'));
  });

  it('only an admin key opens /metrics, and the refusal of another key names the variable of admin keys', async () => {
    const refused = await problemIn(await getKeyed('/metrics', bearer(USER)));
    expect(refused).toMatchObject({ status: 403, detail: expect.stringContaining('BARKEEP_ADMIN_KEYS') });
    expect((await getKeyed('/metrics', bearer(ADMIN))).status).toBe(200);
  });

  it('a key may be in the header Authorization or X-API-Key', async () => {
    expect((await getKeyed('/v1/sessions', bearer(USER))).status).toBe(200);
    expect((await getKeyed('/v1/sessions', { 'X-API-Key': ADMIN })).status).toBe(200);
  });

  it('a key may be the password of HTTP Basic: for reads, and for changes only from pages of this service', async () => {
    const change = (headers: Record<string, string>) =>
      fetch(`${keyed.url}/v1/sessions/none/stop`, { method: 'POST', headers: { ...basic(USER), ...headers } });
    expect((await getKeyed('/v1/sessions', basic(USER))).status).toBe(200);
    expect((await getKeyed('/v1/sessions', basic(WRONG))).status).toBe(401);
    expect((await change({})).status).toBe(401);
    expect((await change({ Origin: 'https://evil.example' })).status).toBe(401);
    expect((await change({ Origin: 'null' })).status).toBe(401);
    // The key is accepted, and the session does not exist.
    expect((await change({ Origin: keyed.url })).status).toBe(404);
  });

  it('only an admin key opens the dashboard, also by HTTP Basic, and the dashboard shows nothing of the Redis server', async () => {
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

  it('not even an admin key can change a queue in the dashboard', async () => {
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
    // The contract leaves out the event stream, whose events are checked one by one, and routes outside of /v1 and /health.
    const isChecked = ([route]: [string, number[]]) => / \/(v1|health)\//.test(route) && !route.endsWith('/events');
    expect(Object.fromEntries(documented.filter(isChecked))).toEqual(CONTRACT_STATUSES);
  });

  it('has a summary, an example and the problems 400 and 401 for every route, and no dangling reference', async () => {
    for (const { path, operation } of await describedOperations()) {
      if (!path.startsWith('/v1')) continue;
      expect(operation.summary).toMatch(/./);
      const successes = Object.entries(operation.responses).filter(([status]) => status < '300');
      // A removal has an empty body: 204, or 202 when it takes effect later.
      const isRemoval = successes.some(([status]) => status === '204');
      for (const [, { content = {} }] of isRemoval ? [] : successes) {
        expect(Object.values(content)[0]?.example).toBeDefined();
      }
      // Every route refuses a query parameter that it does not have, and a wrong key.
      for (const status of ['400', '401'])
        expect(operation.responses[status]?.content?.['application/problem+json']?.example).toBeDefined();
    }
    const text = await (await get('/docs-json')).text();
    const { components } = JSON.parse(text) as ApiDocument;
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(Object.keys(components.schemas)).toContain(name);
    }
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

test('metrics name the routes of requests and no ids', async () => {
  await get('/v1/sessions/none');
  const text = await (await get('/metrics')).text();
  expect(text).toContain('barkeep_http_request_seconds_count{method="GET",route="/v1/sessions/:id",status="404"}');
  expect(text).toContain('process_cpu_seconds_total');
  expect(text).not.toContain('/v1/sessions/none');
});

test('I8 the operating system checks whether the peer of a quiet connection still exists', async () => {
  const setKeepAlive = jest.spyOn(Socket.prototype, 'setKeepAlive');
  const socket = connect(Number(new URL(keyless.url).port), '127.0.0.1');
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  // The coordinator's end of the connection. Keep-alive makes the operating system probe the peer.
  const checked = setKeepAlive.mock.contexts.filter(({ remotePort }) => remotePort === socket.localPort);
  setKeepAlive.mockRestore();
  socket.destroy();
  expect(checked).toHaveLength(1);
});
