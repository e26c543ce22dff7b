/** The symbols of rows: their names, and rows of several symbols in one file. */
import { CSV_HEADER, isoText, MINUTE_MS, minuteRow, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  symbolsOf,
} from '../../../../../test/support/data/imported-file.js';

describe('the symbol of a row', () => {
  /** A file with a row for each of these names. */
  const fileOf = (...names: string[]): string =>
    `symbol,${CSV_HEADER}${names.map((name) => `${name},${minuteRow(0)}`).join('')}`;

  it('is refused when it differs only in case from an earlier one', async () => {
    const result = await imported('a.csv', fileOf('BACpB', 'BACPB'));
    expect(symbolsOf(result)).toEqual(['BACpB']);
    expect(reasonsOf(result)).toEqual({ 'symbol-case': 1 });
    const stored = { known: ['SPY'] };
    expect(reasonsOf(await imported('a.csv', fileOf('spy'), stored))).toEqual({ 'symbol-case': 1 });
  });

  it('may differ only in case with --symbol-case keep, and is in upper case with --symbol-case upper', async () => {
    const both = ['BACpB', 'BACPB'];
    expect(symbolsOf(await imported('a.csv', fileOf(...both), { symbolCase: 'keep' }))).toEqual(both);
    expect(symbolsOf(await imported('a.csv', fileOf('spy'), { symbolCase: 'upper' }))).toEqual(['SPY']);
  });

  it('may have the characters that vendors use', async () => {
    const names = [
      '^GSPC',
      'EURUSD=X',
      'BTC/USDT',
      'ES=F',
      'BF/B',
      'M&M',
      '@ES#',
      'X:BTCUSD',
      '__proto__',
      'constructor',
    ];
    expect(symbolsOf(await imported('a.csv', fileOf(...names)))).toEqual(names);
  });

  it('is refused when it has a blank, unless --symbol-map gives it another name', async () => {
    expect(reasonsOf(await imported('b.csv', fileOf('NIFTY 50')))).toEqual({ 'bad-symbol': 1 });
    const map = new Map([['NIFTY 50', 'NIFTY50']]);
    expect(symbolsOf(await imported('b.csv', fileOf('NIFTY 50'), { map }))).toEqual(['NIFTY50']);
  });
});

describe('with --symbol, rows that name another symbol than the first row', () => {
  it('are refused, unless --one-symbol is given', async () => {
    const text = `symbol,${CSV_HEADER}AAPL,${minuteRow(0)}MSFT,${minuteRow(0, 20)}AAPL,${minuteRow(1)}`;
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 2, refused: { 'other-symbol': 1 } });
    expect((await imported('a.csv', text, { ...STORE_AS_X, oneSymbol: true })).bars).toHaveLength(3);
  });

  it('are refused when a key of JSON names the symbol, directly or with another key between', async () => {
    const rowsOf = (price: number): string =>
      `[{"t":1709562600,"o":${price},"h":${price},"l":${price},"c":${price},"v":1}]`;
    const flat = `{"AAPL":${rowsOf(1)},"MSFT":${rowsOf(2)}}`;
    expect(reasonsOf(await imported('a.json', flat, STORE_AS_X))).toEqual({ 'other-symbol': 1 });
    const nested = `{"AAPL":{"values":${rowsOf(1)}},"MSFT":{"values":${rowsOf(2)}}}`;
    const result = await imported('a.json', nested, STORE_AS_X);
    expect(result.bars).toHaveLength(1);
    expect(detailOf(result)).toBe(
      'expected rows of "AAPL.values", was "MSFT.values": give --symbol-from-key in place of --symbol, or give --one-symbol',
    );
  });
});

