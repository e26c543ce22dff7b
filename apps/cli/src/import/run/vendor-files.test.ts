/**
 * Files of vendors and programs whose columns, keys, volumes or times mean something else than they seem to. 1709562600 is
 * 2024-03-04T14:30Z as epoch seconds.
 */
import { calendarNamed } from '@barkeep/bars';
import { CalendarCheck } from './calendar-check.js';
import { CSV_HEADER } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  SYMBOL,
  SYMBOL_X,
  TIME,
} from '../../../../../test/support/data/imported-file.js';

/** @param text the time of a minute, as the file has it */
const rows = (count: number, text: (minute: number) => string): string =>
  Array.from({ length: count }, (_, minute) => `${text(minute)},10,11,9,10,5\n`).join('');

describe('in files of vendors,', () => {
  it('a symbol in the objects of Alpaca and Polygon is read, and not mixed', async () => {
    const object = (key: string, symbol: string): string =>
      `{"${key}":"${symbol}","o":10,"h":11,"l":9,"c":10,"v":5,"t":"2024-03-04T14:30:00Z","n":3,"vw":10}`;
    const alpaca = `${object('S', 'AAPL')}\n${object('S', 'MSFT')}\n`;
    expect((await imported('a.ndjson', alpaca)).bars.map(([symbol]) => symbol)).toEqual(['AAPL', 'MSFT']);
    expect(reasonsOf(await imported('a.ndjson', alpaca, SYMBOL_X))).toEqual({ 'other-symbol': 1 });
    const polygon = `{"results":[${object('T', 'AAPL')},${object('T', 'MSFT')}]}`;
    expect((await imported('a.json', polygon)).bars.map(([symbol]) => symbol)).toEqual(['AAPL', 'MSFT']);
  });

  it.each([
    [
      'interactive-brokers',
      'date,open,high,low,close,volume,average,barCount,symbol',
      '2024-03-04 09:30:00-05:00,10,11,9,10,5,10,3,',
    ],
    ['yahoo', 'Datetime,Open,High,Low,Close,Volume,Ticker', '2024-03-04 14:30:00+00:00,10,11,9,10,5,'],
    ['tradingview', 'time,open,high,low,close,Volume,Symbol', '1709562600,10,11,9,10,5,'],
  ])('a column of symbols that was added to those of %s is read, and not mixed', async (format, head, row) => {
    const text = `${head}\n${row}SPY\n${row}QQQ\n`;
    const { bars, summary } = await imported('a.csv', text);
    expect(summary.understood[0]?.format).toBe(format);
    expect(bars).toEqual(['SPY', 'QQQ'].map((symbol) => [symbol, '2024-03-04T14:30Z', 10, 11, 9, 10, 5]));
    expect(reasonsOf(await imported('a.csv', text, SYMBOL_X))).toEqual({ 'other-symbol': 1 });
  });

  it('TradingView names a file by its exchange, which may have several parts, and its symbol', async () => {
    const text = 'time,open,high,low,close,Volume\n1709562600,10,11,9,10,5\n';
    for (const [name, symbol] of [
      ['CME_MINI_ESH2024, 1_b6c2e.csv', 'ESH2024'],
      ['NASDAQ_DLY_AAPL, 1.csv', 'AAPL'],
      ['BATS_SPY, 1.csv', 'SPY'],
    ] as const) {
      expect((await imported(name, text)).bars[0]?.[SYMBOL]).toBe(symbol);
    }
  });

  it('the date of MetaStock belongs to the time', async () => {
    const head = '<TICKER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>';
    const { bars } = await imported('a.txt', `${head}\nX,20240304,143000,10,11,9,10,5\n`);
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });

  it('different instruments of one symbol are warned of', async () => {
    const head = 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume';
    const bar = (id: number): string => `1709562600000000000,33,1,${id},10.0,11.0,9.0,10.0,5\n`;
    const { summary } = await imported('a.csv', `${head}\n${bar(1)}${bar(2)}`, SYMBOL_X);
    expect(summary.warnings[0]).toContain('differ in the column "instrument_id"');
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

describe('volumes', () => {
  it('of −1 in one of two columns are unknown; other negative ones are refused', async () => {
    const head = '"Date","Time","Open","High","Low","Close","Up","Down"\n';
    const result = await imported(
      'a.csv',
      `${head}03/04/2024,0931,10,11,9,10,-1,0\n03/04/2024,0932,10,11,9,10,5,-6\n`,
      SYMBOL_X,
    );
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'negative-volume': 1 } });
    expect(result.summary.unknownVolumes).toBe(1);
  });

  it('that are unknown are counted only in rows that are stored', async () => {
    const text = `${CSV_HEADER}2024-03-04T14:30Z,10,11,9,10,-1\n2024-03-04T14:31Z,10,9,11,10,-1\n`;
    const { summary } = await imported('a.csv', text, SYMBOL_X);
    expect(summary).toMatchObject({ accepted: 1, unknownVolumes: 1, refused: { rows: 1 } });
    const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');
    const outside = await imported('a.csv', text.replace('T14:30', 'T04:30'), { ...SYMBOL_X, calendar });
    expect(outside.summary).toMatchObject({ accepted: 0, outside: 1, unknownVolumes: 0 });
  });

  it('in a column of totals are used instead of those in the columns of their parts', async () => {
    const head = '"Date","Time","Open","High","Low","Close","Vol","Up","Down"\n';
    const { bars } = await imported('a.csv', `${head}03/04/2024,0931,10,11,9,10,12,7,5\n`, SYMBOL_X);
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 12]]);
  });
});

