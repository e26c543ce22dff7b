import { barsQuery, createQuery, eventsQuery, listQuery, symbolsQuery } from '@barkeep/api';
import { parseIdempotencyKey, parseInput } from './request-checks.js';
import { WrongFieldsError } from '../problems.js';

/** The field problems of the WrongFieldsError that `run` throws. */
function problemsOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof WrongFieldsError) return error.problems;
    throw error;
  }
  throw new Error('expected a WrongFieldsError, was none');
}

describe('the query of bars', () => {
  const parse = (query: Record<string, unknown>) => parseInput(barsQuery, query);

  it('gives the last 100 bars without parameters', () => {
    expect(parse({})).toEqual({ last: 100, fill: 'none' });
    expect(parse({ interval: '5m', last: '20' })).toEqual({ interval: '5m', last: 20, fill: 'none' });
  });

  it('takes a range as ISO times, dates or epoch ms', () => {
    const from = Date.UTC(2013, 9, 7);
    const to = Date.UTC(2013, 9, 7, 20);
    expect(parse({ from: '2013-10-07', to: '2013-10-07T16:00:00-04:00' })).toMatchObject({ from, to });
    expect(parse({ from: String(from), to: String(to) })).toMatchObject({ from, to });
  });

  it('without `to` takes all bars up to the clock', () => {
    expect(parse({ from: '2013-10-07' })).toMatchObject({ to: Number.MAX_SAFE_INTEGER });
  });

  it('takes how empty slots are shown', () => {
    expect(parse({ fill: 'forward' })).toEqual({ last: 100, fill: 'forward' });
    expect(problemsOf(() => parse({ fill: 'back' }))).toEqual([
      { field: 'fill', expected: 'one of none, forward', was: '"back"' },
    ]);
  });

  it('names every field that is wrong or unknown', () => {
    const problems = problemsOf(() => parse({ last: '1.5', intreval: '5m' }));
    expect(problems.map(({ field }) => field)).toEqual(['last', 'intreval']);
  });

  it('says what a wrong field should be', () => {
    expect(problemsOf(() => parse({ last: '99999' }))).toEqual([
      { field: 'last', expected: 'a whole number from 1 to 10000', was: '"99999"' },
    ]);
  });
});

describe('the other queries', () => {
  it('parameters that are not given have defaults', () => {
    expect(parseInput(createQuery, {})).toEqual({ start: false });
    expect(parseInput(listQuery, {})).toEqual({ limit: 50, view: 'strategy' });
    expect(parseInput(symbolsQuery, { symbols: 'SPY,IBM' })).toEqual({
      symbols: ['SPY', 'IBM'],
      fill: 'none',
    });
  });

  it('the error names what is wrong', () => {
    expect(problemsOf(() => parseInput(createQuery, { start: 'yes' }))).toEqual([
      { field: 'start', expected: 'true or false', was: '"yes"' },
    ]);
    expect(problemsOf(() => parseInput(symbolsQuery, { symbols: 'SPY,SPY,S PY,' }))).toMatchObject([
      { field: 'symbols[2]', was: '"S PY"' },
      { field: 'symbols[3]', was: '""' },
    ]);
    expect(problemsOf(() => parseInput(eventsQuery, { types: 'clock,bell' }))).toMatchObject([{ was: '"bell"' }]);
  });
});

describe('the Idempotency-Key', () => {
  it('the header is optional, and may not be empty', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
    expect(parseIdempotencyKey('a-1')).toBe('a-1');
    expect(problemsOf(() => parseIdempotencyKey(''))).toMatchObject([{ field: 'Idempotency-Key' }]);
  });
});
