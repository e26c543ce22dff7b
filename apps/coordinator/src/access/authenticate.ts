/**
 * Accepts or refuses a request before its body is read. This is Express middleware before every route, so that it also protects the
 * documentation and the calls of the queue dashboard.
 */
import { problem } from '@barkeep/api';
import { METRICS_FOR_ADMINS } from '@barkeep/observe';
import { type ApiKeys, isLoopbackHost, presentedKeys } from '@barkeep/service';
import type { Request, RequestHandler, Response } from 'express';
import { CONSOLE_PAGES } from './pages.js';
import { sendProblem } from './problem-filter.js';

const LIVENESS = '/health/live';
/**
 * Paths that people open in a browser, in addition to {@link CONSOLE_PAGES}: the API docs, the queue dashboard and the console's
 * files. A browser can ask people only for a password (HTTP Basic).
 */
const OTHER_PAGES = /^\/(docs|docs-json|queues|console)(\/|$)/i;
/** Routes that need the key of an admin, each with the reason. */
const FOR_ADMINS: readonly [route: RegExp, reason: string][] = [
  [/^\/metrics\/?$/i, METRICS_FOR_ADMINS],
  [
    /^\/(v1\/)?queues(\/|$)/i,
    "the queues show work beyond a session's clock, so they need a key of BARKEEP_ADMIN_KEYS",
  ],
  [/^\/v1\/datasets(\/|$)/i, "a dataset has bars after a session's clock, so it needs a key of BARKEEP_ADMIN_KEYS"],
];
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The middleware that checks the key of every request, except for {@link LIVENESS}. It answers 401 without a valid key, and 403
 * to a user who needs the key of an admin or to a request of a foreign origin.
 */
export function authenticate(keys: ApiKeys): RequestHandler {
  return (request, response, next) => {
    if (request.path === LIVENESS) return next();
    // A browser sends the password of HTTP Basic also with the requests of foreign pages, so only our own pages can make changes with it.
    const acceptsBasic = SAFE_METHODS.has(request.method) || isSameOrigin(request);
    const role = keys.roleOf(presentedKeys(request.headers, acceptsBasic));
    if (role === undefined) return refuse(request, response);
    // `open`: no keys are configured, so callers need none, but must be on this machine.
    if (role === 'open' && !isAllowedWithoutKeys(request)) {
      const detail = 'the Host must be a loopback address and a change must come from the same origin';
      return sendProblem(request, response, problem('foreign-origin', detail));
    }
    const reason = role === 'user' ? reasonForAdminsOnly(request) : undefined;
    if (reason !== undefined) return sendProblem(request, response, problem('forbidden', reason));
    return next();
  };
}

/** Why only admins may make this request; undefined when users may make it too. */
function reasonForAdminsOnly({ path, query }: Request): string | undefined {
  const views = [query['view']].flat(); // a repeated parameter is an array
  if (views.includes('operator'))
    return 'view=operator needs a key of BARKEEP_ADMIN_KEYS; leave view out for what a strategy may see';
  return FOR_ADMINS.find(([route]) => route.test(path))?.[1];
}

/** Answers 401. Only the scheme Basic makes a browser ask for a password. */
function refuse(request: Request, response: Response): void {
  const scheme = isForBrowsers(request) ? 'Basic' : 'Bearer';
  response.setHeader('WWW-Authenticate', `${scheme} realm="barkeep"`);
  const detail = 'expected a configured key in "Authorization: Bearer KEY" or "X-API-Key: KEY"';
  sendProblem(request, response, problem('unauthorized', detail));
}

/** Whether a browser sent the request for a page of this service: after a 401 it asks for a password and repeats the request. */
function isForBrowsers({ path, headers }: Request): boolean {
  return OTHER_PAGES.test(path) || CONSOLE_PAGES.test(path) || headers['sec-fetch-site'] === 'same-origin';
}

/**
 * Whether a request names a loopback host, and is no change that a web page of another origin makes. So web pages cannot use the
 * service through a browser on this machine, not even by DNS rebinding.
 */
function isAllowedWithoutKeys(request: Request): boolean {
  const { host, origin } = request.headers;
  if (!isLoopbackHost(host)) return false;
  return SAFE_METHODS.has(request.method) || origin === undefined || isSameOrigin(request);
}

/** Whether a page of this service sent the request. Browsers add the Origin header to every change. */
function isSameOrigin({ headers: { host, origin } }: Request): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
