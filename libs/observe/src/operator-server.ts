/**
 * The HTTP server of a process without an API, such as an upkeep worker, with the access rules of the coordinator. It serves
 * `/health/live` to any caller. When keys are configured, `/metrics` needs a key of BARKEEP_ADMIN_KEYS and `/health/ready` any key.
 * Without keys, it serves these two only to requests for a loopback address.
 */
import { problem, PROBLEM_JSON, type Problem } from '@barkeep/api';
import { ApiKeys, type Config, type Connections, errorText, isLoopbackHost, presentedKeys } from '@barkeep/service';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';
import { downServers, probeServers } from './server-checks.js';

/** Time limit for the arrival of a whole request, ms. */
const REQUEST_WITHIN_MS = 10_000;
/** The problem's text when a user's key asks for metrics. */
export const METRICS_FOR_ADMINS = 'metrics cover all sessions, so they need a key of BARKEEP_ADMIN_KEYS';

/** Thrown when the server cannot listen on the port; the message names the variable that sets it. */
export class WorkerPortError extends Error {
  override readonly name = 'WorkerPortError';
  constructor(host: string, port: number, cause: unknown) {
    super(`BARKEEP_WORKER_PORT: expected a free port, was ${port} on ${host} (${errorText(cause)})`, { cause });
  }
}

/** A successful answer, or the problem that is answered instead. */
type Answer = { type: string; body: string } | Problem;

/**
 * Starts the server on the host of the API. @param port greater than 0
 * @returns its address, such as `http://127.0.0.1:3100`, and a function that stops it @throws WorkerPortError
 */
export async function startOperatorServer(port: number, config: Config, connections: Connections, metrics: Metrics) {
  const { host, apiKeys, adminKeys } = config.http;
  const keys = new ApiKeys(apiKeys, adminKeys);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') return unknownRoute(request);
    if (path === '/health/live') return json({ status: 'live' });
    const refusal = refusalOf(request, keys, path === '/metrics');
    if (refusal) return refusal;
    if (path === '/health/ready') {
      const checks = await probeServers(connections, config);
      const down = downServers(checks);
      return down ? problem('not-ready', down, { checks }) : json({ status: 'ready', checks });
    }
    if (path === '/metrics') return { type: metrics.registry.contentType, body: await metrics.registry.metrics() };
    return unknownRoute(request);
  };
  const server = createServer({ requestTimeout: REQUEST_WITHIN_MS }, (request, response) => {
    answer(request)
      .catch((error: unknown) => problem('internal-error', String(error)))
      .then((reply) => send(response, reply))
      .catch(() => response.destroy());
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new WorkerPortError(host, port, error);
  }
  // When the server cannot accept a connection, for example without a free file descriptor, the process must not end.
  server.on('error', () => undefined);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusalOf({ headers }: IncomingMessage, keys: ApiKeys, isForAdmins: boolean): Problem | undefined {
  const role = keys.roleOf(presentedKeys(headers, true)); // with HTTP Basic, so that a browser can show the metrics
  if (role === undefined)
    return problem('unauthorized', 'expected a configured key in "Authorization: Bearer KEY" or "X-API-Key: KEY"');
  if (role === 'open' && !isLoopbackHost(headers.host))
    return problem('foreign-origin', 'the Host must be a loopback address');
  return role === 'user' && isForAdmins ? problem('forbidden', METRICS_FOR_ADMINS) : undefined;
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function unknownRoute(request: IncomingMessage): Answer {
  return problem('unknown-route', `no route ${request.method} ${pathOf(request)}`);
}

function json(body: unknown): Answer {
  return { type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

function send(response: ServerResponse, answer: Answer): void {
  const isProblem = 'status' in answer;
  const status = isProblem ? answer.status : 200;
  const { type, body } = isProblem ? { type: PROBLEM_JSON, body: JSON.stringify(answer) } : answer;
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="barkeep"');
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
