/** The times of rows: their form, their zone, their interval, and whether they are opens or closes. */
import { parseColumnsOption } from '../detect/index.js';
import {
  csvRows,
  CSV_HEADER,
  isoText,
  MINUTE_MS,
  OPEN,
  wallText,
} from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  type ImportCase,
  imported,
  reasonsOf,
  STORE_AS_X,
  TIME,
} from '../../../../../test/support/data/imported-file.js';

/** Rows whose prices rise: row n has open and low n, high and close n + 1. @param from the time of the first one */
const risingRows = (count: number, from: number, stepMs = MINUTE_MS, text = isoText): string =>
  Array.from({ length: count }, (_, n) => `${text(from + n * stepMs)},${n},${n + 1},${n},${n + 1},100\n`).join('');
/** Rows with the same prices and volume. @param text the date and time of row n, as the file has them */
const rows = (count: number, text: (minute: number) => string): string =>
  Array.from({ length: count }, (_, minute) => `${text(minute)},10,11,9,10,5\n`).join('');
const warningsOf = async (text: string, options: ImportCase = STORE_AS_X): Promise<string[]> =>
  (await imported('a.csv', text, options)).summary.warnings;

describe('a time that is no epoch and lacks a date or a time of day', () => {
  it.each([
    ['45355.6041666667', 'excel-serial'],
    ['45360', 'excel-serial'],
    ['20240220', 'date-without-time'],
    ['2024-02-20', 'date-without-time'],
    ['12345', 'unreadable-time'],
    ['0', 'unreadable-time'],
  ])('%s is refused as %s', async (time, reason) => {
    const result = await imported('a.csv', `${CSV_HEADER}${time},10,11,9,10,5\n`, { read: { symbol: 'A' } });
    expect(countsOf(result)).toEqual({ bars: 0, refused: { [reason]: 1 } });
  });
});

describe('an import of minutes', () => {
  it('warns of times that look like closes, and with --times close stores each bar at its open', async () => {
    const text = CSV_HEADER + risingRows(390, OPEN + MINUTE_MS);
    const asOpens = await imported('a.csv', text, { read: { symbol: 'NT' } });
    expect(asOpens.summary.warnings[0]).toContain('--times close');
    const { bars, summary } = await imported('a.csv', text, { read: { symbol: 'NT', times: 'close' } });
    expect(summary.warnings).toEqual([]);
    expect(bars[0]).toEqual(['NT', '2024-03-04T14:30Z', 0, 1, 0, 1, 100]);
    expect(bars.at(-1)).toEqual(['NT', '2024-03-04T20:59Z', 389, 390, 389, 390, 100]);
  });

  it('does not warn of times that look like opens', async () => {
    const { summary } = await imported('a.csv', CSV_HEADER + risingRows(390, OPEN), STORE_AS_X);
    expect(summary.warnings).toEqual([]);
  });

  it.each([
    [300_000, '5-minute'],
    [3_600_000, '1-hour'],
    [86_400_000, '1-day'],
    [1000, '1-second'],
  ])('refuses a file with a row every %d ms, and names them %s bars', async (stepMs, name) => {
    const result = await imported('a.csv', CSV_HEADER + risingRows(30, OPEN, stepMs), STORE_AS_X);
    // The whole file is refused, which counts once.
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'wrong-interval': 1 } });
    expect(detailOf(result)).toContain(`was ${name} bars`);
  });

  it('becomes an import of five-minute bars with --interval 5m', async () => {
    const five = CSV_HEADER + risingRows(30, OPEN, 5 * MINUTE_MS);
    expect((await imported('a.csv', five, { read: { symbol: 'X', intervalMs: 5 * MINUTE_MS } })).bars).toHaveLength(30);
  });

  it('stores a symbol that does not trade in every minute', async () => {
    const minutes = [0, 7, 19, 20, 41, 77]; // no two distances are equal
    const quiet = CSV_HEADER + minutes.map((minute) => `${isoText(OPEN + minute * MINUTE_MS)},1,1,1,1,1\n`).join('');
    expect((await imported('q.csv', quiet, STORE_AS_X)).bars).toHaveLength(6);
  });
});

