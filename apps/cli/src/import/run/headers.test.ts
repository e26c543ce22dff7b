/** What is above, in and below the header of a file. 1709562600 is 2024-03-04T14:30Z as epoch seconds. */
import { zipSync } from 'fflate';
import { parseColumnsOption } from '../detect/index.js';
import { symbolReader } from '../files/index.js';
import { CSV_HEADER, minuteRow } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  valuesOf,
  VOLUME,
} from '../../../../../test/support/data/imported-file.js';

describe('above the header', () => {
  it('a web address is skipped', async () => {
    // As CryptoDataDownload writes it. The file has two columns of volume.
    const text =
      'https://www.example.com/\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD\n' +
      '1709562600000,2024-03-04 14:30:00,BTC/USD,65000,65010,64990,65005,1.5,97500\n';
    const bar = ['BTCUSD', '2024-03-04T14:30Z', 65000, 65010, 64990, 65005, 1.5];
    const columns = parseColumnsOption('volume=Volume BTC');
    expect((await imported('a.csv', text, { read: { symbol: 'BTCUSD', columns } })).bars).toEqual([bar]);
    expect((await imported('a.csv', text)).bars).toEqual([['BTC/USD', ...bar.slice(1)]]);
  });

  it('a line "sep=;" names the delimiter', async () => {
    const text = 'sep=;\n2024-03-04 14:30;1;2;1;2;5\n2024-03-04 14:31;1;2;1;2;5\n';
    const result = await imported('a.csv', text, { read: { symbol: 'X', hasHeader: false } });
    expect(countsOf(result)).toEqual({ bars: 2, refused: {} });
  });

  it('a title in brackets is skipped, and not taken for JSON', async () => {
    const titled = `[EURUSD]\n${CSV_HEADER}2024-03-04 14:30,1,2,1,2,5\n`;
    expect((await imported('a.csv', titled, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('titles and blank lines are skipped', async () => {
    const titled = `A title, with a comma\n\nanother\n${CSV_HEADER}2024-03-04 14:30,1,2,1,2,5\n`;
    expect((await imported('b.csv', titled, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('thousands of blank lines are skipped', async () => {
    expect((await imported('a.csv', '\n'.repeat(5000) + CSV_HEADER + minuteRow(0), STORE_AS_X)).bars).toHaveLength(1);
  });

  it('dozens of comments are skipped', async () => {
    const comments = Array.from({ length: 40 }, (_, at) => `# line ${at}, of a preamble\n`).join('');
    expect((await imported('a.csv', comments + CSV_HEADER + minuteRow(0), STORE_AS_X)).bars).toHaveLength(1);
  });

  it('as many lines are skipped as --skip-lines says, also in a file without a header', async () => {
    const rows = 'any,thing,1,2,3,4\n2024-03-04 14:30,1,2,1,2,5\n';
    const { bars } = await imported('c.csv', rows, { read: { symbol: 'X', hasHeader: false, skipLines: 1 } });
    expect(bars).toHaveLength(1);
  });
});

describe('a header', () => {
  it('may have three lines, as yfinance writes it', async () => {
    const header = 'Price,Close,High,Low,Open,Volume\nTicker,SPY,SPY,SPY,SPY,SPY\nDatetime,,,,,\n';
    const text = `${header}2024-03-04 14:30:00+00:00,512.1,512.4,511.9,512.0,1200345\n`;
    const bar = ['SPY', '2024-03-04T14:30Z', 512, 512.4, 511.9, 512.1, 1200345];
    expect((await imported('a.csv', text, { read: { symbol: 'SPY' } })).bars).toEqual([bar]);
    expect((await imported('a.csv', text)).bars).toEqual([bar]);
  });

  it('may have a line of units', async () => {
    const units = 'UTC;USD;USD;USD;USD;shares';
    const header = `sep=;\ntime;open;high;low;close;volume\n${units}\n`;
    const rows = '2024-03-04 14:30;1;2;1;2;5\n2024-03-04 14:31;1;2;1;2;5\n';
    const { bars } = await imported('a.csv', header + rows, STORE_AS_X);
    expect(bars.map((bar) => bar[VOLUME])).toEqual([5, 5]);
  });

  it('with the name of a used column twice is refused', async () => {
    const closeTwice = 'time,open,high,low,close,close,volume\n2024-03-04T14:30:00Z,10,11,9,10,10.5,5\n';
    const result = await imported('a.csv', closeTwice, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unusable-header': 1 } });
    expect(detailOf(result)).toContain('expected one column "close"');
    const header = 'Datetime,Open,Open,High,High,Low,Low,Close,Close,Volume,Volume\n';
    const allTwice = `${header}2024-03-04 14:30:00+00:00,1,2,1,2,1,2,1,2,5,6\n`;
    expect(reasonsOf(await imported('a.csv', allTwice, STORE_AS_X))).toEqual({ 'unusable-header': 1 });
  });

  it('may have the name of an unused column twice', async () => {
    const text = 'time,open,high,low,close,volume,x,x\n2024-03-04T14:30:00Z,10,11,9,10,5,1,2\n';
    expect((await imported('a.csv', text, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('may have blanks before its quotes, and so may the rows', async () => {
    const text = '"time", "open", "high", "low", "close", "volume"\n"2024-03-04 14:30", "10", "11", "9", "10", "5"\n';
    expect((await imported('a.csv', text, STORE_AS_X)).bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });
});

describe('a row with more fields than its header', () => {
  it('is refused, because its values may be in the wrong columns', async () => {
    const groupedVolume = `${CSV_HEADER}2024-03-04T14:30:00Z,10,11,9,10,1,234,567\n`;
    const decimalCommas = `${CSV_HEADER}2024-03-04T14:30:00Z,1,0850,1,0850,1,0850,1,0850,12\n`;
    for (const text of [groupedVolume, decimalCommas]) {
      const result = await imported('a.csv', text, STORE_AS_X);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'too-many-fields': 1 } });
    }
  });

  it('is refused below a header that ends with a comma, too', async () => {
    const header = 'time,open,high,low,close,volume,\n';
    const groupedVolume = '2024-03-04T14:30Z,1,1,1,1,1,234\n';
    const rowLikeHeader = '2024-03-04T14:31Z,1,1,1,1,5,\n';
    const result = await imported('a.csv', header + groupedVolume + rowLikeHeader, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'too-many-fields': 1 } });
    expect(result.bars[0]?.[VOLUME]).toBe(5);
  });

  it('is refused in a file without a header when the first row has fewer', async () => {
    const rows = '2024-03-04 14:30,1,1,1,1,5\n2024-03-04 14:31,1,1,1,1,1,234\n';
    const result = await imported('a.csv', rows, { read: { symbol: 'X', hasHeader: false } });
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'too-many-fields': 1 } });
  });
});

describe('a row with fewer fields than its header', () => {
  it('is refused when a field is missing', async () => {
    const text =
      'time,open,high,low,close,volume,trades\n2024-03-04T14:30:00Z,10,11,9,10,7\n2024-03-04T14:31:00Z,10,11,9,10,5,7\n';
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'missing-fields': 1 } });
  });

  it('is read when the missing field is the empty one after the last comma of the header', async () => {
    // The second row has one empty field more than the header.
    const text =
      'time,open,high,low,close,volume,\n2024-03-04T14:30:00Z,10,11,9,10,5\n2024-03-04T14:31:00Z,10,11,9,10,5,,\n';
    expect((await imported('a.csv', text, STORE_AS_X)).bars).toHaveLength(2);
  });
});

describe('a file without a header and with more than six columns', () => {
  it('is read without a symbol column when the symbol is given: by its name, or by --symbol', async () => {
    const kraken =
      '1704067200,42265.2,42270.0,42265.1,42270.0,0.51234567,12\n' +
      '1704067260,42270.0,42270.0,42270.0,42270.0,0.00100000,1\n';
    const symbolOf = symbolReader('{symbol}_1.csv');
    const { bars } = await imported('XBTUSD_1.csv', kraken, { symbolOf, read: { hasHeader: false } });
    expect(bars).toEqual([
      ['XBTUSD', '2024-01-01T00:00Z', 42265.2, 42270, 42265.1, 42270, 0.51234567],
      ['XBTUSD', '2024-01-01T00:01Z', 42270, 42270, 42270, 42270, 0.001],
    ]);
    const generic = '2024-03-04 14:30,10,11,9,10,5,77,88,99\n';
    const { bars: genericBars } = await imported('g.csv', generic, { read: { hasHeader: false, symbol: 'X' } });
    expect(valuesOf(genericBars[0])).toEqual([10, 11, 9, 10, 5]);
  });

  it('is read when it is in a zip of Binance, with twelve columns', async () => {
    const line =
      '1735689600000000,0.31600000,0.31650000,0.31590000,0.31610000,27.00000000,1735689659999999,8.53200000,11,10.0,3.1,0\n';
    const zip = zipSync({ 'DOGEUSDT-1m-2025-01-01.csv': Buffer.from(line) });
    const symbolOf = symbolReader('{symbol}-1m-*.zip');
    const { bars } = await imported('DOGEUSDT-1m-2025-01-01.zip', zip, { symbolOf, read: { hasHeader: false } });
    expect(bars).toEqual([['DOGEUSDT', '2025-01-01T00:00Z', 0.316, 0.3165, 0.3159, 0.3161, 27]]);
  });
});
