/** Files that were joined out of several: with another header in the middle, or with the rows of several symbols. */
import { parseColumnsOption } from '../detect/index.js';
import { CSV_HEADER, isoText, MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  SYMBOL_X,
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
    const result = await imported('a.csv', text, SYMBOL_X);
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
    expect((await imported('a.csv', trades + tradesAfter, SYMBOL_X)).bars).toHaveLength(1);
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
    const empty = await imported('a.csv', CSV_HEADER + OTHER_HEADER + OTHER, SYMBOL_X);
    expect(countsOf(empty)).toEqual({ bars: 0, refused: { 'unreadable-time': 1, 'unusable-header': 1 } });
    const inTwoLanguages = `时间,开盘价,最高价,最低价,收盘价,成交量\n${CSV_HEADER}${FIRST}`;
    expect(countsOf(await imported('a.csv', inTwoLanguages, SYMBOL_X))).toEqual({ bars: 1, refused: {} });
  });

  it('whose names are not the usual ones is found as well', async () => {
    const adjusted = 'time,adj_open,adj_high,adj_low,adj_close,volume\n';
    expect((await imported('a.csv', CSV_HEADER + FIRST + adjusted + OTHER, SYMBOL_X)).bars).toHaveLength(1);
    const noPrices = 'total,n/a,n/a,n/a,n/a,n/a\n';
    expect((await imported('a.csv', CSV_HEADER + FIRST + noPrices + OTHER, SYMBOL_X)).bars).toHaveLength(2);
  });

  it('below rows that have none, or another delimiter, refuses the file: those rows would be left out silently', async () => {
    const semicolons = (text: string): string => text.replaceAll(',', ';');
    for (const text of [FIRST + CSV_HEADER + OTHER, semicolons(CSV_HEADER + FIRST) + OTHER_HEADER + OTHER + OTHER]) {
      const result = await imported('a.csv', text, SYMBOL_X);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unusable-header': 1 } });
      expect(detailOf(result)).toContain('has a bar above the header');
    }
    // The user may leave the row out, and a title of numbers is no bar.
    const skipped = { read: { symbol: 'X', skipLines: 1 } };
    expect((await imported('a.csv', FIRST + CSV_HEADER + OTHER, skipped)).bars).toHaveLength(1);
    const numbered = `1,2,3,4,5,6\nFrom,2024-03-04 09:30,To,2024-03-05 16:00\n${CSV_HEADER}${FIRST}`;
    expect((await imported('a.csv', numbered, SYMBOL_X)).bars).toHaveLength(1);
  });

  it('that repeats the first one is refused as a row, and the rows below it are read', async () => {
    const result = await imported('a.csv', CSV_HEADER + FIRST + CSV_HEADER + OTHER, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 2, refused: { 'unreadable-time': 1 } });
    const withExchange = (text: string): string =>
      text.replaceAll('volume\n', 'volume,exchange\n').replaceAll('00\n', '00,Q\n');
    const exchanges = await imported('a.csv', withExchange(CSV_HEADER + FIRST + CSV_HEADER + OTHER), SYMBOL_X);
    expect({ bars: exchanges.bars.length, warnings: exchanges.summary.warnings }).toEqual({ bars: 2, warnings: [] });
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
      const result = await imported('a.csv', sorted(column), SYMBOL_X);
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
    const { summary } = await imported('a.csv', sorted('instrument_id'), SYMBOL_X);
    expect(summary.warnings[0]).toContain('differ in the column "instrument_id" ("AAA" and "BBB")');
  });
});

describe('what the columns of a file say', () => {
  const warningsOf = async (header: string, row: string, timeColumn: string): Promise<string[]> => {
    const columns = new Map([['time', timeColumn]] as const);
    return (await imported('a.csv', `${header}\n${row}\n`, { read: { symbol: 'X', columns } })).summary.warnings;
  };

  it('about the zone is warned of', async () => {
    const prices = 'open,high,low,close,volume';
    for (const time of ['Time (EET)', 'EST', 'ny_time', 'Server time'])
      expect((await warningsOf(`${time},${prices}`, '2024-03-04 03:30,1,2,1,2,5', time))[0]).toContain(
        'give their zone',
      );
    const zones = await warningsOf(`time,tz,${prices}`, '2024-03-04 03:30,America/New_York,1,2,1,2,5', 'time');
    expect(zones).toEqual([
      'a.csv: the column "tz" says America/New_York, and the times were read in UTC: give their zone with --tz',
    ]);
    for (const utc of ['0', '-0.0', '+00:00', 'UTC', 'UTC+0', 'Etc/UTC', 'GMT+00:00'])
      expect(await warningsOf(`time,tz,${prices}`, `2024-03-04 03:30,${utc},1,2,1,2,5`, 'time')).toEqual([]);
    expect(await warningsOf(`time,gmtoffset,${prices}`, '2024-03-04 03:30,0,1,2,1,2,5', 'time')).toEqual([]);
    expect(await warningsOf(`time,gmtoffset,${prices}`, '2024-03-04T03:30Z,-5,1,2,1,2,5', 'time')).toEqual([]);
  });

  it('about closes is warned of', async () => {
    const [warning] = await warningsOf(
      'close_time,open,high,low,close,volume',
      '2024-03-04T03:30Z,1,2,1,2,5',
      'close_time',
    );
    expect(warning).toContain('"close_time" seems to have the closes of bars');
  });

  it('is not needed for the times right after dates', async () => {
    const rows = '2024-03-04;14:30;10;12;9;11;5\n2024-03-04;14:31;10;12;9;11;5\n';
    for (const header of ['Data;Ora;Apertura;Massimo;Minimo;Chiusura;Volume', 'date;minute;open;high;low;close;volume'])
      expect((await imported('a.csv', `${header}\n${rows}`, SYMBOL_X)).bars.map(([, time]) => time)).toEqual([
        '2024-03-04T14:30Z',
        '2024-03-04T14:31Z',
      ]);
  });

  it('is read without the number before each name, as Alpha Vantage writes them', async () => {
    const text = 'date,1. open,2. high,3. low,4. close,5. volume\n2024-03-04T14:30Z,10,12,9,11,5\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars.map(valuesOf)).toEqual([[10, 12, 9, 11, 5]]);
  });

  it('is refused when a spreadsheet has rounded it', async () => {
    const rounded = await imported('a.csv', `${CSV_HEADER}1.70956E+12,10,12,9,11,5\n`, SYMBOL_X);
    expect(detailOf(rounded)).toContain('which a spreadsheet has rounded');
    const whole = await imported('a.csv', `${CSV_HEADER}1.7095626E+12,10,12,9,11,5\n`, SYMBOL_X);
    expect(whole.bars).toHaveLength(1);
  });

  it('is refused when a dot stands beside decimal commas', async () => {
    const text = 'time;open;high;low;close;volume\n2024-03-04T14:30Z;10,5;12;9;11;1.234\n';
    const read = { symbol: 'X', numbers: { decimal: ',' } as const };
    const result = await imported('a.csv', text, { read });
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'not-a-number': 1 } });
    expect(detailOf(result)).toContain('--decimal , --thousands . reads such numbers');
  });
});
