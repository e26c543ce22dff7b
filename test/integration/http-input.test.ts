/** Input that a coordinator refuses: bodies, query strings, paths. Each answer names the field that is wrong. */
import { randomUUID } from 'node:crypto';
import { loadConfig } from '@barkeep/service';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { postTo, problemIn } from '../support/system/http-calls.js';
import { inProcessEnvironment, removeAllKeys } from '../support/system/in-process.js';

const prefix = `http-${randomUUID()}`;
/** A valid spec. Its dataset has no bars. */
const spec = {
  symbols: ['SPY', 'IBM'],
  start: '2013-10-07',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
};

let database: TestDatabase;
let coordinator: Coordinator;

beforeAll(async () => {
  database = await createTestDatabase();
  coordinator = await startCoordinator(loadConfig(inProcessEnvironment(database.url, prefix)));
  await queryDatabase(database.url, "INSERT INTO datasets (name) VALUES ('lean')");
  await post('/v1/sessions', { ...spec, id: 'one' });
});

afterAll(async () => {
  await coordinator?.stop.run();
  await removeAllKeys(prefix);
  await database?.drop();
});

const get = (path: string, init?: RequestInit) => fetch(coordinator.url + path, init);
const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  postTo(coordinator.url + path, body, headers);

describe('bad input', () => {
  /** 5,001 symbols: one more than a session may have. */
  const tooManySymbols = Array.from({ length: 5_001 }, (_, i) => `S${i}`);
  it.each([
    ['an unknown field', { ...spec, colour: 'red' }, 'colour'],
    ['a wrong type', { ...spec, symbols: 'SPY' }, 'symbols'],
    ['an end before start', { ...spec, end: '2013-10-01' }, 'end'],
    ['an unknown calendar', { ...spec, calendar: 'MARS' }, 'calendar'],
    ['more days than a session may have', { ...spec, calendar: '24/7', start: '1970-01-01' }, 'end'],
    [
      'a derived interval that is no multiple',
      { ...spec, baseInterval: '2m', derivedIntervals: ['5m'] },
      'derivedIntervals[0]',
    ],
    ['5,001 symbols', { ...spec, symbols: tooManySymbols }, 'symbols'],
    ['a symbol with a space', { ...spec, symbols: ['S PY'] }, 'symbols[0]'],
    ['__proto__', `{"symbols":["SPY"],"__proto__":{"admin":true}}`, '__proto__'],
    ['__proto__ within', `{"upkeep":{"\\u005f_proto__":1}}`, 'upkeep.__proto__'],
    ['no body', undefined, 'symbols'],
    // No field: the document itself is wrong.
    ['a number', '5', ''],
    ['deep nesting', `{"symbols":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, expect.stringContaining('symbols[0]')],
  ])('a wrong body is refused with the name of its field: %s', async (_, body, field) => {
    const response = await post('/v1/sessions', body);
    expect(response.status).toBe(400);
    const [problem] = (await problemIn(response)).problems ?? [];
    expect(problem).toEqual({ field, expected: expect.stringMatching(/./), was: expect.stringMatching(/./) });
  });

  it('a body of 10 MB is refused with 413, and 5,000 symbols of the greatest length are accepted', async () => {
    const symbols = tooManySymbols.slice(1).map((symbol) => symbol.padEnd(32, 'X'));
    expect((await post('/v1/sessions', { ...spec, id: 'large', symbols })).status).toBe(201);
    const response = await post('/v1/sessions', { ...spec, symbols: ['X'.repeat(10_000_000)] });
    expect((await problemIn(response)).status).toBe(413);
  });

  it('a body that is no JSON, or of another media type, encoding or charset, is refused', async () => {
    expect((await problemIn(await post('/v1/sessions', '{"a":'))).type).toBe('urn:barkeep:problem:malformed-json');
    const text = await post('/v1/sessions', 'a=1', { 'Content-Type': 'text/plain' });
    expect((await problemIn(text)).status).toBe(415);
    const notGzip = await post('/v1/sessions', 'a=1', { 'Content-Encoding': 'gzip' });
    expect((await problemIn(notGzip)).status).toBe(400);
    const unknownCharset = await post('/v1/sessions', '{}', { 'Content-Type': 'application/json; charset=nope' });
    expect((await problemIn(unknownCharset)).status).toBe(415);
  });

  it.each([
    ['/v1/sessions/one/symbols/SPY/bars?last=0', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?last=10001', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?last=1&last=2', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?last=5&from=2013-10-07', 'last'],
    ['/v1/sessions/one/symbols/SPY/bars?from=yesterday', 'from'],
    ['/v1/sessions/one/symbols/SPY/bars?from=2013-10-08&to=2013-10-07', 'to'],
    ['/v1/sessions/one/symbols/SPY/bars?to=2013-10-07', 'from'],
    ['/v1/sessions/one/symbols/SPY/bars?lats=5', 'lats'],
    ['/v1/sessions/one/latest', 'symbols'],
    ['/v1/sessions/one/latest?symbols=SPY,S%20PY', 'symbols[1]'],
    ['/v1/sessions?state=asleep', 'state'],
    ['/v1/sessions?__proto__=1', '__proto__'],
    ['/v1/sessions/one?verbose=1', 'verbose'],
  ])('a wrong query string is refused with the name of its parameter: %s', async (path, field) => {
    const problem = await problemIn(await get(path));
    expect(problem).toMatchObject({ status: 400, problems: [{ field }] });
  });

  it('an unknown path or method gets the answer 404, and a path that cannot be decoded 400', async () => {
    expect((await problemIn(await get('/v1/sessions/one/symbols/S%20PY/bars'))).status).toBe(404);
    expect((await problemIn(await get('/v1/nowhere'))).type).toBe('urn:barkeep:problem:unknown-route');
    expect((await problemIn(await get('/v1/sessions/%zz'))).status).toBe(400);
    expect((await problemIn(await get('/v1/sessions', { method: 'PATCH' }))).status).toBe(404);
  });
});
