/** Files of JSON. I7 is an invariant of docs/ARCHITECTURE.md. 1709562600 is 2024-03-04T14:30Z as epoch seconds. */
import { parseColumnsOption } from '../detect/index.js';
import { MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  SYMBOL_X,
  valuesOf,
} from '../../../../../test/support/data/imported-file.js';

describe('in JSON,', () => {
  const bar = ['X', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 5];

  it('arrays are read, in one array or one per line', async () => {
    const array = '[1709562600000,10,11,9,10.5,5]';
    const nextMinute = array.replace('1709562600000', '1709562660000');
    expect((await imported('a.json', `[${array}]`, SYMBOL_X)).bars).toEqual([bar]);
    const columns = parseColumnsOption('time=1,open=2,high=3,low=4,close=5,volume=6');
    const lines = await imported('b.ndjson', `${array}\n${nextMinute}\n`, { read: { symbol: 'X', columns } });
    expect(lines.bars).toHaveLength(2);
  });

  it('objects are read, in one array or one per line, and with their keys in any order', async () => {
    const object =
      '{"timestamp":"2024-03-04T14:30:00Z","open":10,"high":11,"low":9,"close":10.5,"volume":5,"extra":null}';
    const other = '{"volume":6,"close":10.5,"low":9,"high":11,"open":10,"timestamp":"2024-03-04T14:31:00Z"}';
    expect((await imported('c.json', `[${object},${other}]`, SYMBOL_X)).bars).toEqual([
      bar,
      ['X', '2024-03-04T14:31Z', 10, 11, 9, 10.5, 6],
    ]);
    expect((await imported('d.ndjson', `${object}\n${other}\n`, SYMBOL_X)).bars).toHaveLength(2);
  });

  it('I7 rows are refused one by one', async () => {
    const valid = '{"t":1709562600000,"o":1,"h":2,"l":1,"c":2,"v":5}';
    const withoutOpen = '{"t":1709562660000,"o":null,"h":2,"l":1,"c":2,"v":5}';
    const withoutVolume = '{"t":1709562720000,"o":1,"h":2,"l":1,"c":2}';
    const text = `[${valid},${withoutOpen},${withoutVolume}]`;
    const result = await imported('a.json', text, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'not-a-number': 2 } });
  });

  it('arrays whose order cannot be known are refused with the candidates', async () => {
    const flat = '[[1709562600000,1,1,1,1,5],[1709562660000,1,1,1,1,5]]';
    const result = await imported('a.json', flat, SYMBOL_X);
    expect(reasonsOf(result)).toEqual({ 'ambiguous-format': 1 });
    expect(detailOf(result)).toContain('freqtrade or bitfinex');
  });
});

describe('in JSON of other programs,', () => {
  const bar = ['X', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 5];
  /** The object of {@link bar} without its last brace. */
  const unclosed = '{"t":1709562600000,"o":10,"h":11,"l":9,"c":10.5,"v":5';
  const object = `${unclosed}}`;

  it('texts with escapes are what they mean', async () => {
    const json = `[{"symbol":"BRK\\/B","t":"2024-03-04T14:30:00Z","o":"10","h":"11","l":"9","c":"10.5","v":"5"},
      {"symbol":"\\u0041","t":"2024-03-04T14:30:00Z","o":"10","h":"11","l":"9","c":"10.5","v":"5"}]`;
    expect((await imported('a.json', json)).bars.map(([symbol]) => symbol)).toEqual(['BRK/B', 'A']);
  });

  it('rows of two symbols are not mixed when their names come before their arrays', async () => {
    const answer = (ticker: string, minute: number): string =>
      `{"ticker":"${ticker}","resultsCount":1,"results":[${object.replace('1709562600000', String(1709562600000 + minute * 60_000))}]}\n`;
    const twoSymbols = answer('AAPL', 0) + answer('MSFT', 1);
    const result = await imported('a.ndjson', twoSymbols, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'other-symbol': 1 } });
    expect(detailOf(result)).toContain('expected rows of "AAPL.results", was "MSFT.results"');
    expect((await imported('a.ndjson', answer('AAPL', 0) + answer('AAPL', 1), SYMBOL_X)).bars).toHaveLength(2);
  });

  it('rows of two symbols are not mixed when their names come after their arrays', async () => {
    const answer = (symbol: string, minute: number): string =>
      `{"bars":[${object.replace('1709562600000', String(1709562600000 + minute * 60_000))}],"next":{"a":1},"symbol":"${symbol}"}\n`;
    const result = await imported('a.ndjson', answer('AAPL', 0) + answer('MSFT', 1), SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
    expect(detailOf(result)).toContain('rows of 2 symbols (AAPL, MSFT) would become one');
    const oneSymbol = await imported('a.ndjson', answer('AAPL', 0) + answer('MSFT', 1), {
      ...SYMBOL_X,
      oneSymbol: true,
    });
    expect(oneSymbol.bars).toHaveLength(2);
    expect((await imported('a.ndjson', answer('AAPL', 0) + answer('AAPL', 1), SYMBOL_X)).bars).toHaveLength(2);
  });

  it('an object with another object inside is still a bar', async () => {
    const withObjectFirst = object.replace('{', '{"meta":{"a":[1]},');
    for (const text of [`[${unclosed},"meta":{"a":1}}]`, `[${withObjectFirst}]`, `${unclosed},"x":{}}\n`])
      expect((await imported('a.json', text, SYMBOL_X)).bars.slice(0, 1)).toEqual([bar]);
  });

  it('a wrapper object with many values is no bar, and its key "results" is no symbol', async () => {
    const values = '"ticker":"X","queryCount":1,"resultsCount":1,"adjusted":true,"status":"OK"';
    const json = `{${values},"results":[${unclosed},"n":3,"vw":10.1}]}`;
    const result = await imported('a.json', json, SYMBOL_X);
    expect(result.bars).toEqual([bar]);
    expect(reasonsOf(result)).toEqual({});
    expect(reasonsOf(await imported('a.json', json))).toEqual({ 'unusable-header': 1 });
  });

  it('nothing is stored of a file that lacks its last bracket', async () => {
    const nextMinute = object.replace('1709562600000', '1709562660000');
    for (const text of [
      `[${object},${nextMinute}`,
      `{"bars":{"X":[${object}`,
      `[[1709562600000,1,2,1,1,5],[1709562660000,1,2,1,1,5]`,
    ]) {
      const result = await imported('a.json', text, SYMBOL_X);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
    }
  });

  it('an answer without bars is refused, and the refusal shows its beginning', async () => {
    const result = await imported('a.json', '{"status":"ERROR","error":"no such key"}', SYMBOL_X);
    expect(detailOf(result)).toContain('no such key');
  });
});

