/**
 * The log of requests, one line a request, and their times. Guarantees that no key or cookie gets into the log.
 * Successful requests are `debug`, because a strategy makes thousands; refused requests are `info`, failed ones `error`.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '@barkeep/observe';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';

const HARMLESS_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The middleware that gives each request its id and its line in the log. */
export function accessLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: nameRequest,
    // Whole requests and answers hold every header. Only the fields that these return are logged.
    serializers: { req: requestLine, res: ({ statusCode }: ServerResponse) => ({ statusCode }) },
    wrapSerializers: false,
    customLogLevel: (_request, response, error) => levelOf(response.statusCode, error),
    customSuccessMessage: message,
    customErrorMessage: message,
  });
}

function message({ method, url }: IncomingMessage, { statusCode }: ServerResponse): string {
  return `${method} ${pathOf(url)} ${statusCode}`;
}

/** Callers put keys into query strings by mistake, so a query string is never logged. */
function pathOf(url: string | undefined): string | undefined {
  return url?.split('?', 1)[0];
}

function levelOf(status: number, error: Error | undefined) {
  if (error ?? status >= 500) return 'error';
  return status >= 400 ? 'info' : 'debug';
}

/** The fields of a request that are logged; of the headers only the user agent. */
function requestLine(request: IncomingMessage) {
  const { id, method, url, socket, headers } = request;
  return { id, method, url: pathOf(url), remoteAddress: socket.remoteAddress, userAgent: headers['user-agent'] };
}

/**
 * Chooses the id of a request, which is in the log, the answer and problems: the client's own `X-Request-Id` when it is harmless,
 * otherwise a new one.
 */
function nameRequest(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && HARMLESS_ID.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}

/** The middleware that fills `barkeep_http_request_seconds`. Routes are templates, so that ids do not become labels. */
export function timeRequests(metrics: Metrics): RequestHandler {
  const histogram = metrics.histogram({
    name: 'barkeep_http_request_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
  });
  return (request, response, next) => {
    const observe = histogram.startTimer();
    response.once('close', () => {
      observe({ method: request.method, route: routeOf(request), status: response.statusCode });
    });
    next();
  };
}

function routeOf(request: Request): string {
  const route: unknown = request.route;
  if (typeof route === 'object' && route !== null && 'path' in route && typeof route.path === 'string')
    return route.path;
  return /^\/queues(\/|$)/i.test(request.originalUrl) ? '/queues' : 'none';
}
