/** How the columns of a file are found: by a header, by a header for several symbols, or by the values of a file without one. */
import { collect } from '../../../../../test/support/data/collecting-sink.js';
import { OPEN } from '../../../../../test/support/data/import-texts.js';
import type { ReadOptions } from './read-options.js';

const read = (text: string, options: Partial<ReadOptions> = { symbol: 'X' }) => collect(text, options);
const BAR = { symbol: 'X', openTime: OPEN, open: 10, high: 11, low: 9, close: 10, volume: 5 };
/** The values of {@link BAR} in a row. */
const VALUES = '10,11,9,10,5';

describe('a header', () => {
  it('that lacks a column is refused, and the refusal has the line of the header, which may follow a title', () => {
    const title = 'Prices of X, by the minute'; // its comma does not make it a header
    const { refused } = read(`${title}\n\ntime,open,high,low,volume\n2024-03-04T14:30Z,10,11,9,5\n`);
    expect(refused).toMatchObject([{ line: 3, reason: 'unusable-header' }]);
    expect(refused[0]?.detail).toContain('expected columns for close, was "time"');
  });

  it('may come after a title that has a time and four numbers, as a bar has', () => {
    const title = 'made at 09:30,1,390,2,0.5'; // no bar: prices of one bar are closer together
    expect(read(`${title}\ntime,open,high,low,close,volume\n2024-03-04T14:30Z,${VALUES}\n`).bars).toEqual([BAR]);
  });

  it('is refused after a bar, which would be left out', () => {
    const bar = `2024-03-04T14:29Z,${VALUES}`;
    const { refused } = read(`${bar}\ntime,open,high,low,close,volume\n2024-03-04T14:30Z,${VALUES}\n`);
    expect(refused[0]?.detail).toContain('line 1 has a bar above the header');
  });

  it.each([
    ['with decimal commas', '2024-03-04T14:29Z;4521,25;4522,5;4520,75;4521,5;812'],
    ['with groups of thousands', '2024-03-04T14:29Z,"4,521.25","4,522.50","4,520.75","4,521.50",812'],
    ['with spaces in its numbers', '2024-03-04T14:29Z;4 521,25;4 522,5;4 520,75;4 521,5;812'],
    ['whose price triples', '2024-03-04T14:29Z,0.05,0.15,0.05,0.1,200'],
    ['with a time in digits', '20240304 142900;10;11;9;10;5'],
    ['with its volume between its prices', '2024-03-04T14:29Z,10,500,10,11,9'],
  ])('may not come after a bar %s', (_, bar) => {
    const { bars, refused } = read(`${bar}\ntime,open,high,low,close,volume\n2024-03-04T14:30Z,${VALUES}\n`);
    expect(bars).toEqual([]);
    expect(refused[0]?.detail).toContain('line 1 has a bar above the header');
  });

  it('may lack the name of its first column, as pandas writes an index of times', () => {
    const { bars, plan } = read(`,open,high,low,close,volume\n2024-03-04 14:30:00+00:00,${VALUES}\n`);
    expect(bars).toEqual([BAR]);
    expect(plan?.understood.columns).toMatchObject({ time: '1', open: 'open' });
  });

  it('is refused without a time column when its unnamed first column has row numbers', () => {
    // No column of times has the name "moment".
    const { refused } = read(`,moment,open,high,low,close,volume\n0,2024-03-04 14:30:00+00:00,${VALUES}\n`);
    expect(refused[0]?.detail).toContain('expected columns for time');
  });

  it('with two names that differ only in case is refused, unless the user names one', () => {
    const text = `time,open,high,low,close,volume,Close\n2024-03-04T14:30Z,${VALUES},10.5\n`;
    expect(read(text).refused[0]?.detail).toMatch(/expected one column "close".*name the right one with --columns/);
    const closeOf = (name: string) => read(text, { symbol: 'X', columns: new Map([['close', name]] as const) }).bars;
    expect(closeOf('Close')).toEqual([{ ...BAR, close: 10.5 }]);
    expect(closeOf('close')).toEqual([BAR]);
  });

  it('may have a second name that begins like a used one', () => {
    const text = `time,open,high,low,close,volume,Volume ($)\n2024-03-04T14:30Z,${VALUES},50\n`;
    expect(read(text).bars).toEqual([BAR]);
  });

  it('decides the order of the columns, also of a format whose files have no header', () => {
    // Binance has the order open, high, low, close, and no header.
    const names = 'open_time,close,high,low,open,volume,close_time,quote_volume,count,buy,quote_buy,ignore';
    const { bars } = read(`${names}\n${OPEN},10.5,11,9,10,5,${OPEN + 59_999},50,3,2,20,0\n`);
    expect(bars).toEqual([{ ...BAR, close: 10.5 }]);
  });

  it('of a known format is refused when it has the name of a used column twice', () => {
    const header = 'symbol,timestamp,open,high,low,close,volume,trade_count,vwap,volume';
    const { bars, refused } = read(`${header}\nX,2024-03-04 14:30:00+00:00,${VALUES},3,10,6\n`);
    expect(bars).toEqual([]);
    expect(refused[0]?.detail).toContain('expected one column "volume"');
  });
});