describe('times that may be closes', () => {
  it.each([
    ['09:16 to 15:30 in India', 375, Date.UTC(2024, 2, 4, 3, 46), MINUTE_MS],
    ['five-minute bars', 78, OPEN + 5 * MINUTE_MS, 5 * MINUTE_MS],
  ])('are warned of with --times close: %s', async (_, count, from, intervalMs) => {
    const text = CSV_HEADER + csvRows(count, from, intervalMs, wallText);
    expect((await warningsOf(text, { read: { symbol: 'X', intervalMs } }))[0]).toContain('--times close');
  });

  it('are warned of in a format whose times are opens, too', async () => {
    // Kibot has opens. Here the first row of the day is at 09:31.
    const day = (ms: number): string => `03/04/2024,${new Date(ms).toISOString().slice(11, 16)}`;
    const { summary } = await imported('SPY.txt', csvRows(390, Date.UTC(2024, 2, 4, 9, 31), MINUTE_MS, day));
    expect(summary.understood[0]?.format).toBe('kibot');
    expect(summary.warnings.join()).toContain('--times close');
  });

  it('in the last second of a minute are read as the close of that minute with --times close', async () => {
    for (const text of ['2024-03-04 14:30:59', '1709562659999', '2024-03-04T14:31:00Z']) {
      const file = `${CSV_HEADER}${text},10,11,9,10,5\n`;
      const { bars } = await imported('a.csv', file, { read: { symbol: 'X', times: 'close' } });
      expect(bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    }
  });

  it('in the last second of a minute are refused as opens, and the refusal names --times close', async () => {
    const asOpen = await imported('a.csv', `${CSV_HEADER}1709562659999,10,11,9,10,5\n`, STORE_AS_X);
    expect(reasonsOf(asOpen)).toEqual({ 'off-grid': 1 });
    expect(detailOf(asOpen)).toContain('--times close');
  });
});

describe('the zone in the name of a time column', () => {
  /** A file of one row. @param name of the time column */
  const text = (name: string, time: string): string => `${name},open,high,low,close,volume\n${time},10,11,9,10,5\n`;

  it('is the zone in which its times are read', async () => {
    const eastern = await imported('a.csv', text('datetime_et', '2024-03-04 09:30'), STORE_AS_X);
    expect(eastern.bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    expect(eastern.summary.warnings).toEqual([]);
    expect(await warningsOf(text('time_utc', '2024-03-04 14:30'))).toEqual([]);
  });

  it('is warned of when --tz names another zone, unless the times need none', async () => {
    const read = { symbol: 'X', zone: 'America/New_York' };
    const [warning] = await warningsOf(text('time_utc', '2024-03-04 14:30'), { read });
    expect(warning).toContain('names the zone UTC');
    expect(await warningsOf(text('time_utc', '2024-03-04T14:30Z'), { read })).toEqual([]);
    expect(await warningsOf(text('time_utc', '1709562600'), { read })).toEqual([]);
  });

  it('is not used but warned of when it is an offset from UTC', async () => {
    const read = { symbol: 'X', columns: parseColumnsOption('time=UTC+8 time') };
    const [warning] = await warningsOf(text('UTC+8 time', '2024-03-04 22:30'), { read });
    expect(warning).toContain('has local times and they were read as UTC');
  });

  it('is warned of when the name is "Local time", unless --tz is given or the times have offsets', async () => {
    // As Dukascopy writes it.
    const local = (time: string): string => `Local time,Open,High,Low,Close,Volume\n${time},10,11,9,10,5\n`;
    const withoutOffset = local('04.03.2024 16:30:00.000');
    expect((await warningsOf(withoutOffset))[0]).toContain('give their zone with --tz');
    expect(await warningsOf(withoutOffset, { read: { symbol: 'X', zone: 'Europe/Kyiv' } })).toEqual([]);
    const withOffset = await imported('a.csv', local('04.03.2024 16:30:00.000 GMT+0200'), STORE_AS_X);
    expect(withOffset.bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    expect(withOffset.summary.warnings).toEqual([]);
  });
});

describe('a file that has some signs of a format whose times are not UTC', () => {
  it('is read in UTC when it has columns of Yahoo, but times without the offsets of Yahoo', async () => {
    const eod =
      'Timestamp,Gmtoffset,Datetime,Open,High,Low,Close,Volume\n1709562600,0,2024-03-04 14:30:00,10,11,9,10,5\n';
    expect((await imported('a.csv', eod, STORE_AS_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });

  it('is read in UTC when it has the header of FirstRate, but a name that files of others have, too', async () => {
    const crypto = 'timestamp,open,high,low,close,volume\n2024-03-04 14:30:00,10,11,9,10,5\n';
    expect((await imported('BTCUSDT_1min.csv', crypto, STORE_AS_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });
});

describe('a file with a column of dates and a column of times', () => {
  it.each([
    ['2024-03-04 14:30', '2024-03-04', 'auto'],
    ['1709562600', '2024-03-04', 'auto'],
    ['03/04/2024 14:30', '03/04/2024', 'MM/dd/yyyy HH:mm'],
  ])('may have whole times, which need no date: %s', async (time, date, timeFormat) => {
    const text = `Date,Time,Open,High,Low,Close,Volume\n${date},${time},10,11,9,10,5\n`;
    const { bars } = await imported('a.csv', text, { read: { symbol: 'X', timeFormat } });
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });

  const HEAD = 'Date,Time,Open,High,Low,Close,Volume\n';
  /**
   * Rows of consecutive minutes. Their times of day have lost the leading zeros, as a spreadsheet drops them: 905 for 09:05.
   * @param from the first minute of 4 March @param scale 1 for the form HHmm, 100 for HHmmss
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
    const { bars, summary } = await imported('a.csv', HEAD + text, STORE_AS_X);
    expect(summary.refused.rows).toBe(0);
    expect(new Set(bars.map((bar) => bar[TIME])).size).toBe(1440);
    expect([bars[0]?.[TIME], bars.at(-1)?.[TIME]]).toEqual([first, last]);
  });

  it('may have lost the zeros of its times only in rows after those that the importer samples', async () => {
    // 20 days from 10:00 to 20:00: all their times have six digits.
    const daytime = rows(12_000, (row) => {
      const [day, hour] = [1 + Math.floor(row / 600), 10 + Math.floor((row % 600) / 60)];
      return `202402${String(day).padStart(2, '0')},${hour * 10_000 + (row % 60) * 100}`;
    });
    const { bars, summary } = await imported('a.csv', HEAD + daytime + withoutZeros(0, 1440, 100), STORE_AS_X);
    expect(summary.refused.rows).toBe(0);
    expect(new Set(bars.map((bar) => bar[TIME])).size).toBe(12_000 + 1440);
  });

  it('may have no header when its dates and times are numbers', async () => {
    const text = '20240304,930,10,11,9,10,5,1,0,0\n20240304,1000,10,11,9,10,5,1,0,0\n';
    const { bars } = await imported('a.csv', text, {
      read: { symbol: 'X', hasHeader: false, zone: 'America/New_York' },
    });
    expect(bars.map((bar) => bar[TIME])).toEqual(['2024-03-04T14:30Z', '2024-03-04T15:00Z']);
    // Daily bars have no column of times: the second number is a price.
    const daily = await imported('b.csv', '20240304,17615,17690,17582,17630,1000,0\n', {
      read: { symbol: 'X', hasHeader: false },
    });
    expect(reasonsOf(daily)).toEqual({ 'date-without-time': 1 });
  });

  it('may have blanks around its date and its time', async () => {
    const text = 'Date, Time, Open, High, Low, Last, Volume\n2024/03/04, 14:30:00, 10, 11, 9, 10, 5\n';
    expect((await imported('a.csv', text, STORE_AS_X)).bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });

  it('is refused when its months go beyond 12, so that they are days, unless --time-format is given', async () => {
    // Three rows on each day of March. From 13/03/2024 on, the first number is no month.
    const days = Array.from({ length: 31 }, (_, day) => String(day + 1).padStart(2, '0'));
    const text = days.map((day) => rows(3, (minute) => `${day}/03/2024,09:3${minute}`)).join('');
    const result = await imported('AAA.txt', text, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-time': 1 } });
    expect(detailOf(result)).toContain('is the day before the month?');
    const read = { symbol: 'X', timeFormat: 'dd/MM/yyyy HH:mm' };
    expect((await imported('AAA.txt', text, { read: { ...read, hasHeader: false } })).bars).toHaveLength(93);
  });
});
