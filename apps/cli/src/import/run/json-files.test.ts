/**
 * Files of JSON. I7, an invariant of docs/ARCHITECTURE.md: no invalid bar is stored, and each refused bar is counted once,
 * with its reason.
 */
import { parseColumnsOption } from '../detect/index.js';
import { MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  symbolsOf,
  valuesOf,
} from '../../../../../test/support/data/imported-file.js';

/** A bar as an object of a JSON file. @param minute after 14:30 UTC */
const barAt = (minute: number) => ({ t: OPEN + minute * MINUTE_MS, o: 10, h: 11, l: 9, c: 10.5, v: 5 });
/** The same bar as an array: time, open, high, low, close, volume. */
const arrayAt = (minute: number): number[] => Object.values(barAt(minute));
/** The stored bar of minute 0. */
const BAR = ['X', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 5];

const jsonOf = (value: unknown): string => JSON.stringify(value);
/** One JSON text per line. */
const linesOf = (...values: unknown[]): string => values.map((value) => `${jsonOf(value)}\n`).join('');

describe('a JSON file', () => {
  it('may have its arrays in one array or one per line', async () => {
    const columns = parseColumnsOption('time=1,open=2,high=3,low=4,close=5,volume=6');
    const options = { read: { symbol: 'X', columns } };
    expect((await imported('a.json', jsonOf([arrayAt(0)]), STORE_AS_X)).bars).toEqual([BAR]);
    expect((await imported('b.ndjson', linesOf(arrayAt(0), arrayAt(1)), options)).bars).toHaveLength(2);
  });

  it('has the arrays of unfinished bars refused when the user names the value that says so, as in answers of OKX', async () => {
    const columns = parseColumnsOption('time=1,open=2,high=3,low=4,close=5,volume=6,complete=7');
    const text = jsonOf({
      data: [
        [...arrayAt(1), '0'],
        [...arrayAt(0), '1'],
      ],
    });
    const result = await imported('a.json', text, { read: { symbol: 'X', columns } });
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'incomplete-bar': 1 } });
    expect(result.summary.understood[0]?.columns).toMatchObject({ complete: '7' });
    const cut = await imported('a.json', jsonOf([[...arrayAt(1), '1'], arrayAt(0)]), {
      read: { symbol: 'X', columns },
    });
    expect(countsOf(cut)).toEqual({ bars: 1, refused: { 'missing-fields': 1 } });
  });

  it('may have its objects in one array or one per line, and their keys in any order', async () => {
    const first = {
      timestamp: '2024-03-04T14:30:00Z',
      open: 10,
      high: 11,
      low: 9,
      close: 10.5,
      volume: 5,
      extra: null,
    };
    const reversed = { volume: 6, close: 10.5, low: 9, high: 11, open: 10, timestamp: '2024-03-04T14:31:00Z' };
    expect((await imported('c.json', jsonOf([first, reversed]), STORE_AS_X)).bars).toEqual([
      BAR,
      ['X', '2024-03-04T14:31Z', 10, 11, 9, 10.5, 6],
    ]);
    expect((await imported('d.ndjson', linesOf(first, reversed), STORE_AS_X)).bars).toHaveLength(2);
  });

  it('I7 has an invalid row refused alone', async () => {
    const withoutOpen = { ...barAt(1), o: null };
    const withoutVolume = { ...barAt(2), v: undefined }; // JSON has no key for it
    const result = await imported('a.json', jsonOf([barAt(0), withoutOpen, withoutVolume]), STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'not-a-number': 2 } });
  });

  it('is refused when its values fit two formats of arrays, and the refusal names them', async () => {
    // The four prices are equal, so any order of them is valid.
    const flat = [0, 1].map((minute) => [OPEN + minute * MINUTE_MS, 1, 1, 1, 1, 5]);
    const result = await imported('a.json', jsonOf(flat), STORE_AS_X);
    expect(reasonsOf(result)).toEqual({ 'ambiguous-format': 1 });
    expect(detailOf(result)).toContain('freqtrade or bitfinex');
  });

  it('may have escapes in its texts', async () => {
    const values = '"t":"2024-03-04T14:30:00Z","o":"10","h":"11","l":"9","c":"10.5","v":"5"';
    const json = String.raw`[{"symbol":"BRK\/B",${values}},{"symbol":"\u0041",${values}}]`;
    expect(symbolsOf(await imported('a.json', json))).toEqual(['BRK/B', 'A']);
  });

  it('may have bars with another object inside', async () => {
    for (const text of [
      jsonOf([{ ...barAt(0), meta: { a: 1 } }]),
      jsonOf([{ meta: { a: [1] }, ...barAt(0) }]),
      linesOf({ ...barAt(0), x: {} }),
    ])
      expect((await imported('a.json', text, STORE_AS_X)).bars).toEqual([BAR]);
  });

  it('is not stored at all when its last brackets are missing', async () => {
    for (const cutShort of [
      jsonOf([barAt(0), barAt(1)]).slice(0, -1),
      jsonOf([arrayAt(0), arrayAt(1)]).slice(0, -1),
      jsonOf({ bars: { X: [barAt(0)] } }).slice(0, -']}}'.length),
    ]) {
      const result = await imported('a.json', cutShort, STORE_AS_X);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
    }
  });

  it('without bars is refused, and the refusal shows its beginning', async () => {
    const result = await imported('a.json', jsonOf({ status: 'ERROR', error: 'no such key' }), STORE_AS_X);
    expect(detailOf(result)).toContain('no such key');
  });

  it('with an object for each column, as pandas writes by default, is refused, and the refusal names the page about it', async () => {
    const columns = Object.entries(barAt(0)).map(([name, value]) => [name, { [OPEN]: value }]);
    const result = await imported('a.json', jsonOf(Object.fromEntries(columns)), STORE_AS_X);
    expect(detailOf(result)).toContain('docs/troubleshooting.md');
  });
});

