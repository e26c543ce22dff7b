import { ApiKeys } from '@barkeep/service';
import express from 'express';
import { type HttpServer, serveHttp } from '../../../../test/support/system/http-server.js';
import { authenticate } from './authenticate.js';

const [USER, ADMIN] = ['user-key-0123456789', 'admin-key-0123456789'];
let server: HttpServer;

beforeAll(async () => {
  const app = express();
  app.use(authenticate(new ApiKeys([USER], [ADMIN])));
  app.use((_request, response) => void response.json('accepted'));
  server = await serveHttp(app);
});
afterAll(() => server.close());

async function statusOf(path: string, key: string): Promise<number> {
  return (await fetch(`${server.url}${path}`, { headers: { 'X-API-Key': key } })).status;
}

describe('the key of a user', () => {
  it.each(['/metrics', '/queues', '/Queues/api/queues', '/v1/queues', '/v1/datasets/lean'])(
    'is refused for %s, the key of an admin is accepted',
    async (path) => {
      expect(await statusOf(path, USER)).toBe(403);
      expect(await statusOf(path, ADMIN)).toBe(200);
    },
  );

  // The last one is `view=operator`, percent-encoded.
  it.each(['?view=operator', '?view=strategy&view=operator', '?v%69ew=%6Fperator'])(
    'is refused for the view of an operator in %s, the key of an admin is accepted',
    async (query) => {
      const path = `/v1/sessions${query}`;
      expect(await statusOf(path, USER)).toBe(403);
      expect(await statusOf(path, ADMIN)).toBe(200);
    },
  );

  it('is accepted for a path that URL cannot parse', async () => {
    expect(await statusOf('//', USER)).toBe(200);
  });
});
