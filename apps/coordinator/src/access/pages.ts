/** Serves the pages for people: the console, with its files at /console, and the queue dashboard at /queues. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Response } from 'express';

export const QUEUES_PATH = '/queues';
const CONSOLE_PATH = '/console';
/** The paths of the console's pages. All get the same file: its script shows the page for the path. */
export const CONSOLE_PAGES = /^\/$|^\/(sessions|datasets|compare|upkeep)(\/|$)/;

/** Folders that may hold the console's files: the build of apps/console in the repository, and the published package. */
const CONSOLE_FOLDERS = [join(__dirname, '../../../console/dist/site'), join(__dirname, 'console')];

/** The console's policy: everything comes from this server and nothing is inline, so no text of a session can become a script. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Links to styles on other machines: bull-board loads its fonts from Google. Without the links it uses the fonts of the system. */
const REMOTE_STYLES = /<link[^>]+href="https?:[^>]*>/g;

/**
 * The pages and files of the console as one request handler, which also leads from /console to the first page. Without a built console
 * it passes every request on.
 */
export function consolePages(): RequestHandler {
  const folder = CONSOLE_FOLDERS.find((candidate) => existsSync(join(candidate, 'index.html')));
  const router = express.Router();
  if (folder === undefined) return router;
  router.get(CONSOLE_PAGES, (request, response) => {
    setConsoleHeaders(response);
    const preloads = firstCalls(request).map((path) => `<${path}>; rel=preload; as=fetch; crossorigin`);
    if (preloads.length > 0) response.setHeader('Link', preloads);
    response.sendFile('index.html', { root: folder, cacheControl: false });
  });
  router.get(CONSOLE_PATH, (_request, response) => response.redirect('/'));
  const files = express.static(folder, { index: false, cacheControl: false, setHeaders: setConsoleHeaders });
  router.use(CONSOLE_PATH, files);
  return router;
}

/**
 * The calls that the console makes first on a page. The browser starts them when the page arrives, while it still loads the scripts;
 * the console gets their answers only if it spells the URLs in exactly the same way. A page with a query string makes other calls.
 */
function firstCalls({ path, query }: Request): string[] {
  if (Object.keys(query).length > 0) return [];
  if (path === '/') return ['/v1/sessions?limit=100&view=operator'];
  const id = /^\/sessions\/([\w.~%-]+)$/.exec(path)?.[1];
  if (id === undefined) return [];
  return [`/v1/sessions/${id}?view=operator`, `/v1/sessions/${id}/days?limit=500&view=operator`];
}

/** With `no-cache` a browser checks each time whether a file has changed, so that it shows a new version at once. */
function setConsoleHeaders(response: Response): void {
  response.setHeader('Content-Security-Policy', CONSOLE_POLICY);
  response.setHeader('Cache-Control', 'no-cache');
}

/**
 * The queue dashboard as one request handler. Mount it at {@link QUEUES_PATH}, which `authenticate` opens for admins only: bull-board
 * has no authentication. The page hides the address of Redis and loads nothing from other machines.
 * @param writable whether people can change jobs on the page
 */
export function queueBoard(queues: readonly Queue[], writable: boolean): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(QUEUES_PATH);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: !writable })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Barkeep queues', hideRedisDetails: true } },
  });
  const board = serverAdapter.getRouter() as RequestHandler;
  return (request, response, next) => {
    const send = response.send.bind(response);
    response.send = (body: unknown) => send(typeof body === 'string' ? body.replace(REMOTE_STYLES, '') : body);
    return board(request, response, next);
  };
}
