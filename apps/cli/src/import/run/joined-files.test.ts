/** Files that a user joined out of several, so that a second header is in the middle. */
import { CSV_HEADER } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  valuesOf,
} from '../../../../../test/support/data/imported-file.js';

const FIRST = '2024-03-04T14:30:00Z,10,12,9,11,100\n';
/** The row of a part whose columns are in another order: close, high, low, open. */
const OTHER = '2024-03-04T14:31:00Z,12,13,10,11,200\n';
const OTHER_HEADER = 'time,close,high,low,open,volume\n';

describe('a second header in a file', () => {
  it.each([
    ['another order', CSV_HEADER + FIRST + OTHER_HEADER + OTHER],
    ['other names in another order', `ts,o,h,l,c,v\n${FIRST}${OTHER_HEADER}${OTHER}`],
    ['quotes', `${CSV_HEADER}${FIRST}"time","close","high","low","open","volume"\n${OTHER}`],
  ])('that has other columns than the first one ends the import of the file: it has %s', async (_, text) => {
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(result.bars.map(valuesOf)).toEqual([[10, 12, 9, 11, 100]]); // the row above the second header
    // The second header is refused as a row and, together with the rest of the file, as a header.
    expect(reasonsOf(result)).toEqual({ 'unreadable-time': 1, 'unusable-header': 1 });
    expect(result.summary.refused.first[1]?.detail).toContain(
      'line 3 is a header with other columns than the first one',
    );
  });

  it('that has other columns ends the import of a file with a symbol column, too', async () => {
    const part = `time,symbol,open,high,low,close,volume\n2024-03-04T14:30:00Z,A,10,12,9,11,100\n`;
    const otherPart = `time,symbol,close,high,low,open,volume\n2024-03-04T14:31:00Z,A,12,13,10,11,200\n`;
    for (const read of [{}, { symbol: 'A' }])
      expect((await imported('a.csv', part + otherPart, { read })).bars).toHaveLength(1);
  });

  it('that has only the volume in another column ends the import of the file', async () => {
    const part = `time,open,high,low,close,volume,trades\n2024-03-04T14:30:00Z,10,12,9,11,100,3\n`;
    const otherPart = 'time,open,high,low,close,trades,volume\n2024-03-04T14:31:00Z,11,13,10,12,4,200\n';
    expect((await imported('a.csv', part + otherPart, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('is compared with the usual order of columns when the user says that the file has no header', async () => {
    const noHeader = { read: { symbol: 'X', hasHeader: false } };
    expect((await imported('a.csv', FIRST + OTHER_HEADER + OTHER, noHeader)).bars).toHaveLength(1);
    expect((await imported('a.csv', FIRST + CSV_HEADER + OTHER, noHeader)).bars).toHaveLength(2);
  });

  it('that names another symbol ends the import of a file of yfinance', async () => {
    const header = (symbol: string): string =>
      `Price,Close,High,Low,Open,Volume\nTicker${`,${symbol}`.repeat(5)}\nDatetime,,,,,\n`;
    const row = (minute: number): string => `2024-03-04 14:${minute}:00+00:00,11,12,9,10,5\n`;
    const result = await imported('a.csv', header('SPY') + row(30) + header('SPY') + row(31) + header('QQQ') + row(32));
    expect(result.bars.map(([symbol, time]) => [symbol, time])).toEqual([
      ['SPY', '2024-03-04T14:30Z'],
      ['SPY', '2024-03-04T14:31Z'],
    ]);
  });

  it('that has other columns ends the import of the file when it is right below the first one, too', async () => {
    const result = await imported('a.csv', CSV_HEADER + OTHER_HEADER + OTHER, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-time': 1, 'unusable-header': 1 } });
  });

  it('that has the same columns in another language belongs to the first one when it is right below', async () => {
    const inTwoLanguages = `时间,开盘价,最高价,最低价,收盘价,成交量\n${CSV_HEADER}${FIRST}`;
    expect(countsOf(await imported('a.csv', inTwoLanguages, STORE_AS_X))).toEqual({ bars: 1, refused: {} });
  });

  it('that has other, unusual names of prices ends the import of the file, too', async () => {
    const adjusted = 'time,adj_open,adj_high,adj_low,adj_close,volume\n';
    expect((await imported('a.csv', CSV_HEADER + FIRST + adjusted + OTHER, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('is not assumed where a row has texts that are no names: the row is refused alone', async () => {
    const noPrices = 'total,n/a,n/a,n/a,n/a,n/a\n';
    expect((await imported('a.csv', CSV_HEADER + FIRST + noPrices + OTHER, STORE_AS_X)).bars).toHaveLength(2);
  });

  it.each([
    ['no header', FIRST + CSV_HEADER + OTHER],
    ['another delimiter', (CSV_HEADER + FIRST).replaceAll(',', ';') + OTHER_HEADER + OTHER + OTHER],
  ])('has the file refused when the bars above have %s: they would be left out silently', async (_, text) => {
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unusable-header': 1 } });
    expect(detailOf(result)).toContain('has a bar above the header');
  });

  it('is read as the first header when the rows above it are skipped by the user or are no bars', async () => {
    const skipped = { read: { symbol: 'X', skipLines: 1 } };
    expect((await imported('a.csv', FIRST + CSV_HEADER + OTHER, skipped)).bars).toHaveLength(1);
    // Two rows of titles: one has numbers but no time, the other has times but no prices.
    const numbered = `1,2,3,4,5,6\nFrom,2024-03-04 09:30,To,2024-03-05 16:00\n${CSV_HEADER}${FIRST}`;
    expect((await imported('a.csv', numbered, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('that repeats the first one is refused as a row, and the rows below it are read', async () => {
    const result = await imported('a.csv', CSV_HEADER + FIRST + CSV_HEADER + OTHER, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 2, refused: { 'unreadable-time': 1 } });
  });

  it('that repeats the first one does not count as a second value of a column such as "exchange"', async () => {
    const header = 'time,open,high,low,close,volume,exchange\n';
    const rows = ['2024-03-04T14:30:00Z,10,12,9,11,100,Q\n', '2024-03-04T14:31:00Z,12,13,10,11,200,Q\n'];
    const { bars, summary } = await imported('a.csv', rows.map((row) => header + row).join(''), STORE_AS_X);
    expect({ bars: bars.length, warnings: summary.warnings }).toEqual({ bars: 2, warnings: [] });
  });
});
