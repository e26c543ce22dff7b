/** The symbols of rows: their names, and rows of several symbols in one file. */
import { CSV_HEADER, isoText, MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  type ImportedFile,
  reasonsOf,
  STORE_AS_X,
} from '../../../../../test/support/data/imported-file.js';

/** A row of 2024-03-04, `minute` minutes after 14:30 UTC. */
const row = (minute: number, price = 10): string =>
  `2024-03-04T14:${30 + minute}:00Z,${price},${price + 1},${price - 1},${price},5\n`;

describe('symbols', () => {
  const rows = (...names: string[]): string =>
    `symbol,${CSV_HEADER}${names.map((name) => `${name},2024-03-04T14:30:00Z,10,11,9,10,5\n`).join('')}`;
  const symbolsOf = ({ bars }: ImportedFile): string[] => bars.map(([symbol]) => symbol);

  it('keep their case; one that differs only in case is refused, unless the user wants both or upper case', async () => {
    const guarded = await imported('a.csv', rows('BACpB', 'BACPB'));
    expect(symbolsOf(guarded)).toEqual(['BACpB']);
    expect(reasonsOf(guarded)).toEqual({ 'symbol-case': 1 });
    expect(symbolsOf(await imported('a.csv', rows('BACpB', 'BACPB'), { symbolCase: 'keep' }))).toEqual([
      'BACpB',
      'BACPB',
    ]);
    expect(symbolsOf(await imported('a.csv', rows('spy'), { symbolCase: 'upper' }))).toEqual(['SPY']);
    expect(reasonsOf(await imported('a.csv', rows('spy'), { known: ['SPY'] }))).toEqual({ 'symbol-case': 1 });
  });

  it('may have the characters that vendors use; --symbol-map gives other names a symbol', async () => {
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
    expect(symbolsOf(await imported('a.csv', rows(...names)))).toEqual(names);
    expect(reasonsOf(await imported('b.csv', rows('NIFTY 50')))).toEqual({ 'bad-symbol': 1 });
    expect(symbolsOf(await imported('b.csv', rows('NIFTY 50'), { map: new Map([['NIFTY 50', 'NIFTY50']]) }))).toEqual([
      'NIFTY50',
    ]);
  });
});

describe('rows of other symbols', () => {
  it('are refused when one symbol is given, unless they are to be one symbol', async () => {
    const text = `symbol,${CSV_HEADER}AAPL,${row(0)}MSFT,${row(0, 20)}AAPL,${row(1)}`;
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 2, refused: { 'other-symbol': 1 } });
    expect((await imported('a.csv', text, { ...STORE_AS_X, oneSymbol: true })).bars).toHaveLength(3);
  });

  it('are refused when a key of JSON names the other symbol, also above other keys', async () => {
    const rowsOf = (price: number): string =>
      `[{"t":1709562600,"o":${price},"h":${price},"l":${price},"c":${price},"v":1}]`;
    const flat = `{"AAPL":${rowsOf(1)},"MSFT":${rowsOf(2)}}`;
    expect(reasonsOf(await imported('a.json', flat, STORE_AS_X))).toEqual({ 'other-symbol': 1 });
    const nested = `{"AAPL":{"values":${rowsOf(1)}},"MSFT":{"values":${rowsOf(2)}}}`;
    const result = await imported('a.json', nested, STORE_AS_X);
    expect(result.bars).toHaveLength(1);
    expect(detailOf(result)).toBe(
      'expected rows of "AAPL.values", was "MSFT.values": leave --symbol out, or give --one-symbol',
    );
  });
});

describe('a file with one symbol after another', () => {
  /** 300 rows of AAA, then 300 of BBB, which are more than the importer samples. */
  const sorted = (column: string): string =>
    `time,${column},open,high,low,close,volume\n` +
    Array.from({ length: 600 }, (_, n) => {
      return `${isoText(OPEN + n * MINUTE_MS)},${n < 300 ? 'AAA' : 'BBB'},10,12,9,11,5\n`;
    }).join('');

  it.each(['#RIC', 'stock_code', 'ts_code', 'product_id', 'Contract Name', 'isin'])(
    'is not stored as one by --symbol: its symbols are in %s',
    async (column) => {
      const result = await imported('a.csv', sorted(column), STORE_AS_X);
      expect(countsOf(result)).toEqual({ bars: 300, refused: { 'other-symbol': 300 } });
      const symbols = new Set((await imported('a.csv', sorted(column))).bars.map(([symbol]) => symbol));
      expect([...symbols]).toEqual(['AAA', 'BBB']);
    },
  );

  it('is not warned of when a column says a status, a company or an ISIN, and --symbol the ticker', async () => {
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

  it('is warned of when it has them in a column that may have several values for a symbol', async () => {
    const { summary } = await imported('a.csv', sorted('instrument_id'), STORE_AS_X);
    expect(summary.warnings[0]).toContain('differ in the column "instrument_id" ("AAA" and "BBB")');
  });
});
