import type { RequestListener } from 'node:http';
import { loggerTo } from '@barkeep/observe';
import express from 'express';
import type { HttpLogger } from 'pino-http';
import { serveHttp } from '../../../../test/support/system/http-server.js';
import { accessLog } from './access-log.js';

/** Makes a server that logs, and sends it one request. @returns the answer and the lines of the log */
async function serve(listenerOf: (log: HttpLogger) => RequestListener, path: string, headers = {}) {
  const lines: string[] = [];
  const logger = loggerTo({ write: (line) => void lines.push(line) }, 'coordinator', { level: 'trace' });
  const { url, close } = await serveHttp(listenerOf(accessLog(logger)));
  const response = await fetch(`${url}${path}`, { headers });
  await close();
  return { response, lines };
}

describe('the log', () => {
  it('has the id of a request, but no key, no cookie and no query string, also when code logs the headers', async () => {
    const listenerOf =
      (log: HttpLogger): RequestListener =>
      (request, response) => {
        log(request, response);
        response.setHeader('Set-Cookie', 'c=secret-5');
        request.log.info({ headers: request.headers }, 'logged by code');
        response.end();
      };
    const { response, lines } = await serve(listenerOf, '/v1/sessions?api_key=secret-4', {
      authorization: 'Bearer secret-1',
      cookie: 'c=secret-2',
      'x-api-key': 'secret-3',
      'x-request-id': 'mine',
    });
    expect(response.headers.get('x-request-id')).toBe('mine');
    expect(lines).toHaveLength(2); // the line of the code, and the line of the request
    const log = lines.join('');
    expect(log).not.toContain('secret');
    expect(log).toContain('"id":"mine"');
  });

  it('names the whole path of a request that a mounted handler answers', async () => {
    const listenerOf = (log: HttpLogger) =>
      express()
        .use(log)
        .use('/console', (_request, response) => void response.end());
    const { lines } = await serve(listenerOf, '/console/main.js?a=1');
    expect(lines.join('')).toContain('"GET /console/main.js 200"');
  });
});
