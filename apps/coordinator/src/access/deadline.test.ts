import express from 'express';
import { serveHttp } from '../../../../test/support/system/http-server.js';
import { deadline } from './deadline.js';

describe('deadline', () => {
  it('answers 503 for a route that does not answer, and does not interrupt an answer that has begun', async () => {
    const deadlineMs = 20;
    const app = express();
    app.use(deadline(deadlineMs));
    app.get('/never', () => undefined);
    app.get('/slow', (_request, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 3 * deadlineMs);
    });
    const { url, close } = await serveHttp(app);
    const never = await fetch(`${url}/never`);
    expect(never.status).toBe(503);
    expect(never.headers.get('retry-after')).toBe('2');
    expect(await (await fetch(`${url}/slow`)).text()).toBe('ab');
    await close();
  });
});
