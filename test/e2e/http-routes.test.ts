/** Calls every documented route of a real coordinator process without a key, with a wrong key, and with a right key. */
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

const KEY = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';
const OPEN_ROUTES = new Set(['/health/live']);

interface Route {
  method: string;
  path: string;
}

let database: TestDatabase;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  const keys = { BARKEEP_API_KEYS: KEY, BARKEEP_ADMIN_KEYS: ADMIN };
  coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url, ...keys });
  await createWalkedSession();
});

/** Creates a session, so that its routes do not just answer 404. */
async function createWalkedSession(): Promise<void> {
  await queryDatabase(database.url, "INSERT INTO datasets (name) VALUES ('none')");
  const source = { type: 'dataset', dataset: 'none' };
  const spec = { id: 'walked', symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source };
  const response = await fetch(`${coordinator.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-API-Key': KEY },
    body: JSON.stringify(spec),
  });
  expect(response.status).toBe(201);
}

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

const ask = ({ method, path }: Route, headers: Record<string, string>) => {
  const concrete = path.replace('{id}', 'walked').replace('{symbol}', 'SPY');
  return fetch(coordinator.url + concrete, { method: method.toUpperCase(), headers });
};

/** All routes of the OpenAPI document; the one that removes the session comes last. */
async function routes(): Promise<Route[]> {
  const response = await fetch(`${coordinator.url}/docs-json`, { headers: { 'X-API-Key': KEY } });
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method, path })),
  );
  return all.sort((a, b) => Number(a.method === 'delete') - Number(b.method === 'delete'));
}

it('answers 401, 401 and then 2xx or 4xx on every route, never 500', async () => {
  const walked = await routes();
  expect(walked.length).toBeGreaterThan(18);
  for (const route of walked) {
    const closed = OPEN_ROUTES.has(route.path) ? 200 : 401;
    expect([route, (await ask(route, {})).status]).toEqual([route, closed]);
    const wrong = { Authorization: 'Bearer wrong-key-0123456789' };
    expect([route, (await ask(route, wrong)).status]).toEqual([route, closed]);
    for (const key of [KEY, ADMIN]) {
      const { status } = await ask(route, { Authorization: `Bearer ${key}` });
      expect([route, status >= 200 && status < 500]).toEqual([route, true]);
      if (route.path !== '/queues') expect([route, status]).not.toEqual([route, 401]);
    }
  }
});
