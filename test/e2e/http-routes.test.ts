/** Calls every documented route of a real coordinator process without a key, with a wrong key, and with a right key. */
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { Api } from '../support/system/api.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';
/** Routes that need no key. */
const OPEN_ROUTES = new Set(['/health/live']);

interface Route {
  method: string;
  path: string;
}

let database: TestDatabase;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  const keys = { BARKEEP_API_KEYS: USER_KEY, BARKEEP_ADMIN_KEYS: ADMIN_KEY };
  coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url, ...keys });
  await createCalledSession();
});

/** Creates the session whose id `callRoute` puts into the paths. Without it, its routes would answer 404. */
async function createCalledSession(): Promise<void> {
  await queryDatabase(database.url, "INSERT INTO datasets (name) VALUES ('none')");
  const source = { type: 'dataset', dataset: 'none' };
  const spec = { id: 'called', symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source };
  await new Api(coordinator.url, { 'x-api-key': USER_KEY }).ok('POST', '/v1/sessions', spec);
}

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

const callRoute = ({ method, path }: Route, headers: Record<string, string>) => {
  const pathWithNames = path.replace('{id}', 'called').replace('{symbol}', 'SPY');
  return fetch(coordinator.url + pathWithNames, { method: method.toUpperCase(), headers });
};

/** All routes of the OpenAPI document. DELETE comes last, because it removes the session. */
async function documentedRoutes(): Promise<Route[]> {
  const response = await fetch(`${coordinator.url}/docs-json`, { headers: { 'X-API-Key': USER_KEY } });
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method, path })),
  );
  const isDelete = ({ method }: Route) => method === 'delete';
  return [...routes.filter((route) => !isDelete(route)), ...routes.filter(isDelete)];
}

it('every route answers 401 without a key and with a wrong one, but neither 401 nor 5xx with a right one', async () => {
  const routes = await documentedRoutes();
  // The API has more routes than this. A lower number means that the document lacks some.
  expect(routes.length).toBeGreaterThan(18);
  for (const route of routes) {
    const expectedStatus = OPEN_ROUTES.has(route.path) ? 200 : 401;
    const wrongKey = { Authorization: 'Bearer wrong-key-0123456789' };
    for (const headers of [{}, wrongKey]) {
      const { status } = await callRoute(route, headers);
      expect({ route, headers, status }).toEqual({ route, headers, status: expectedStatus });
    }
    for (const key of [USER_KEY, ADMIN_KEY]) {
      const { status } = await callRoute(route, { Authorization: `Bearer ${key}` });
      const isAnswered = status >= 200 && status < 500 && status !== 401;
      expect({ route, key, status, isAnswered }).toEqual({ route, key, status, isAnswered: true });
    }
  }
});