/** Answers of an API: an object for each symbol, with its bars in an array. */
describe('answers that name a symbol beside an array of bars', () => {
  const nameFirst = (ticker: string, minute: number) => ({ ticker, resultsCount: 1, results: [barAt(minute)] });
  const nameLast = (symbol: string, minute: number) => ({ bars: [barAt(minute)], next: { a: 1 }, symbol });

  it('are all stored with --symbol when they name the same symbol', async () => {
    for (const answer of [nameFirst, nameLast]) {
      const text = linesOf(answer('AAPL', 0), answer('AAPL', 1));
      expect((await imported('a.ndjson', text, STORE_AS_X)).bars).toHaveLength(2);
    }
  });

  it('have the rows of a second symbol refused when the name comes before the rows', async () => {
    // The name is known when a row is read, so each row is compared with the first one.
    const result = await imported('a.ndjson', linesOf(nameFirst('AAPL', 0), nameFirst('MSFT', 1)), STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'other-symbol': 1 } });
    expect(detailOf(result)).toContain('expected rows of "AAPL.results", was "MSFT.results"');
  });

  it('are refused with their file for a second symbol when the name comes after the rows', async () => {
    // The name comes too late to refuse single rows, so the file is checked before any row is stored.
    const text = linesOf(nameLast('AAPL', 0), nameLast('MSFT', 1));
    const result = await imported('a.ndjson', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
    expect(detailOf(result)).toContain('rows of 2 symbols (AAPL, MSFT) would become one');
    expect((await imported('a.ndjson', text, { ...STORE_AS_X, oneSymbol: true })).bars).toHaveLength(2);
  });
});

describe('an answer of Polygon, an object with bars under the key "results"', () => {
  const bar = { ...barAt(0), n: 3, vw: 10.1 };
  const values = { ticker: 'X', queryCount: 1, resultsCount: 1, adjusted: true, status: 'OK' };
  const answer = jsonOf({ ...values, results: [bar] });

  it('has its bars read, and its other values are not a row', async () => {
    const result = await imported('a.json', answer, STORE_AS_X);
    expect(result.bars).toEqual([BAR]);
    expect(reasonsOf(result)).toEqual({});
  });

  it('is refused without --symbol: the key "results" is not taken for a symbol', async () => {
    expect(reasonsOf(await imported('a.json', answer))).toEqual({ 'unusable-header': 1 });
  });
});