describe('a file that looks like one of another origin', () => {
  it('is read in UTC: it is not of Yahoo without offsets, and not of FirstRate by a common name', async () => {
    const eod =
      'Timestamp,Gmtoffset,Datetime,Open,High,Low,Close,Volume\n1709562600,0,2024-03-04 14:30:00,10,11,9,10,5\n';
    expect((await imported('a.csv', eod, SYMBOL_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    const crypto = 'timestamp,open,high,low,close,volume\n2024-03-04 14:30:00,10,11,9,10,5\n';
    expect((await imported('BTCUSDT_1min.csv', crypto, SYMBOL_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });

  it.each([
    ['2024-03-04 14:30', '2024-03-04', 'auto'],
    ['1709562600', '2024-03-04', 'auto'],
    ['03/04/2024 14:30', '03/04/2024', 'MM/dd/yyyy HH:mm'],
  ])(
    'may have whole times such as %s beside a column of dates, which is not needed',
    async (time, date, timeFormat) => {
      const text = `Date,Time,Open,High,Low,Close,Volume\n${date},${time},10,11,9,10,5\n`;
      const { bars } = await imported('a.csv', text, { read: { symbol: 'X', timeFormat } });
      expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
    },
  );

  const HEAD = 'Date,Time,Open,High,Low,Close,Volume\n';
  /**
   * Rows of consecutive minutes whose time of day has no leading zeros, as after a spreadsheet.
   * @param from the first minute of 4 March @param scale 1 for HHmm, 100 for HHmmss
   */
  const withoutZeros = (from: number, count: number, scale: number): string =>
    rows(count, (row) => {
      const minute = (from + row) % 1440;
      return `2024030${from + row < 1440 ? 4 : 5},${(Math.floor(minute / 60) * 100 + (minute % 60)) * scale}`;
    });
  it.each([
    ['HHmmss from midnight', withoutZeros(0, 1440, 100), '2024-03-04T00:00Z', '2024-03-04T23:59Z'],
    ['HHmmss from the evening', withoutZeros(1020, 1440, 100), '2024-03-04T17:00Z', '2024-03-05T16:59Z'],
    ['HHmm from midnight', withoutZeros(0, 1440, 1), '2024-03-04T00:00Z', '2024-03-04T23:59Z'],
  ])('may have lost the leading zeros of its times: %s', async (_, text, first, last) => {
    const { bars, summary } = await imported('a.csv', HEAD + text, SYMBOL_X);
    expect(summary.refused.rows).toBe(0);
    expect(new Set(bars.map((bar) => bar[TIME])).size).toBe(1440);
    expect([bars[0]?.[TIME], bars.at(-1)?.[TIME]]).toEqual([first, last]);
  });

  it('may have lost zeros only after the rows that show how it is read', async () => {
    // 20 days from 10:00 to 20:00: all their times have six digits.
    const daytime = rows(12_000, (row) => {
      const [day, hour] = [1 + Math.floor(row / 600), 10 + Math.floor((row % 600) / 60)];
      return `202402${String(day).padStart(2, '0')},${hour * 10_000 + (row % 60) * 100}`;
    });
    const { bars, summary } = await imported('a.csv', HEAD + daytime + withoutZeros(0, 1440, 100), SYMBOL_X);
    expect(summary.refused.rows).toBe(0);
    expect(new Set(bars.map((bar) => bar[TIME])).size).toBe(12_000 + 1440);
  });

  it('may have dates and times as numbers, without a header', async () => {
    const text = '20240304,930,10,11,9,10,5,1,0,0\n20240304,1000,10,11,9,10,5,1,0,0\n';
    const { bars } = await imported('a.csv', text, {
      read: { symbol: 'X', hasHeader: false, zone: 'America/New_York' },
    });
    expect(bars.map((bar) => bar[TIME])).toEqual(['2024-03-04T14:30Z', '2024-03-04T15:00Z']);
    const daily = await imported('b.csv', '20240304,17615,17690,17582,17630,1000,0\n', {
      read: { symbol: 'X', hasHeader: false },
    });
    expect(reasonsOf(daily)).toEqual({ 'date-without-time': 1 });
  });

  it('may have blanks around its date and its time', async () => {
    const text = 'Date, Time, Open, High, Low, Last, Volume\n2024/03/04, 14:30:00, 10, 11, 9, 10, 5\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });

  it('is refused when its days cannot all be months, unless --time-format is given', async () => {
    const days = Array.from({ length: 31 }, (_, day) => String(day + 1).padStart(2, '0'));
    const text = days.map((day) => rows(3, (minute) => `${day}/03/2024,09:3${minute}`)).join('');
    const result = await imported('AAA.txt', text, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-time': 1 } });
    expect(detailOf(result)).toContain('is the day before the month?');
    const read = { symbol: 'X', timeFormat: 'dd/MM/yyyy HH:mm' };
    expect((await imported('AAA.txt', text, { read: { ...read, hasHeader: false } })).bars).toHaveLength(93);
  });
});
