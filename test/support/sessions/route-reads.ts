/** How a strategy reads each route of the API, over a session of ../data/futures.ts. */
import { FIRST_DATE, FUTURE_DATES, FUTURE_SYMBOLS, SECOND_DATE } from '../data/futures.js';
import type { Api, Session } from '../system/api.js';
import { sentEvents } from './first-day-events.js';

/** How a strategy reads a route or a member, or a text that says why it learns nothing from it. */
export type Read<T> = ((object: T) => unknown) | string;

/** Reads each of the objects' routes or members. @returns the results by name */
export async function readEach<T>(reads: Record<string, Read<T>>, object: T): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(reads)) {
    results[name] = typeof read === 'string' ? read : await read(object);
  }
  return results;
}

/** A session, and the API of a coordinator. */
export interface RouteTarget {
  api: Api;
  id: string;
}

/** Gets a path under a session with each of the queries, and for each symbol when the path names `{symbol}`. */
function get(path: string, queries = ['']): Read<RouteTarget> {
  const paths = path.includes('{symbol}') ? FUTURE_SYMBOLS.map((symbol) => path.replace('{symbol}', symbol)) : [path];
  const targets = paths.flatMap((target) => queries.map((query) => `${target}${query}`));
  return ({ api, id }) => Promise.all(targets.map((target) => api.ok('GET', `/v1/sessions/${id}${target}`)));
}

export const READ_INTERVALS = ['1m', '5m', '1h'];
const RANGE = `from=${FUTURE_DATES.start}&to=2013-10-09`;
const SERIES = READ_INTERVALS.flatMap((interval) =>
  ['last=1000', 'last=1000&fill=forward', RANGE].map((query) => `?interval=${interval}&${query}`),
);
/** Why nothing is read: the call changes a session. */
export const CHANGES = 'changes a session';
const OPERATORS = 'for operators';

/** Every route of the API. */
export const ROUTE_READS: Record<string, Read<RouteTarget>> = {
  'GET /docs': 'describes the API',
  'GET /docs-json': 'describes the API',
  'GET /queues': OPERATORS,
  'GET /metrics': OPERATORS,
  'GET /health/live': OPERATORS,
  'GET /health/ready': OPERATORS,
  'GET /v1/queues': OPERATORS,
  'GET /v1/datasets': OPERATORS,
  'GET /v1/datasets/{name}': OPERATORS,
  'GET /v1/datasets/{name}/coverage': OPERATORS,
  'POST /v1/sessions': CHANGES,
  'DELETE /v1/sessions/{id}': CHANGES,
  'POST /v1/sessions/{id}/start': CHANGES,
  'POST /v1/sessions/{id}/pause': CHANGES,
  'POST /v1/sessions/{id}/resume': CHANGES,
  'POST /v1/sessions/{id}/stop': CHANGES,
  'DELETE /v1/sessions/{id}/consumers/{consumer}': CHANGES,
  'POST /v1/sessions/{id}/symbols/{symbol}': CHANGES,
  'DELETE /v1/sessions/{id}/symbols/{symbol}': CHANGES,
  'POST /v1/sessions/{id}/symbols/{symbol}/bars': CHANGES,
  'POST /v1/sessions/{id}/symbols/{symbol}/end': CHANGES,
  'GET /v1/sessions': async ({ api, id }) => {
    const { sessions } = await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions?limit=100');
    return sessions.find((session) => session.id === id);
  },
  'GET /v1/sessions/{id}': get(''),
  'POST /v1/sessions/{id}/upkeep': ({ api, id }) => api.ok('POST', `/v1/sessions/${id}/upkeep`, { dryRun: true }),
  'GET /v1/sessions/{id}/latest': get(
    '/latest',
    READ_INTERVALS.map((interval) => `?symbols=${FUTURE_SYMBOLS.join(',')}&interval=${interval}`),
  ),
  'GET /v1/sessions/{id}/days': get('/days'),
  // Its other fields name keys of the session.
  'GET /v1/sessions/{id}/layout': async ({ api, id }) => {
    const { days, datasets } = await api.ok<{ days: unknown; datasets: unknown }>('GET', `/v1/sessions/${id}/layout`);
    return { days, datasets };
  },
  'GET /v1/sessions/{id}/difference': get('/difference', ['?with=past']),
  'GET /v1/sessions/{id}/export': get('/export', ['', '?format=ndjson&interval=5m', `?${RANGE}`]),
  'GET /v1/sessions/{id}/digest': get('/digest'),
  'GET /v1/sessions/{id}/certificate': get('/certificate'),
  'GET /v1/sessions/{id}/events': sentEvents,
  'GET /v1/sessions/{id}/symbols/{symbol}/bars': get('/symbols/{symbol}/bars', SERIES),
  'GET /v1/sessions/{id}/symbols/{symbol}/bars/latest': get(
    '/symbols/{symbol}/bars/latest',
    READ_INTERVALS.map((interval) => `?interval=${interval}`),
  ),
  'GET /v1/sessions/{id}/symbols/{symbol}/metrics': get('/symbols/{symbol}/metrics', [
    '',
    `?date=${FIRST_DATE}`,
    `?date=${SECOND_DATE}`,
  ]),
  'GET /v1/sessions/{id}/symbols/{symbol}/gaps': get('/symbols/{symbol}/gaps'),
};