describe('arrays after an array that names their columns', () => {
  const COLUMNS = ['Datetime', 'Close', 'High', 'Low', 'Open', 'Volume'];
  /** Close, high, low, open, volume. */
  const VALUES = [11, 12, 9, 10, 5];
  /** A file of two rows, as pandas writes a frame of yfinance: `orient="split"`. */
  const split = (columns: readonly string[]): string =>
    jsonOf({ columns, index: [0, 1], data: [0, 1].map((n) => [OPEN + n * MINUTE_MS, ...VALUES]) });
  /** Open, high, low, close, volume. */
  const STORED = [10, 12, 9, 11, 5];

  it('are read by these names, although the arrays fit a format with another order', async () => {
    const { bars } = await imported('a.json', split(COLUMNS), STORE_AS_X);
    expect(bars.map(valuesOf)).toEqual([STORED, STORED]);
  });

  it('are read by the numbers of their columns when the user gives them', async () => {
    const numbers = parseColumnsOption('time=1,close=2,high=3,low=4,open=5,volume=6');
    const unknownNames = split(COLUMNS.map((name) => `my ${name}`));
    const { bars } = await imported('a.json', unknownNames, { read: { symbol: 'X', columns: numbers } });
    expect(bars.map(valuesOf)).toEqual([STORED, STORED]);
  });

  it('are refused when the names come last', async () => {
    const namesLast = jsonOf({ data: [[OPEN, ...VALUES]], columns: COLUMNS });
    const result = await imported('a.json', namesLast, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
  });

  it('are refused when a later part has other columns', async () => {
    const other = split(['Datetime', 'Open', 'High', 'Low', 'Close', 'Volume']);
    const result = await imported('a.json', `${split(COLUMNS)}\n${other}`, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
  });
});

it('objects after an array of names are read by their own keys', async () => {
  const names = ['open', 'high', 'low', 'close', 'volume'];
  const { bars } = await imported('a.json', jsonOf({ fields: names, data: [barAt(0)] }), STORE_AS_X);
  expect(bars).toEqual([BAR]);
});

describe('answers of Twelve Data, which name the symbol in "meta"', () => {
  const meta = (symbol: string) => ({ symbol, interval: '1min', exchange_timezone: 'America/New_York' });
  const values = [{ datetime: '2024-03-04 09:30:00', open: '10', high: '12', low: '10', close: '10', volume: '5' }];
  const answer = (symbol: string) => ({ meta: meta(symbol), values });
  const answerMetaLast = (symbol: string) => ({ values, meta: meta(symbol) });
  const [aapl, msft] = [answer('AAPL'), answer('MSFT')];

  it.each([
    ['one per line', linesOf(aapl, msft)],
    ['in an array', jsonOf([aapl, msft])],
    ['in an object with a key for each symbol', jsonOf({ AAPL: aapl, MSFT: msft })],
  ])('have the rows of a second symbol refused: %s', async (_, text) => {
    const result = await imported('a.json', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'other-symbol': 1 } });
  });

  it('are refused with their file for a second symbol when "meta" comes after the rows', async () => {
    const text = linesOf(answerMetaLast('AAPL'), answerMetaLast('MSFT'));
    const result = await imported('a.json', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });

  it('are warned of when --symbol is another symbol', async () => {
    const warningsOf = async (symbol: string): Promise<string[]> =>
      (await imported('a.json', jsonOf(aapl), { read: { symbol, zone: 'America/New_York' } })).summary.warnings;
    expect(await warningsOf('MSFT')).toEqual([
      'a.json: the file names the symbol AAPL, and its rows are stored as MSFT: is it the right file?',
    ]);
    expect(await warningsOf('AAPL.US')).toEqual([]);
  });
});
