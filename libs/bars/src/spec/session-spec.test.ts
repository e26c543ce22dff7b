import { CalendarBook, parseCalendar, useCalendars } from '../calendar/index.js';
import { type FieldProblem, shown } from '../field-problems.js';
import { SYMBOLS_MAX, UPKEEP_DEFAULTS, SYMBOL_WORDS } from './schema.js';
import { checkSize, parseSessionRequest, parseSessionSpec, resolveSymbols, SessionSpecError } from './session-spec.js';

/** Has only the fields without a default. */
const minimalSpec = {
  symbols: ['SPY', 'IBM'],
  start: '2013-10-07',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
};

/** The problems of a spec; none when it is valid. */
function problemsOf(input: unknown): readonly FieldProblem[] {
  try {
    parseSessionSpec(input);
  } catch (error) {
    if (error instanceof SessionSpecError) return error.problems;
    throw error;
  }
  return [];
}
/** The problems of {@link minimalSpec} with this change. */
const problemsWith = (change: object) => problemsOf({ ...minimalSpec, ...change });
const manySymbols = (count: number) => Array.from({ length: count }, (_, i) => `S${i}`);

describe('a valid spec', () => {
  it('gets every default', () => {
    expect(parseSessionSpec(minimalSpec)).toEqual({
      ...minimalSpec,
      calendar: 'XNYS',
      hours: 'regular',
      baseInterval: '1m',
      derivedIntervals: ['5m', '15m'],
      backfill: [],
      prices: 'positive',
      pace: { mode: 'max' },
      feed: { timeoutSeconds: 60 },
      history: { trailingDays: 0, retainDays: 0 },
      upkeep: {
        enabled: true,
        everySeconds: 60,
        barrier: 'day',
        retryMissingBars: true,
        maxRetries: 5,
        onFailure: 'wait',
        autoComputeDerived: true,
      },
      retentionHours: 24,
    });
  });

  it('gets the upkeep defaults of the environment, which its own fields override', () => {
    const defaults = { ...UPKEEP_DEFAULTS, everySeconds: 7, maxRetries: 2, derivedIntervals: ['30m'] };
    const spec = parseSessionRequest({ ...minimalSpec, upkeep: { maxRetries: 9 } }, defaults);
    expect(spec.upkeep).toMatchObject({ everySeconds: 7, maxRetries: 9 });
    expect(spec.derivedIntervals).toEqual(['30m']);
  });

  it('has canonical intervals, each once, in ascending order', () => {
    const spec = parseSessionSpec({ ...minimalSpec, derivedIntervals: ['1d', '60m', '5m', '1h', '120m', '2h'] });
    expect(spec.derivedIntervals).toEqual(['5m', '1h', '2h', '1d']);
    expect(parseSessionSpec({ ...minimalSpec, baseInterval: '60m', derivedIntervals: ['120m'] })).toMatchObject({
      baseInterval: '1h',
      derivedIntervals: ['2h'],
    });
  });

  it('leaves out default intervals that cannot be derived from its base interval', () => {
    const derived = (baseInterval: string) => parseSessionSpec({ ...minimalSpec, baseInterval }).derivedIntervals;
    expect(['1m', '5m', '15m', '1h'].map(derived)).toEqual([['5m', '15m'], ['15m'], [], []]);
  });

  it('has a canonical history of days or of bars', () => {
    const history = (given: object) =>
      parseSessionSpec({ ...minimalSpec, derivedIntervals: ['60m'], history: given }).history;
    expect(history({})).toEqual({ trailingDays: 0, retainDays: 0 });
    expect(history({ trailingDays: 3, retainDays: 3 })).toEqual({ trailingDays: 3, retainDays: 3 });
    expect(history({ retainDays: 2 })).toEqual({ trailingDays: 0, retainDays: 2 });
    expect(history({ bars: 10, interval: '60m' })).toEqual({ bars: 10, interval: '1h', retainDays: 0 });
  });

  it('is the same when it is parsed again', () => {
    for (const change of [
      { derivedIntervals: ['60m'], upkeep: { barrier: { minutes: 30 } } },
      { history: { bars: 10, interval: '5m' } },
    ]) {
      const once = parseSessionSpec({ ...minimalSpec, ...change });
      expect(parseSessionSpec(once)).toEqual(once);
    }
  });

  it('may be of one day, of 5,000 symbols, and without derived intervals', () => {
    const symbols = manySymbols(SYMBOLS_MAX);
    expect(problemsWith({ start: '2013-10-07', end: '2013-10-07', symbols, derivedIntervals: [] })).toEqual([]);
  });
});

