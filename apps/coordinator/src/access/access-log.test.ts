import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loggerTo } from '@barkeep/observe';
import { accessLog } from './access-log.js';

describe('the log', () => {
  it('has no key, no cookie and no query string, neither of a request nor of a logged object', async () => {
    const lines: string[] = [];
    const logger = loggerTo({ write: (line) => void lines.push(line) }, 'coordinator', { level: 'trace' });
    const log = accessLog(logger);
    const server = createServer((request, response) => {
      log(request, response);
      response.setHeader('Set-Cookie', 'c=secret-5');
      request.log.info({ headers: request.headers }, 'by hand');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = {
      authorization: 'Bearer secret-1',
      cookie: 'c=secret-2',
      'x-api-key': 'secret-3',
      'x-request-id': 'mine',
    };
    const response = await fetch(`http://127.0.0.1:${port}/v1/sessions?api_key=secret-4`, { headers });
    expect(response.headers.get('x-request-id')).toBe('mine');
    server.close();
    await once(server, 'close');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('secret');
    expect(lines.join('')).toContain('"id":"mine"');
  });
});
