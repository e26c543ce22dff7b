/**
 * Logs requests, one line per request, and measures their times. No key or cookie gets into the log. Successful requests have the
 * level `debug`, because a strategy makes thousands; refused requests (4xx) have `info`, failed ones (5xx) `error`.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '@barkeep/observe';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';

/** A request id from a caller that is safe to log. */
const HARMLESS_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The middleware that gives each request its id and its line in the log. */
export function accessLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: chooseRequestId,
    // Whole requests and answers would include all headers, so only these fields are logged.
    serializers: { req: requestLine, res: ({ statusCode }: ServerResponse) => ({ statusCode }) },
    wrapSerializers: false,
    customLogLevel: (_request, response, error) => levelOf(response.statusCode, error),
    customSuccessMessage: message,
    customErrorMessage: message,
  });
}

function message(request: IncomingMessage, { statusCode }: ServerResponse): string {
  // A mounted handler, such as that of the console's files, sees a `url` without the path at which it is mounted.
  const url = 'originalUrl' in request ? String(request.originalUrl) : request.url;
  return `${request.method} ${pathOf(url)} ${statusCode}`;
}

/** The path of a URL without its query string, which is never logged: callers put keys into it by mistake. */
function pathOf(url: string | undefined): string | undefined {
  return url?.split('?', 1)[0];
}

function levelOf(status: number, error: Error | undefined) {
  if (error || status >= 500) return 'error';
  return status >= 400 ? 'info' : 'debug';
}

/** The fields of a request that are logged; the user agent is the only header. */
function requestLine(request: IncomingMessage) {
  const { id, method, url, socket, headers } = request;
  return { id, method, url: pathOf(url), remoteAddress: socket.remoteAddress, userAgent: headers['user-agent'] };
}

/**
 * Chooses the id of a request, which the log, the answer and problem documents contain: the `X-Request-Id` of the caller when it is
 * safe to log, otherwise a new one.
 */
function chooseRequestId(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && HARMLESS_ID.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}

/** The middleware that fills `barkeep_http_request_seconds`. Its label is the template of a route, so that ids are no labels. */
export function timeRequests(metrics: Metrics): RequestHandler {
  const histogram = metrics.histogram({
    name: 'barkeep_http_request_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_SECONDS,
  });
  return (request, response, next) => {
    const observe = histogram.startTimer();
    response.once('close', () => {
      observe({ method: request.method, route: routeOf(request), status: response.statusCode });
    });
    next();
  };
}

/** The template of a request's route, such as `/v1/sessions/:id`; `none` for a request without a route, such as one for a file. */
function routeOf(request: Request): string {
  const { path } = (request.route ?? {}) as { path?: unknown };
  if (typeof path === 'string') return path;
  // The queue dashboard has routes of its own, below the path at which it is mounted.
  return /^\/queues(\/|$)/i.test(request.originalUrl) ? '/queues' : 'none';
}
