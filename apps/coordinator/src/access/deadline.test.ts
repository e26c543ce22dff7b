import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { deadline } from './deadline.js';

describe('deadline', () => {
  it('answers 503 for a route that does not answer, and leaves one alone that has begun', async () => {
    const app = express();
    app.use(deadline(20));
    app.get('/never', () => undefined);
    app.get('/slow', (_request, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 60);
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const never = await fetch(`${url}/never`);
    expect([never.status, never.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await (await fetch(`${url}/slow`)).text()).toBe('ab');
    server.close();
    await once(server, 'close');
  });
});
