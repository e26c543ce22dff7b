/** The schemas of `@barkeep/api` that the answers of each route must satisfy. */
import * as api from '@barkeep/api';
import { z } from 'zod';

const bars = z.array(api.barAnswer);
/** The answers of the calls that change a session's state: 202 when the change is not done yet. */
const stateChange = { 200: api.sessionAnswer, 202: api.sessionAnswer };
const symbolPath = '/v1/sessions/{id}/symbols/{symbol}';

/** The schema of each successful answer, by route and status. A status without a body has `null`. */
const ROUTES: Record<string, Record<number, z.ZodType | null>> = {
  'GET /health/live': { 200: api.liveAnswer },
  'GET /health/ready': { 200: api.readyAnswer },
  'POST /v1/sessions': { 200: api.sessionAnswer, 201: api.sessionAnswer },
  'GET /v1/sessions': { 200: api.sessionPageAnswer },
  'GET /v1/sessions/{id}': { 200: api.sessionAnswer },
  'DELETE /v1/sessions/{id}': { 204: null },
  'POST /v1/sessions/{id}/start': stateChange,
  'POST /v1/sessions/{id}/pause': stateChange,
  'POST /v1/sessions/{id}/resume': stateChange,
  'POST /v1/sessions/{id}/stop': stateChange,
  'POST /v1/sessions/{id}/upkeep': { 200: api.upkeepPlanAnswer, 202: api.upkeepAnswer },
  'GET /v1/datasets': { 200: api.datasetPageAnswer },
  'GET /v1/datasets/{name}': { 200: api.datasetAnswer },
  'GET /v1/datasets/{name}/coverage': { 200: api.coverageAnswer },
  'GET /v1/sessions/{id}/latest': { 200: z.record(z.string(), api.barAnswer.nullable()) },
  'GET /v1/sessions/{id}/digest': { 200: api.digestAnswer },
  'GET /v1/sessions/{id}/certificate': { 200: api.certificateAnswer },
  'GET /v1/sessions/{id}/export': { 200: z.string() },
  'GET /v1/queues': { 200: api.queuesAnswer },
  'GET /v1/sessions/{id}/layout': { 200: api.layoutAnswer },
  'GET /v1/sessions/{id}/difference': { 200: api.differenceAnswer },
  'GET /v1/sessions/{id}/days': { 200: api.daysAnswer },
  'DELETE /v1/sessions/{id}/consumers/{consumer}': { 204: null },
  [`POST ${symbolPath}`]: { 200: api.symbolAnswer, 202: api.symbolAnswer },
  [`DELETE ${symbolPath}`]: { 202: null, 204: null },
  [`GET ${symbolPath}/bars`]: { 200: bars },
  [`POST ${symbolPath}/bars`]: { 200: api.fedAnswer },
  [`POST ${symbolPath}/end`]: { 200: api.feedEndAnswer },
  [`GET ${symbolPath}/bars/latest`]: { 200: api.barAnswer },
  [`GET ${symbolPath}/metrics`]: { 200: api.metricsAnswer },
  [`GET ${symbolPath}/gaps`]: { 200: z.array(api.gapAnswer) },
};

/** The statuses of success of each route: `GET /v1/sessions/{id}` has `[200]`. */
export const CONTRACT_STATUSES: Record<string, number[]> = Object.fromEntries(
  Object.entries(ROUTES).map(([route, answers]) => [route, Object.keys(answers).map(Number)]),
);

/**
 * Checks a JSON answer of a route under `/v1` or `/health`.
 * @param path path of the request; a query is ignored
 * @throws Error that names the route and the field, when the answer is not as the contract says
 */
export function checkAnswer(method: string, path: string, status: number, body: unknown): void {
  const { pathname } = new URL(path, 'http://localhost');
  if (!/^\/(v1|health)\//.test(pathname)) return;
  if (status >= 400) {
    const schema = api.problemAnswer.extend({ status: z.literal(status) });
    return check(`${method} ${pathname}`, status, schema, body);
  }
  const route = Object.keys(ROUTES).find((name) => patternOf(name).test(`${method} ${pathname}`));
  const schema = ROUTES[route ?? '']?.[status];
  if (schema === undefined) throw new Error(`${method} ${pathname}: the contract has no answer ${status}`);
  check(`${method} ${pathname}`, status, schema ?? z.literal(''), body);
}

/** Checks the data of one server-sent event. @throws Error that names the type and the field */
export function checkEvent(type: string, data: unknown): void {
  // `gap` tells a client that the server no longer has events that the client missed.
  const schemas: Record<string, z.ZodType> = { ...api.eventAnswers, gap: z.strictObject({}) };
  const schema = schemas[type];
  if (!schema) throw new Error(`the contract has no event ${type}`);
  check(`event ${type}`, 200, schema, data);
}

function check(what: string, status: number, schema: z.ZodType, value: unknown): void {
  const { error } = schema.safeParse(value);
  if (error) throw new Error(`${what} answered ${status} and not what the contract says:\n${z.prettifyError(error)}`);
}

/** Matches the requests of a route: `{name}` stands for one part of the path. */
function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
