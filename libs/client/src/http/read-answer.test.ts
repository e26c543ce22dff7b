import { z } from 'zod';
import { UnexpectedAnswerError } from '../errors.js';
import { ApiProblemError, FedBarsLostError, InvalidInputError, WrongStateError } from './errors.js';
import { checked, problemError } from './read-answer.js';

const documentOf = (kind: string) => ({
  type: `urn:barkeep:problem:${kind}`,
  title: 'A title',
  detail: 'What is wrong',
});

describe('a problem document as an error', () => {
  it('has a class for its cause, and the message of the coordinator', () => {
    const error = problemError(409, { ...documentOf('wrong-state'), requestId: 'r-1' });
    expect(error).toBeInstanceOf(WrongStateError);
    expect(error).toMatchObject({ name: 'WrongStateError', status: 409, kind: 'wrong-state', requestId: 'r-1' });
    expect(error.message).toBe('What is wrong (HTTP 409)');
  });

  it('names every field that is wrong', () => {
    const problems = [{ field: 'symbols[0]', expected: 'a symbol', was: '"?"' }];
    const error = problemError(400, { ...documentOf('invalid-input'), problems });
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.problems).toEqual(problems);
  });

  it('says which bars were lost', () => {
    const lost = { symbol: 'AAA', reached: '2013-10-07T13:50:00.000Z', bars: 20 };
    const error = problemError(409, { ...documentOf('fed-bars-lost'), lost });
    expect(error).toBeInstanceOf(FedBarsLostError);
    const reachedMs = Date.parse(lost.reached);
    expect(error).toMatchObject({ symbol: 'AAA', reachedMs, bars: 20, kind: 'fed-bars-lost' });
  });

  it.each<[what: string, status: number, body: unknown, expected: object]>([
    ['lost bars that are not named', 409, documentOf('fed-bars-lost'), { kind: 'fed-bars-lost' }],
    ['a kind without a class', 500, documentOf('internal-error'), { kind: 'internal-error' }],
    ['no body', 502, undefined, { kind: '', message: 'no reason given (HTTP 502)', problems: [] }],
    [
      'problems that are no list',
      400,
      { problems: 'odd', title: 'A title' },
      { message: 'A title (HTTP 400)', problems: [] },
    ],
    [
      'incomplete problems',
      400,
      { problems: [null, { field: 'end' }] },
      { problems: [{ field: 'end', expected: '', was: '' }] },
    ],
  ])('is a plain ApiProblemError for %s', (_what, status, body, expected) => {
    const error = problemError(status, body);
    expect(error).toBeInstanceOf(ApiProblemError);
    expect(error).toMatchObject({ name: 'ApiProblemError', ...expected });
  });
});

describe('an answer', () => {
  const dataset = z.strictObject({ type: z.literal('dataset'), name: z.string() });
  const schema = z.strictObject({ source: z.union([dataset, z.array(dataset), z.literal('feed')]).nullable() });

  it.each([
    { source: { type: 'dataset', name: 'a', unknownField: 1 }, unknownField: 2 },
    { source: [{ type: 'dataset', name: 'a', unknownField: 1 }] },
    { source: null },
  ])('may have fields that this version does not know: %j', (answer) => {
    expect(checked(schema, answer)).toBe(answer);
  });

  it.each([
    { source: { type: 'dataset', unknownField: 1 } },
    { source: [{ unknownField: 1 }] },
    { source: 'other' },
    {},
  ])('is refused when a known field is wrong: %j', (answer) => {
    expect(() => checked(schema, answer)).toThrow(UnexpectedAnswerError);
  });
});