describe('an invalid spec', () => {
  it.each<[change: object, problem: string]>([
    [{ colour: 'red' }, 'colour: expected no such field, was "red"'],
    [{ upkeep: { evry: 5 } }, 'upkeep.evry: expected no such field, was 5'],
    [{ symbols: 'SPY' }, 'symbols: expected a list of symbols, or "dataset" for all symbols of the source, was "SPY"'],
    [{ upkeep: { enabled: 1 } }, 'upkeep.enabled: expected boolean, was 1'],
    [{ history: { trailingDays: 1001 } }, 'history.trailingDays: expected at most 1000, was 1001'],
    [
      { history: { trailingDays: 3, retainDays: 2 } },
      'history.retainDays: expected 0, or at least 3 trailingDays, was 2',
    ],
    [
      { history: { trailingDays: 3, bars: 10, interval: '1m' } },
      'history.trailingDays: expected no such field beside history.bars, was 3',
    ],
    [{ history: { interval: '1m' } }, 'history.interval: expected no such field without history.bars, was "1m"'],
    [{ history: { bars: 10 } }, 'history.interval: expected one that this session stores: 1m, 5m, 15m, was nothing'],
    [
      { history: { bars: 10, interval: '5m' }, upkeep: { enabled: false } },
      'history.interval: expected one that this session stores: 1m, was "5m"',
    ],
    [{ source: undefined }, 'source: expected an object such as { "type": "dataset", "dataset": "NAME" }, was nothing'],
    [{ pace: 'max' }, 'pace: expected an object such as { "mode": "max" }, was "max"'],
    [{ symbols: ['SPY', 'BRK B'] }, `symbols[1]: expected ${SYMBOL_WORDS}, was "BRK B"`],
    [{ symbols: ['SPY\n'] }, `symbols[0]: expected ${SYMBOL_WORDS}, was "SPY\\n"`],
    [{ symbols: [] }, 'symbols: expected at least 1 symbol, was []'],
    [{ symbols: ['A', 'B', 'A'] }, 'symbols[2]: expected each symbol once, was "A"'],
    [{ end: '2013-10-04' }, 'end: expected a date not before start, 2013-10-07, was "2013-10-04"'],
    [{ end: '2013-02-30' }, 'end: expected a date, YYYY-MM-DD, was "2013-02-30"'],
    [{ end: '2013-10-11T00:00Z' }, 'end: expected a date, YYYY-MM-DD, was "2013-10-11T00:00Z"'],
    [{ calendar: '24/7', hours: 'extended' }, 'hours: expected regular (24/7 has no extended hours), was "extended"'],
    [
      { baseInterval: '5m', derivedIntervals: ['15m', '7m'] },
      'derivedIntervals[1]: expected a whole multiple of 5m, was "7m"',
    ],
    [{ derivedIntervals: ['1m'] }, 'derivedIntervals[0]: expected a whole multiple of 1m, was "1m"'],
    [
      { derivedIntervals: ['5 minutes'] },
      'derivedIntervals[0]: expected an interval such as 5m, 2h or 1d (1d is the trading day, 24h is 24 hours), was "5 minutes"',
    ],
    [{ baseInterval: '1d' }, 'baseInterval: expected minutes or hours, was "1d"'],
    [
      { start: '2013-12-25', end: '2013-12-25' },
      'start: expected at least one trading day up to end, was "2013-12-25 to 2013-12-25"',
    ],
    [
      { start: '1989-12-29' },
      'start: expected a date from 1990-01-01 to 2027-12-31, the known range of XNYS, was "1989-12-29"',
    ],
    [{ upkeep: { maxRetries: 0 } }, 'upkeep.maxRetries: expected at least 1, was 0'],
    [{ upkeep: { everySeconds: 1.5 } }, 'upkeep.everySeconds: expected a whole number, was 1.5'],
    [{ upkeep: { barrier: 'hour' } }, 'upkeep.barrier: expected "day", "none" or { "minutes": 1 to 1440 }, was "hour"'],
    [
      { source: { type: 'feed' }, history: { trailingDays: 2 } },
      'history.trailingDays: expected 0 in a session that is fed, was 2',
    ],
    [
      { source: { type: 'feed' }, backfill: ['feed'] },
      'backfill[0]: expected another dataset than "feed" in a session that is fed, was "feed"',
    ],
    [{ pace: { mode: 'lockstep', window: 0 } }, 'pace.window: expected at least 1, was 0'],
    [{ pace: { mode: 'slow' } }, 'pace.mode: expected "max", "clock" or "lockstep", was "slow"'],
    [{ pace: { mode: 'clock' } }, 'pace.speed: expected a number, was nothing'],
    [{ pace: { mode: 'clock', speed: 0.01 } }, 'pace.speed: expected at least 0.1, was 0.01'],
    [{ pace: { mode: 'clock', speed: 100_001 } }, 'pace.speed: expected at most 100000, was 100001'],
    [{ pace: { mode: 'max', speed: 60 } }, 'pace.speed: expected no such field, was 60'],
    [{ pace: { mode: 'clock', speed: 60, overrun: 'skip' } }, 'pace.overrun: expected "wait" or "fail", was "skip"'],
    [{ feed: { timeoutSeconds: 0 } }, 'feed.timeoutSeconds: expected at least 1, was 0'],
    [{ id: 'a/b' }, 'id: expected an id, ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$, was "a/b"'],
  ])('%j has the problem %s', (change, problem) => {
    const texts = problemsWith(change).map(({ field, expected, was }) => `${field}: expected ${expected}, was ${was}`);
    expect(texts).toEqual([problem]);
  });

  const OUTER_FIELDS =
    'id symbols calendar hours start end baseInterval derivedIntervals source backfill prices pace feed history upkeep retentionHours';
  const INNER_FIELDS =
    'source.type pace.mode feed.timeoutSeconds history.trailingDays history.retainDays upkeep.enabled upkeep.everySeconds ' +
    'upkeep.barrier upkeep.retryMissingBars upkeep.maxRetries upkeep.onFailure upkeep.autoComputeDerived';
  /** Fields that are allowed only beside others. */
  const DEPENDENT_FIELDS: [path: string, others: object][] = [
    ['source.dataset', { type: 'dataset' }],
    ['source.latenessSeconds', { type: 'feed' }],
    ['pace.speed', { mode: 'clock' }],
    ['pace.overrun', { mode: 'clock', speed: 60 }],
    ['pace.window', { mode: 'lockstep' }],
    ['pace.consumers', { mode: 'lockstep' }],
    ['pace.heartbeatSeconds', { mode: 'lockstep' }],
    ['pace.onSilence', { mode: 'lockstep' }],
    ['history.bars', { interval: '1m' }],
    ['history.interval', { bars: 10 }],
  ];
  const otherFields = `${OUTER_FIELDS} ${INNER_FIELDS}`.split(' ').map((path): [string, object] => [path, {}]);
  /** Values that no field allows. */
  const WRONG_VALUES = [null, [[]], -7, 'no such value', '\n'];

  it.each([...otherFields, ...DEPENDENT_FIELDS])(
    'a wrong %s is one problem, which names it, what was expected and what came',
    (path, others) => {
      const [outer, inner] = path.split('.') as [string, string?];
      for (const value of WRONG_VALUES) {
        const [problem, ...more] = problemsWith({ [outer]: inner ? { ...others, [inner]: value } : value });
        expect(more).toEqual([]);
        const isAboutItem = problem!.field === `${path}[0]`; // of a list
        expect(problem).toMatchObject(isAboutItem ? { was: '[]' } : { field: path, was: shown(value) });
        expect(problem!.expected).toMatch(/^(?!Invalid)./); // the texts of zod begin so
      }
    },
  );

  it('a pace or source that is no object has a problem with an example, not with the values of its first field', () => {
    const [problem] = problemsWith({ source: 'feed' });
    expect(problem!.expected).toBe('an object such as { "type": "dataset", "dataset": "NAME" }');
  });

  it('5,001 symbols are one problem, whose message does not list them', () => {
    const [problem, ...others] = problemsWith({ symbols: manySymbols(5_001) });
    expect(problem).toMatchObject({ field: 'symbols', expected: 'at most 5000 symbols' });
    expect(problem!.was.length).toBeLessThanOrEqual(80);
    expect(others).toEqual([]);
  });

  it('the problem of an unknown calendar lists the known ones', () => {
    const [problem] = problemsWith({ calendar: 'XXXX' });
    expect(problem).toMatchObject({ field: 'calendar', was: '"XXXX"' });
    expect(problem!.expected).toContain('XNYS');
    expect(problem!.expected).not.toContain('XXXX');
  });

  it('the keys __proto__ and constructor, which JSON may have, are unknown fields at the top and inside', () => {
    // An object literal would set the prototype instead of the key.
    const top: unknown = JSON.parse(JSON.stringify(minimalSpec).replace('{', '{"__proto__":{"x":1},'));
    expect(problemsOf(top)).toEqual([{ field: '__proto__', expected: 'no such field', was: '{"x":1}' }]);
    const inside: unknown = { ...minimalSpec, upkeep: JSON.parse('{"__proto__":{"enabled":false}}') };
    expect(problemsOf(inside)).toEqual([
      { field: 'upkeep.__proto__', expected: 'no such field', was: '{"enabled":false}' },
    ]);
    expect(problemsWith(JSON.parse('{"constructor":1}') as object)).toMatchObject([{ field: 'constructor' }]);
  });

  it.each([undefined, null, 7, 'spec', [], [minimalSpec]])('%j is refused, because it is not an object', (input) => {
    expect(problemsOf(input)).toMatchObject([{ field: '', expected: 'object' }]);
  });

  it('one error has all problems of single fields, or if there are none, all problems of combined fields', () => {
    const fieldsWith = (change: object) => problemsWith(change).map(({ field }) => field);
    const singleFields = { symbols: ['S P'], end: 'soon', colour: 1, upkeep: { maxRetries: -1 } };
    expect(fieldsWith(singleFields).sort()).toEqual(['colour', 'end', 'symbols[0]', 'upkeep.maxRetries']);
    const combined = { symbols: ['A', 'A'], end: '2013-10-04', derivedIntervals: ['1m'], calendar: 'nowhere' };
    expect(fieldsWith(combined).sort()).toEqual(['calendar', 'derivedIntervals[0]', 'end', 'symbols[1]']);
  });

  it('an end before the start is one problem: no second one says that the range has no trading day', () => {
    expect(problemsWith({ start: '2013-10-08', end: '2013-10-07' })).toHaveLength(1);
  });

  it('the message of the error lists every problem', () => {
    expect(() => parseSessionSpec({ ...minimalSpec, end: '2013-10-04', symbols: ['A', 'A'] })).toThrow(
      'symbols[1]: expected each symbol once, was "A"; end: expected a date not before start, 2013-10-07, was "2013-10-04"',
    );
  });
});

