import { ProblemError, WrongFieldsError } from '../problems.js';
import { BODY_DEPTH_MAX, bodyError, refuseHarmful } from './json-body.js';

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
