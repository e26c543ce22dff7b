import express from 'express';
import { serveHttp } from '../../../../test/support/system/http-server.js';
import { BODY_DEPTH_MAX, bodyError, deadline, refuseHarmful } from './request-limits.js';
import { WrongFieldsError, ProblemError } from '../problems.js';

describe('refuseHarmful', () => {
  it('accepts an ordinary body, and __proto__ as a value', () => {
    refuseHarmful(JSON.parse('{"symbols":["__proto__"],"a":{"b":[1,null,{"c":true}]}}'));
    refuseHarmful(undefined);
  });

  it('names a __proto__ wherever it is', () => {
    for (const [body, field] of [
      ['{"__proto__":1}', '__proto__'],
      ['{"a":[{"__proto__":null}]}', 'a[0].__proto__'],
    ] as const) {
      expect(() => refuseHarmful(JSON.parse(body))).toThrow(WrongFieldsError);
      expect(() => refuseHarmful(JSON.parse(body))).toThrow(`${field}: expected no such field`);
    }
  });

  it('refuses a body that is nested too deep, even one that would overflow the call stack', () => {
    const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    refuseHarmful(nested(BODY_DEPTH_MAX));
    expect(() => refuseHarmful(nested(BODY_DEPTH_MAX + 1))).toThrow(`at most ${BODY_DEPTH_MAX} levels`);
    expect(() => refuseHarmful(nested(100_000))).toThrow(WrongFieldsError);
  });
});

describe('bodyError', () => {
  /** An error as Express' body parser throws it; some of its errors have no type. */
  const parserError = (status: number, type?: string) =>
    Object.assign(new Error('x'), { status, ...(type && { type }) });
  it.each([
    [parserError(413, 'entity.too.large'), 413],
    [parserError(400, 'entity.parse.failed'), 400],
    [parserError(415, 'charset.unsupported'), 415],
    [parserError(400), 400],
  ])('%p becomes a problem with status %i', (error, status) => {
    const found = bodyError(error);
    expect(found instanceof ProblemError && found.problem.status).toBe(status);
  });

  it('leaves other errors unchanged', () => {
    for (const error of [new Error('x'), 'x', parserError(500)]) expect(bodyError(error)).toBe(error);
  });
});

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