describe('the symbols of a spec', () => {
  it('names that vendors use are accepted, in either case', () => {
    const symbols =
      'BACpB BACPB BRK.B ES=F EUR/USD ^GSPC BTC:PERP A+ B@1 C#2 D&E F$ G~ a-b_c constructor __proto__'.split(' ');
    expect(parseSessionSpec({ ...minimalSpec, symbols }).symbols).toEqual(symbols);
  });

  it.each(['', '.', '..', 'a b', 'a,b', 'a?b', 'a%b', 'ä', 'x'.repeat(65)])('%j is refused', (symbol) => {
    expect(problemsWith({ symbols: [symbol] })).toMatchObject([{ field: 'symbols[0]', expected: SYMBOL_WORDS }]);
  });

  it('"dataset" in a request means all symbols of the source; the spec lists them, each once and in order', () => {
    const request = parseSessionRequest({ ...minimalSpec, symbols: 'dataset' });
    expect(request.symbols).toBe('dataset');
    expect(resolveSymbols(request, ['b', 'B', 'a', 'b'])).toEqual({ ...request, symbols: ['B', 'a', 'b'] });
  });

  it('"dataset" is refused when the source has no symbol, or one with an invalid name', () => {
    const request = parseSessionRequest({ ...minimalSpec, symbols: 'dataset' });
    const problem = 'symbols: expected a dataset of 1 to 5000 symbols, was lean has 0';
    expect(() => resolveSymbols(request, [])).toThrow(problem);
    expect(() => resolveSymbols(request, ['a b'])).toThrow('"a b"');
  });

  it('"dataset" is refused in a spec, and in a request for a session that is fed', () => {
    const allSymbols = { ...minimalSpec, symbols: 'dataset' };
    expect(() => parseSessionSpec(allSymbols)).toThrow('symbols: expected a list of symbols');
    const fed = { ...allSymbols, source: { type: 'feed' } };
    expect(() => parseSessionRequest(fed)).toThrow('symbols: expected a list of symbols in a session that is fed');
  });
});

