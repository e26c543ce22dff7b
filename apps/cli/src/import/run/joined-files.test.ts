/** Files that were joined out of several, with another header in the middle. */
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

describe('a header in the middle of a file', () => {
  it.each([
    ['another order', CSV_HEADER + FIRST + OTHER_HEADER + OTHER],
    ['other names in another order', `ts,o,h,l,c,v\n${FIRST}${OTHER_HEADER}${OTHER}`],
    ['quotes', `${CSV_HEADER}${FIRST}"time","close","high","low","open","volume"\n${OTHER}`],
  ])('with its columns in %s ends what is read', async (_, text) => {
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(result.bars.map(valuesOf)).toEqual([[10, 12, 9, 11, 100]]);
    expect(reasonsOf(result)).toEqual({ 'unreadable-time': 1, 'unusable-header': 1 });
    expect(result.summary.refused.first[1]?.detail).toContain(
      'line 3 is a header with other columns than the first one',
    );
  });

  it('is found in a file with symbols, with another volume, and in one without a header', async () => {
    const symbols = `time,symbol,open,high,low,close,volume\n2024-03-04T14:30:00Z,A,10,12,9,11,100\n`;
    const symbolsAfter = `time,symbol,close,high,low,open,volume\n2024-03-04T14:31:00Z,A,12,13,10,11,200\n`;
    for (const read of [{}, { symbol: 'A' }])
      expect((await imported('a.csv', symbols + symbolsAfter, { read })).bars).toHaveLength(1);
    const trades = `time,open,high,low,close,volume,trades\n${FIRST.trim()},3\n`;
    const tradesAfter = 'time,open,high,low,close,trades,volume\n2024-03-04T14:31:00Z,11,13,10,12,4,200\n';
    expect((await imported('a.csv', trades + tradesAfter, STORE_AS_X)).bars).toHaveLength(1);
    const bare = { read: { symbol: 'X', hasHeader: false } };
    expect((await imported('a.csv', FIRST + OTHER_HEADER + OTHER, bare)).bars).toHaveLength(1);
    expect((await imported('a.csv', FIRST + CSV_HEADER + OTHER, bare)).bars).toHaveLength(2);
  });

  it('that names another symbol ends a file of yfinance', async () => {
    const header = (symbol: string): string =>
      `Price,Close,High,Low,Open,Volume\nTicker${`,${symbol}`.repeat(5)}\nDatetime,,,,,\n`;
    const row = (minute: number): string => `2024-03-04 14:${minute}:00+00:00,11,12,9,10,5\n`;
    const result = await imported('a.csv', header('SPY') + row(30) + header('SPY') + row(31) + header('QQQ') + row(32));
    expect(result.bars.map(([symbol, time]) => [symbol, time])).toEqual([
      ['SPY', '2024-03-04T14:30Z'],
      ['SPY', '2024-03-04T14:31Z'],
    ]);
  });

  it('right below the first one, which has no rows, is read or refused as well', async () => {
    const empty = await imported('a.csv', CSV_HEADER + OTHER_HEADER + OTHER, STORE_AS_X);
    expect(countsOf(empty)).toEqual({ bars: 0, refused: { 'unreadable-time': 1, 'unusable-header': 1 } });
    const inTwoLanguages = `时间,开盘价,最高价,最低价,收盘价,成交量\n${CSV_HEADER}${FIRST}`;
    expect(countsOf(await imported('a.csv', inTwoLanguages, STORE_AS_X))).toEqual({ bars: 1, refused: {} });
  });

  it('whose names are not the usual ones is found as well', async () => {
    const adjusted = 'time,adj_open,adj_high,adj_low,adj_close,volume\n';
    expect((await imported('a.csv', CSV_HEADER + FIRST + adjusted + OTHER, STORE_AS_X)).bars).toHaveLength(1);
    const noPrices = 'total,n/a,n/a,n/a,n/a,n/a\n';
    expect((await imported('a.csv', CSV_HEADER + FIRST + noPrices + OTHER, STORE_AS_X)).bars).toHaveLength(2);
  });

  it('below rows that have none, or another delimiter, refuses the file: those rows would be left out silently', async () => {
    const semicolons = (text: string): string => text.replaceAll(',', ';');
    for (const text of [FIRST + CSV_HEADER + OTHER, semicolons(CSV_HEADER + FIRST) + OTHER_HEADER + OTHER + OTHER]) {
      const result = await imported('a.csv', text, STORE_AS_X);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unusable-header': 1 } });
      expect(detailOf(result)).toContain('has a bar above the header');
    }
    // The user may leave the row out, and a title of numbers is no bar.
    const skipped = { read: { symbol: 'X', skipLines: 1 } };
    expect((await imported('a.csv', FIRST + CSV_HEADER + OTHER, skipped)).bars).toHaveLength(1);
    const numbered = `1,2,3,4,5,6\nFrom,2024-03-04 09:30,To,2024-03-05 16:00\n${CSV_HEADER}${FIRST}`;
    expect((await imported('a.csv', numbered, STORE_AS_X)).bars).toHaveLength(1);
  });

  it('that repeats the first one is refused as a row, and the rows below it are read', async () => {
    const result = await imported('a.csv', CSV_HEADER + FIRST + CSV_HEADER + OTHER, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 2, refused: { 'unreadable-time': 1 } });
    const withExchange = (text: string): string =>
      text.replaceAll('volume\n', 'volume,exchange\n').replaceAll('00\n', '00,Q\n');
    const exchanges = await imported('a.csv', withExchange(CSV_HEADER + FIRST + CSV_HEADER + OTHER), STORE_AS_X);
    expect({ bars: exchanges.bars.length, warnings: exchanges.summary.warnings }).toEqual({ bars: 2, warnings: [] });
  });
});