describe('JSON whose keys name the symbols of the bars under them', () => {
  const barsOf = (price: number) => [{ t: 1_709_562_600, o: price, h: price, l: price, c: price, v: 1 }];
  const withKeys = { read: { symbolFromKey: true } };

  it('is refused without --symbol-from-key, which the message names', async () => {
    const result = await imported('a.json', JSON.stringify({ AAPL: barsOf(1) }));
    expect(detailOf(result)).toBe(
      'expected a symbol column, --symbol, --symbol-from-path or --symbol-from-key (which takes "AAPL"), was none of them',
    );
  });

  it('is read with --symbol-from-key: the bars of a symbol may be in a list or under their times', async () => {
    const lists = { AAPL: barsOf(1), MSFT: barsOf(2) };
    expect(symbolsOf(await imported('a.json', JSON.stringify(lists), withKeys))).toEqual(['AAPL', 'MSFT']);
    const bar = { open: 1, high: 1, low: 1, close: 1, volume: 1 };
    const underTimes = { AAPL: { '2024-03-04T14:30:00Z': bar }, MSFT: { '2024-03-04T14:30:00Z': bar } };
    expect(symbolsOf(await imported('a.json', JSON.stringify(underTimes), withKeys))).toEqual(['AAPL', 'MSFT']);
  });

  it('is refused when the key directly above the bars is the same for several symbols', async () => {
    const nested = { AAPL: { minutes: barsOf(1) }, MSFT: { minutes: barsOf(2) } };
    const result = await imported('a.json', JSON.stringify(nested), withKeys);
    expect(reasonsOf(result)).toEqual({ 'other-symbol': 1 });
    expect(detailOf(result)).toBe(
      'expected one key "minutes", was AAPL.minutes and MSFT.minutes: give each symbol a file of its own',
    );
  });

  it('is refused when the key directly above the bars is a usual name of lists, such as "values"', async () => {
    const result = await imported('a.json', JSON.stringify({ AAPL: { values: barsOf(1) } }), withKeys);
    expect(reasonsOf(result)).toEqual({ 'unusable-header': 1 });
    expect(detailOf(result)).toContain('the key "values" is no symbol');
  });

  it('has the bars refused under a name with a NUL, which is in no symbol', async () => {
    const [bar] = barsOf(1);
    for (const value of [{ 'MSFT\0AAPL': [bar] }, { symbol: 'MSFT\0AAPL', '2024-03-04T14:30:00Z': bar }])
      expect(reasonsOf(await imported('a.json', JSON.stringify(value), withKeys))).toEqual({ 'bad-symbol': 1 });
  });

  it('is refused with --symbol-from-key when its bars are under no key', async () => {
    expect(reasonsOf(await imported('a.json', JSON.stringify(barsOf(1)), withKeys))).toEqual({ 'unusable-header': 1 });
  });
});

describe('a file with all rows of one symbol before those of another', () => {
  /** 300 rows of AAA, then 300 of BBB. The importer samples fewer than 300 rows, so it does not see BBB in the sample. */
  const sorted = (column: string): string =>
    `time,${column},open,high,low,close,volume\n` +
    Array.from({ length: 600 }, (_, n) => {
      return `${isoText(OPEN + n * MINUTE_MS)},${n < 300 ? 'AAA' : 'BBB'},10,12,9,11,5\n`;
    }).join('');

  it.each(['#RIC', 'stock_code', 'ts_code', 'product_id', 'Contract Name', 'isin'])(
    'has the rows of the second symbol refused with --symbol, and stored under their symbol without it: column %s',
    async (column) => {
      const result = await imported('a.csv', sorted(column), STORE_AS_X);
      expect(countsOf(result)).toEqual({ bars: 300, refused: { 'other-symbol': 300 } });
      const symbols = new Set(symbolsOf(await imported('a.csv', sorted(column))));
      expect([...symbols]).toEqual(['AAA', 'BBB']);
    },
  );

  it('is stored as one symbol with a warning when the column may have several values for a symbol', async () => {
    const { summary } = await imported('a.csv', sorted('instrument_id'), STORE_AS_X);
    expect(summary.warnings[0]).toContain('differ in the column "instrument_id" ("AAA" and "BBB")');
  });
});

describe('the symbol in a file that is imported with --symbol', () => {
  it('is compared with --symbol when it is a ticker, and not when it is a status, a company or an ISIN', async () => {
    const warningsOf = async (column: string, value: string): Promise<string[]> => {
      const text = `time,${column},open,high,low,close,volume\n2024-03-04T14:30Z,${value},10,12,9,11,5\n`;
      return (await imported('a.csv', text, { read: { symbol: 'AAPL' } })).summary.warnings;
    };
    for (const [column, value] of [
      ['s', 'ok'], // Finnhub
      ['stock', 'Apple Inc.'],
      ['isin', 'US0378331005'],
    ] as const)
      expect(await warningsOf(column, value)).toEqual([]);
    expect((await warningsOf('ticker', 'MSFT'))[0]).toContain('the file names the symbol MSFT');
  });
});