test('a session does not begin before 1970, also when its calendar does', () => {
  const days = { firstDate: '1960-01-01', lastDate: '1980-12-31' };
  const week = { from: '1960-01-01', weekdays: ['Mon'], segments: [{ open: '10:00', close: '15:30' }] };
  const calendar = parseCalendar({ id: 'OLD', name: 'Old', zone: 'America/New_York', ...days, hours: [week] });
  useCalendars(new CalendarBook([calendar]));
  const spec = { calendar: 'OLD', end: '1970-01-12' };
  const problem = { field: 'start', expected: '1970-01-01 or later', was: '"1969-12-29"' };
  expect(problemsWith({ ...spec, start: '1969-12-29' })).toEqual([problem]);
  expect(parseSessionRequest({ ...minimalSpec, ...spec, start: '1970-01-05' })).toMatchObject(spec);
  useCalendars(new CalendarBook());
});

describe('the size of a session', () => {
  const limits = { maxDays: 5, maxSymbolDays: 10 };
  const parse = (change: object) => parseSessionRequest({ ...minimalSpec, ...change }, undefined, limits);

  it('a session as large as the limits is accepted', () => {
    expect(parse({})).toMatchObject({ start: '2013-10-07', end: '2013-10-11' });
  });

  it('too many trading days are refused with the figures', () => {
    expect(() => parse({ end: '2013-10-14' })).toThrow(
      'end: expected at most 5 trading days in a session (BARKEEP_MAX_DAYS), was 6 trading days for 2013-10-07 to 2013-10-14, history included',
    );
    expect(() => parse({ history: { trailingDays: 1 } })).toThrow('was 6 trading days');
  });

  it('too many symbols × days are refused with the figures', () => {
    const problem =
      'symbols: expected at most 10 symbols × trading days in a session (BARKEEP_MAX_SYMBOL_DAYS), was 3 symbols × 5 trading days = 15';
    expect(() => parse({ symbols: ['A', 'B', 'C'] })).toThrow(problem);
    const request = parse({ symbols: 'dataset' });
    expect(() => resolveSymbols(request, ['A', 'B', 'C'], limits)).toThrow(problem);
  });

  it('the days of a history given in bars count once they are found', () => {
    const spec = parseSessionSpec({ ...minimalSpec, history: { bars: 100, interval: '1m' } });
    checkSize(spec, 0, limits);
    expect(() => checkSize(spec, 1, limits)).toThrow(
      'was 6 trading days for 2013-10-07 to 2013-10-11, history included',
    );
  });

  it('130 years are refused without building their trading days', () => {
    const allYears = { symbols: 'dataset', calendar: '24/7', start: '1970-01-01', end: '2099-12-31' };
    expect(() => parse(allYears)).toThrow('was 47,482 trading days');
  });
});

test('a long value is shortened in a message, and undefined is shown as nothing', () => {
  expect(shown('x'.repeat(200))).toHaveLength(78);
  expect([undefined, 7, { a: 1 }].map(shown)).toEqual(['nothing', '7', '{"a":1}']);
});
