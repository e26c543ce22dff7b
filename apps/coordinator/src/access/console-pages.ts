/**
 * Serves the console: its pages at / and below, its files at /console. The files are those that the build of apps/console wrote;
 * in the published package they are in the program's folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Response } from 'express';

/** Where the console's files are. */
const CONSOLE_PATH = '/console';
/** The addresses of the console's pages; the browser finds the page itself. */
export const CONSOLE_PAGES = /^\/$|^\/(sessions|datasets|compare|upkeep)(\/|$)/;

const FOLDERS = [join(__dirname, '../../../console/dist/site'), join(__dirname, 'console')];

/** Everything comes from this server; nothing is inline, so no text of a session can become a script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The pages and files of the console as one request handler. */
export function consolePages(): RequestHandler {
  const folder = FOLDERS.find((candidate) => existsSync(join(candidate, 'index.html')));
  const router = express.Router();
  if (folder === undefined) return router;
  router.get(CONSOLE_PAGES, (request, response) => {
    setHeaders(response);
    const calls = firstCalls(request);
    if (calls.length > 0)
      response.setHeader(
        'Link',
        calls.map((path) => `<${path}>; rel=preload; as=fetch; crossorigin`),
      );
    response.sendFile('index.html', { root: folder, cacheControl: false });
  });
  router.use(CONSOLE_PATH, express.static(folder, { index: false, cacheControl: false, setHeaders }));
  return router;
}

/**
 * The calls that the console makes first on a page, as it writes them. The browser begins them with the answer, while it still loads
 * the scripts. A page with a query makes others.
 */
function firstCalls({ path, query }: Request): string[] {
  if (Object.keys(query).length > 0) return [];
  if (path === '/') return ['/v1/sessions?limit=100&view=operator'];
  const id = /^\/sessions\/([\w.~%-]+)$/.exec(path)?.[1];
  if (id === undefined) return [];
  return [`/v1/sessions/${id}?view=operator`, `/v1/sessions/${id}/days?limit=500&view=operator`];
}

/** A browser asks each time whether a file has changed, so that a new version shows at once. */
function setHeaders(response: Response): void {
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('Cache-Control', 'no-cache');
}