describe('JSON arrays after an array that names their columns', () => {
  /** As pandas writes a frame of yfinance: `orient="split"`. */
  const split = (columns: readonly string[]): string =>
    JSON.stringify({ columns, index: [0, 1], data: [0, 1].map((n) => [OPEN + n * MINUTE_MS, 11, 12, 9, 10, 5]) });
  const columns = ['Datetime', 'Close', 'High', 'Low', 'Open', 'Volume'];

  it('are read by these names, not by those of a format that fits', async () => {
    const { bars } = await imported('a.json', split(columns), SYMBOL_X);
    expect(bars.map(valuesOf)).toEqual([
      [10, 12, 9, 11, 5],
      [10, 12, 9, 11, 5],
    ]);
  });

  it('are read by the numbers of their columns when the user gives them', async () => {
    const numbers = parseColumnsOption('time=1,close=2,high=3,low=4,open=5,volume=6');
    const named = split(columns.map((name) => `my ${name}`));
    const { bars } = await imported('a.json', named, { read: { symbol: 'X', columns: numbers } });
    expect(bars.map(valuesOf)).toHaveLength(2);
    expect(valuesOf(bars[0])).toEqual([10, 12, 9, 11, 5]);
  });

  it('do not concern objects, and are refused when the names come last', async () => {
    const data = [{ t: OPEN, o: 10, h: 12, l: 9, c: 11, v: 5 }];
    const objects = JSON.stringify({ fields: ['open', 'high', 'low', 'close', 'volume'], data });
    expect((await imported('a.json', objects, SYMBOL_X)).bars.map(valuesOf)).toEqual([[10, 12, 9, 11, 5]]);
    const last = JSON.stringify({ data: [[OPEN, 11, 12, 9, 10, 5]], columns });
    expect(countsOf(await imported('a.json', last, SYMBOL_X))).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
  });

  it('are refused when a later part has other columns', async () => {
    const other = split(['Datetime', 'Open', 'High', 'Low', 'Close', 'Volume']);
    const result = await imported('a.json', `${split(columns)}\n${other}`, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
  });
});

describe('answers of Twelve Data, which name the symbol in "meta"', () => {
  const answer = (symbol: string, open: number): string =>
    `{"meta":{"symbol":"${symbol}","interval":"1min","exchange_timezone":"America/New_York"},` +
    `"values":[{"datetime":"2024-03-04 09:30:00","open":"${open}","high":"${open + 2}","low":"${open}","close":"${open}","volume":"5"}]}`;

  it('keep their symbols apart', async () => {
    const first = { bars: 1, refused: { 'other-symbol': 1 } };
    for (const text of [
      `${answer('AAPL', 10)}\n${answer('MSFT', 20)}`,
      `[${answer('AAPL', 10)},${answer('MSFT', 20)}]`,
    ])
      expect(countsOf(await imported('a.json', text, SYMBOL_X))).toEqual(first);
    const batch = `{"AAPL":${answer('AAPL', 10)},"MSFT":${answer('MSFT', 20)}}`;
    expect(countsOf(await imported('a.json', batch, SYMBOL_X))).toEqual(first);
    // The same answer with its "meta" after its "values".
    const nameLast = answer('AAPL', 10).replace(/^\{("meta":.*?\}),(.*)\}$/, '{$2,$1}');
    const late = await imported('a.json', `${nameLast}\n${nameLast.replace('AAPL', 'MSFT')}`, SYMBOL_X);
    expect(countsOf(late)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });

  it('are stored as --symbol says, with a warning when it is another symbol', async () => {
    const warningsOf = async (symbol: string): Promise<string[]> =>
      (await imported('a.json', answer('AAPL', 10), { read: { symbol, zone: 'America/New_York' } })).summary.warnings;
    expect(await warningsOf('MSFT')).toEqual([
      'a.json: the file names the symbol AAPL, and its rows are stored as MSFT: is it the right file?',
    ]);
    expect(await warningsOf('AAPL.US')).toEqual([]);
  });
});