describe('a file without a header', () => {
  it('is not split at its decimal commas', () => {
    const text = '20240304 143000;10,5;11,5;9,5;10,5;5\n';
    const { bars } = read(text, { symbol: 'X', hasHeader: false, numbers: { decimal: ',' } });
    expect(bars).toEqual([{ ...BAR, open: 10.5, high: 11.5, low: 9.5, close: 10.5 }]);
    expect(read(text, { symbol: 'X', hasHeader: false }).refused[0]?.detail).toContain('--decimal ,');
  });

  it.each(['2024-03-04,14:30:00.000', '20240304,1430', '2024/03/04,14:30Z'])(
    'may have the date and the time in two fields: %s',
    (dateAndTime) => {
      expect(read(`${dateAndTime},${VALUES}\n`, { symbol: 'X', hasHeader: false }).bars).toEqual([BAR]);
    },
  );

  it('may have symbols that begin with a point', () => {
    const { bars } = read(`2024-03-04T14:30Z,.DJI,${VALUES}\n`, { hasHeader: false });
    expect(bars).toEqual([{ ...BAR, symbol: '.DJI' }]);
  });

  it('may have prices without a digit before the point, which are not symbols', () => {
    const { bars } = read('2024-03-04T14:30Z,.5,.75,.25,.5,5\n', { hasHeader: false, symbol: 'X' });
    expect(bars[0]).toMatchObject({ open: 0.5, high: 0.75 });
    const { refused } = read('2024-03-04T14:30Z,.5,.75,.25,.5,5\n', { hasHeader: false });
    expect(refused[0]?.detail).toContain('expected a symbol column');
  });
});

/** A wide file has the bars of several symbols in one row. yfinance saves it with a line of value names and a line of symbols. */
describe('a wide file', () => {
  /** @param labels what each column has, such as `Open` @param symbols the symbol of each column @param values of one row */
  const wide = (labels: string, symbols: string, values: string): string =>
    `Price,${labels}\nTicker,${symbols}\n2024-03-04 14:30:00+00:00,${values}\n`;

  it('is refused when a symbol has no volume, unless the user states that there is none', () => {
    const text = wide('Open,High,Low,Close', 'X,X,X,X', '10,11,9,10');
    const { refused } = read(text, {});
    expect(refused[0]?.detail).toContain('expected a column for volume of X');
    expect(refused[0]?.detail).toContain('--volume none');
    expect(read(text, { hasVolume: false }).bars).toEqual([{ ...BAR, volume: 0 }]);
  });

  it.each([
    ['lacks a price', 'Open,High,Low,Close,Volume,Open,High,Low,Volume', 'X,X,X,X,X,Y,Y,Y,Y', 'for close of Y'],
    ['has a price twice', 'Open,High,Low,Close,Volume,Close', 'X,X,X,X,X,X', 'one column "Close" of X'],
  ])('is refused when a symbol %s', (_, labels, symbols, detail) => {
    const values = symbols.replaceAll(/\w/g, '10'); // one number for each column
    const { bars, refused } = read(wide(labels, symbols, values), {});
    expect(bars).toEqual([]);
    expect(refused).toMatchObject([{ line: 1, reason: 'unusable-header' }]);
    expect(refused[0]?.detail).toContain(detail);
  });

  it('may have symbols that are numbers', () => {
    const { bars } = read(wide('Open,High,Low,Close,Volume', '7203,7203,7203,7203,7203', VALUES), {});
    expect(bars).toEqual([{ ...BAR, symbol: '7203' }]);
  });

  it('has a bar refused with its symbol in the message', () => {
    const labels = 'Open,High,Low,Close,Volume,Open,High,Low,Close,Volume';
    const { bars, refused } = read(wide(labels, 'X,X,X,X,X,Y,Y,Y,Y,Y', `${VALUES},10,11,9,,5`), {});
    expect(bars).toEqual([BAR]);
    expect(refused).toMatchObject([{ line: 3, detail: 'Y close: expected a number, was ""' }]);
  });
});

/** A file of one symbol, whose first line has names as the first line of a wide file does. Its second line is a bar. */
describe('the first bar of a file is not taken for a line of symbols', () => {
  it('when its numbers have decimal commas', () => {
    const text = 'Date;Open;High;Low;Close\n2024-03-04 14:30;10,5;10,5;10,5;10,5\n';
    const { bars, refused } = read(text, { symbol: 'X', hasVolume: false, numbers: { decimal: ',' } });
    expect([bars.length, refused.length]).toEqual([1, 0]);
  });

  it('when it has no values', () => {
    const text = 'Date,Open,High,Low,Close\n2024-03-04 14:30,null,null,null,null\n';
    const { bars, refused } = read(text, { symbol: 'X', hasVolume: false });
    expect([bars.length, refused.length]).toEqual([0, 1]);
  });
});
