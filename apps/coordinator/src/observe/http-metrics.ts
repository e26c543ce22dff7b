/** Times every request by route, method and status. Routes are templates, so that ids do not become labels. */
import type { Request, RequestHandler } from 'express';
import type { Metrics } from '@barkeep/observe';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The middleware that fills `barkeep_http_request_seconds`. */
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
