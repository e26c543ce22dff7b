/** The port of a worker (BARKEEP_WORKER_PORT): its health and metrics, with and without API keys. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { freePort } from '../../libs/local-system/src/servers/server-process.js';
import { checkAnswer } from '../support/system/contract.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';

let system: TestSystem;
let worker: SystemProcess;

beforeAll(async () => {
  system = await TestSystem.create();
  worker = await system.worker({ BARKEEP_WORKER_PORT: String(await freePort()) });
});
afterAll(() => system?.close());

test('the port of a worker answers health as the coordinator does, and has no other routes than health and metrics', async () => {
  for (const path of ['/health/live', '/health/ready']) {
    const response = await fetch(worker.url + path);
    expect(response.status).toBe(200);
    checkAnswer('GET', path, 200, await response.json());
  }
  const other = await fetch(`${worker.url}/v1/sessions`);
  expect(other.status).toBe(404);
  expect(other.headers.get('content-type')).toBe('application/problem+json');
  expect((await fetch(`${worker.url}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('the port of a worker without keys refuses the Host of a foreign web page', async () => {
  // Unlike fetch, `request` can send another Host, as a call from a foreign web page has.
  const call = request(`${worker.url}/metrics`, { headers: { Host: 'evil.example' } }).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  expect(response.resume().statusCode).toBe(403);
});

test('the port of a worker requires the same keys as the coordinator', async () => {
  const keyed = await system.worker({
    BARKEEP_WORKER_PORT: String(await freePort()),
    BARKEEP_API_KEYS: USER_KEY,
    BARKEEP_ADMIN_KEYS: ADMIN_KEY,
  });
  const fetchWith = (path: string, key?: string) =>
    fetch(keyed.url + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
  expect((await fetchWith('/health/live')).status).toBe(200);
  expect((await fetchWith('/health/ready')).status).toBe(401);
  expect((await fetchWith('/health/ready', USER_KEY)).status).toBe(200);
  expect((await fetchWith('/metrics')).status).toBe(401);
  const withUserKey = await fetchWith('/metrics', USER_KEY);
  expect(withUserKey.status).toBe(403);
  expect(await withUserKey.json()).toMatchObject({ detail: expect.stringContaining('BARKEEP_ADMIN_KEYS') });
  expect((await fetchWith('/metrics', ADMIN_KEY)).status).toBe(200);
  expect(await keyed.signal('SIGTERM')).toBe(0);
});

test('the port of a worker that is in use stops the start, with a message that names the variable', async () => {
  const port = new URL(worker.url).port;
  await expect(system.worker({ BARKEEP_WORKER_PORT: port })).rejects.toThrow(
    /BARKEEP_WORKER_PORT: expected a free port, was \d+/,
  );
});
