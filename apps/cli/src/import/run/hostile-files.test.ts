/**
 * Files that are odd, damaged or misleading: more of the kinds of cases.test.ts, from other vendors, countries and programs.
 * I10 is an invariant of docs/ARCHITECTURE.md.
 */
import { gzipSync } from 'node:zlib';
import { calendarNamed } from '@barkeep/bars';
import { zipSync } from 'fflate';
import { parseColumnsOption } from '../detect/index.js';
import { symbolReader } from '../files/index.js';
import { CalendarCheck } from './calendar-check.js';
import {
  csvRows,
  CSV_HEADER,
  MINUTE_MS,
  OPEN,
  wallRows,
  wallText,
} from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  type ImportCase,
  imported,
  reasonsOf,
  SYMBOL_X,
  TIME,
  valuesOf,
} from '../../../../../test/support/data/imported-file.js';

const warningsOf = async (text: string, options: ImportCase = SYMBOL_X): Promise<string[]> =>
  (await imported('a.csv', text, options)).summary.warnings;
const csvFile = (rows: string): Uint8Array => Buffer.from(CSV_HEADER + rows);
/** A row of 2024-03-04, `minute` minutes after 14:30 UTC, which is 1709562600 as epoch seconds. */
const row = (minute: number, price = 10): string =>
  `2024-03-04T14:${30 + minute}:00Z,${price},${price + 1},${price - 1},${price},5\n`;

describe('a row that is not what its header says', () => {
  it('is refused when a field is missing', async () => {
    const text =
      'time,open,high,low,close,volume,trades\n2024-03-04T14:30:00Z,10,11,9,10,7\n2024-03-04T14:31:00Z,10,11,9,10,5,7\n';
    const result = await imported('a.csv', text, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'missing-fields': 1 } });
  });

  it('may end in empty fields, in the header too', async () => {
    const text =
      'time,open,high,low,close,volume,\n2024-03-04T14:30:00Z,10,11,9,10,5\n2024-03-04T14:31:00Z,10,11,9,10,5,,\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars).toHaveLength(2);
  });
});

describe('a header', () => {
  it('with the name of a used column twice is refused', async () => {
    const closeTwice = 'time,open,high,low,close,close,volume\n2024-03-04T14:30:00Z,10,11,9,10,10.5,5\n';
    const result = await imported('a.csv', closeTwice, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unusable-header': 1 } });
    expect(detailOf(result)).toContain('expected one column "close"');
    const header = 'Datetime,Open,Open,High,High,Low,Low,Close,Close,Volume,Volume\n';
    const allTwice = `${header}2024-03-04 14:30:00+00:00,1,2,1,2,1,2,1,2,5,6\n`;
    expect(reasonsOf(await imported('a.csv', allTwice, SYMBOL_X))).toEqual({ 'unusable-header': 1 });
  });

  it('may have another name twice', async () => {
    const text = 'time,open,high,low,close,volume,x,x\n2024-03-04T14:30:00Z,10,11,9,10,5,1,2\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars).toHaveLength(1);
  });

  it('may have blanks before its quotes, as its rows may', async () => {
    const text = '"time", "open", "high", "low", "close", "volume"\n"2024-03-04 14:30", "10", "11", "9", "10", "5"\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });
});

describe('above a header,', () => {
  it('thousands of blank lines are skipped', async () => {
    expect((await imported('a.csv', '\n'.repeat(5000) + CSV_HEADER + row(0), SYMBOL_X)).bars).toHaveLength(1);
  });

  it('dozens of comments are skipped', async () => {
    const comments = Array.from({ length: 40 }, (_, at) => `# line ${at}, of a preamble\n`).join('');
    expect((await imported('a.csv', comments + CSV_HEADER + row(0), SYMBOL_X)).bars).toHaveLength(1);
  });
});

describe('in a header,', () => {
  it.each([
    ['Datum;Uhrzeit;Eröffnung;Hoch;Tief;Schluss;Volumen', '2024-03-04;14:30'],
    ['Date;Heure;Ouv;Haut;Bas;Clôt;Vol', '2024-03-04;14:30'],
    ['Fecha;Hora;Apertura;Máximo;Mínimo;Cierre;Volumen', '2024-03-04;14:30'],
    ['时间;开盘;最高;最低;收盘;成交量', '2024-03-04 14:30'],
    ['日時;始値;高値;安値;終値;出来高', '2024-03-04 14:30'],
  ])('the names of %s are known', async (header, time) => {
    const { bars } = await imported('a.csv', `${header}\n${time};10,5;11;9;10;5\n`, {
      read: { symbol: 'X', numbers: { decimal: ',' } },
    });
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10.5, 11, 9, 10, 5]]);
  });

  it('a time in UTC is preferred to a local one', async () => {
    const text = 'time,time_utc,open,high,low,close,volume\n2024-03-04 09:30:00,2024-03-04 14:30:00,10,11,9,10,5\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });

  it('a column of dates completes a column of times without dates, whatever its name', async () => {
    const text = 'Date,Timestamp,Open,High,Low,Close,Volume\n20240304,14:30:00,10,11,9,10,5\n';
    expect((await imported('a.csv', text, SYMBOL_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    const wholeTime = 'Date,Timestamp,Open,High,Low,Close,Volume\n2024-03-04,1709562600,10,11,9,10,5\n';
    expect((await imported('b.csv', wholeTime, SYMBOL_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });
});

describe('numbers as other countries write them', () => {
  it.each([
    ['"1,010.50","1,011.00","1,009.00","1,010.25","1,234,567"', '.', ','],
    ["1'010.50,1'011,1'009,1'010.25,1'234'567", '.', "'"],
    ['1’010.50,1’011,1’009,1’010.25,1’234’567', '.', "'"],
    ['"1 010,50","1\u00a0011","1\u202f009","1 010,25","1 234 567"', ',', ' '],
  ] as const)('are read with --thousands, which the refusal names: %s', async (values, decimal, thousands) => {
    const text = `\ufeff${CSV_HEADER.trim()}\r\n2024-03-04T14:30:00Z,${values}\r\n`;
    expect(detailOf(await imported('a.csv', text, SYMBOL_X))).toContain('--thousands');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'X', numbers: { decimal, thousands } } });
    expect(valuesOf(bars[0])).toEqual([1010.5, 1011, 1009, 1010.25, 1234567]);
  });
});

describe('volumes with dots before every three digits', () => {
  const text = (...volumes: string[]): string =>
    `${CSV_HEADER}${volumes.map((volume, at) => `2024-03-04T14:${30 + at}:00Z,10,11,9,10,${volume}\n`).join('')}`;

  it('are warned of when others are whole numbers below 1000', async () => {
    expect((await warningsOf(text('1.234', '987', '12.345')))[0]).toContain('--decimal , --thousands .');
  });

  it('are not warned of when any has another form: the dots are then decimal', async () => {
    expect(await warningsOf(text('1.234', '0.987', '12'))).toEqual([]);
    expect(await warningsOf(text('1.234', '2.5', '12'))).toEqual([]);
    expect(await warningsOf(text('1.234', '2.500'))).toEqual([]);
  });

  it('are refused when they have two dots', async () => {
    expect(detailOf(await imported('a.csv', text('12.345.678'), SYMBOL_X))).toContain('--decimal , --thousands .');
  });
});

describe('a zip of several files', () => {
  it('reads thousands of files, packed and stored, with one that is larger than a block of the reader', async () => {
    const names = Array.from({ length: 3000 }, (_, at) => `${'folder of the vendor/'.repeat(5)}S${at}_1min.csv`);
    const [packed, stored] = [{ level: 6 }, { level: 0 }];
    const small = csvFile(row(0));
    const large = csvFile(wallRows(20_000, Date.UTC(2024, 2, 4)));
    const zip = zipSync({
      ...Object.fromEntries(names.map((name, at) => [name, [small, at % 2 === 0 ? packed : stored] as const])),
      'LARGE_1min.csv': [large, stored],
    } as Parameters<typeof zipSync>[0]);
    const { bars, summary } = await imported('many.zip', zip, { symbolOf: symbolReader('{symbol}_1min.csv') });
    const symbols = new Set(bars.map(([symbol]) => symbol));
    expect({ symbols: symbols.size, bars: bars.length }).toEqual({ symbols: 3000 + 1, bars: 3000 + 20_000 });
    expect(summary.refused.files).toBe(0);
  });

  it('refuses a small file whose bytes are not those of its checksum', async () => {
    const zip = zipSync({ 'X.csv': [csvFile(row(0)), { level: 0 }] });
    const priceAt = Buffer.from(zip).indexOf(',10,11') + 1;
    zip[priceAt] = 0x32; // the price 10 becomes 20
    const result = await imported('a.zip', zip, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
    expect(detailOf(result)).toContain('checksum');
  });

  it('stores the files that are bars and refuses the others by name', async () => {
    const zip = zipSync({ 'data/AAPL_1min.txt': csvFile(row(0)), 'readme.txt': Buffer.from('Read me, please\n') });
    const result = await imported('b.zip', zip, { symbolOf: symbolReader('{symbol}_1min.txt') });
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'unusable-path': 1 } });
    const given = await imported('b.zip', zip, SYMBOL_X);
    expect(countsOf(given)).toEqual({ bars: 1, refused: { 'unusable-header': 1 } });
  });

  it.each([
    ['two folders', { 'nyse/ABC.csv': row(0), 'nasdaq/ABC.csv': row(0, 20) }, '{symbol}.csv'],
    ['two kinds of one symbol', { 'ABC_adj_1min.csv': row(0), 'ABC_raw_1min.csv': row(0, 20) }, '{symbol}_*_1min.csv'],
    ['parts of one symbol', { 'ABC/2024-03.csv': row(0), 'ABC/2024-04.csv': row(1) }, '{symbol}/*.csv'],
  ])('does not mix %s', async (_, files, pattern) => {
    const entries = Object.entries(files).map(([name, rows]) => [name, csvFile(rows)] as const);
    const zip = zipSync(Object.fromEntries(entries));
    const symbolOf = symbolReader(pattern);
    const result = await imported('b.zip', zip, { symbolOf });
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
    expect((await imported('b.zip', zip, { symbolOf, oneSymbol: true })).bars).toHaveLength(2);
  });

  it('does not mix two files to which the format gives the same symbol', async () => {
    const firstRate = (price: number): Uint8Array =>
      Buffer.from(`2024-03-04 09:30:00,${price},${price},${price},${price},5\n`);
    const zip = zipSync({ 'AAPL_1min_adjusted.txt': firstRate(10), 'AAPL_1min_raw.txt': firstRate(40) });
    const result = await imported('b.zip', zip);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });
});

describe('a file that is not what its name says', () => {
  it.each([
    ['<!doctype HTML>\n<html>Log in</html>', 'web page'],
    ['\n  <html><body/></html>', 'web page'],
    ['<?xml version="1.0"?><bars/>', 'XML'],
    ['DBN\u0001xxxx', 'DBN'],
    ['x\u0001\u0002\u0003\u0000binary', 'binary'],
  ])('is refused by the name of its kind: %j', async (text, name) => {
    const result = await imported('a.csv', text, SYMBOL_X);
    expect(reasonsOf(result)).toEqual({ 'unreadable-file': 1 });
    expect(detailOf(result)).toContain(name);
  });

  it('is read to its end when it is gzip of two members', async () => {
    const packed = Buffer.concat([gzipSync(CSV_HEADER + row(0)), gzipSync(row(1))]);
    expect((await imported('a.csv', packed, SYMBOL_X)).bars).toHaveLength(2);
  });
});

describe('rows of other symbols', () => {
  it('are refused when one symbol is given, unless they are to be one symbol', async () => {
    const text = `symbol,${CSV_HEADER}AAPL,${row(0)}MSFT,${row(0, 20)}AAPL,${row(1)}`;
    const result = await imported('a.csv', text, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 2, refused: { 'other-symbol': 1 } });
    expect((await imported('a.csv', text, { ...SYMBOL_X, oneSymbol: true })).bars).toHaveLength(3);
  });

  it('are refused when a key of JSON names the other symbol, also above other keys', async () => {
    const rowsOf = (price: number): string =>
      `[{"t":1709562600,"o":${price},"h":${price},"l":${price},"c":${price},"v":1}]`;
    const flat = `{"AAPL":${rowsOf(1)},"MSFT":${rowsOf(2)}}`;
    expect(reasonsOf(await imported('a.json', flat, SYMBOL_X))).toEqual({ 'other-symbol': 1 });
    const nested = `{"AAPL":{"values":${rowsOf(1)}},"MSFT":{"values":${rowsOf(2)}}}`;
    const result = await imported('a.json', nested, SYMBOL_X);
    expect(result.bars).toHaveLength(1);
    expect(detailOf(result)).toBe(
      'expected rows of "AAPL.values", was "MSFT.values": leave --symbol out, or give --one-symbol',
    );
  });
});

describe('rows for which the calendar has no slot', () => {
  const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');

  // Wall times from this one on are read in a zone. They are the trading day of New York in the zone that the hint names.
  it.each([
    ['UTC', Date.UTC(2024, 2, 4, 22, 30), '--tz Etc/GMT-8'],
    ['America/New_York', Date.UTC(2024, 2, 4, 14, 30), '--tz UTC'],
    ['America/New_York', Date.UTC(2024, 6, 1, 8, 30), '--tz Etc/GMT+5'],
    ['America/Chicago', Date.UTC(2024, 2, 4, 9, 30), '--tz America/New_York'],
    ['UTC', Date.UTC(2034, 2, 4, 14, 30), 'XNYS covers'], // after the last date of the calendar
  ])('I10 read in %s have a hint at what fits', async (zone, from, hint) => {
    const text = CSV_HEADER + wallRows(390, from);
    const { summary } = await imported('a.csv', text, { calendar, read: { symbol: 'X', zone } });
    expect(summary.outside).toBeGreaterThan(0);
    expect(summary.warnings.join()).toContain(hint);
  });

  it('I10 have a hint at the dates of the calendar when some of them are earlier', async () => {
    const zone = 'America/New_York';
    const text =
      CSV_HEADER +
      [Date.UTC(1989, 11, 29, 9, 30), Date.UTC(1990, 0, 2, 9, 30)].map((open) => wallRows(390, open)).join('');
    const warnings = await warningsOf(text, { calendar, read: { symbol: 'X', zone } });
    expect(warnings).toEqual([
      'a.csv: 390 rows are outside of XNYS and are not stored: XNYS covers 1990-01-01 to 2027-12-31',
    ]);
  });

  it('I10 have no hint at closes when they were read as closes', async () => {
    const day = wallRows(390, OPEN + MINUTE_MS);
    const night = wallRows(5, Date.UTC(2024, 2, 5, 3));
    const options: ImportCase = { calendar, read: { symbol: 'X', times: 'close' } };
    const { summary } = await imported('a.csv', CSV_HEADER + day + night, options);
    expect(summary.outside).toBe(5);
    expect(summary.warnings).toEqual(['a.csv: 5 rows are outside of XNYS and are not stored']);
  });

  it('I10 before and after the session have a hint at extended hours', async () => {
    const text = CSV_HEADER + wallRows(960, Date.UTC(2024, 2, 4, 4));
    const warnings = await warningsOf(text, { calendar, read: { symbol: 'X', zone: 'America/New_York' } });
    expect(warnings[0]).toContain('--hours extended');
  });
});

describe('the zone in the name of a time column', () => {
  const text = (name: string, time: string): string => `${name},open,high,low,close,volume\n${time},10,11,9,10,5\n`;

  it('is used', async () => {
    const eastern = await imported('a.csv', text('datetime_et', '2024-03-04 09:30'), SYMBOL_X);
    expect(eastern.bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    expect(eastern.summary.warnings).toEqual([]);
    expect(await warningsOf(text('time_utc', '2024-03-04 14:30'))).toEqual([]);
  });

  it('is warned of when --tz names another one, unless the times need no zone', async () => {
    const read = { symbol: 'X', zone: 'America/New_York' };
    const [warning] = await warningsOf(text('time_utc', '2024-03-04 14:30'), { read });
    expect(warning).toContain('names the zone UTC');
    expect(await warningsOf(text('time_utc', '2024-03-04T14:30Z'), { read })).toEqual([]);
    expect(await warningsOf(text('time_utc', '1709562600'), { read })).toEqual([]);
  });

  it('that is an offset from UTC is warned of', async () => {
    const read = { symbol: 'X', columns: parseColumnsOption('time=UTC+8 time') };
    const [warning] = await warningsOf(text('UTC+8 time', '2024-03-04 22:30'), { read });
    expect(warning).toContain('has local times and they were read as UTC');
  });

  it('that is local is warned of, unless --tz names it or the times have offsets', async () => {
    const local = text('Local time', '04.03.2024 16:30:00.000').replace(/open.*volume/, 'Open,High,Low,Close,Volume');
    expect((await warningsOf(local))[0]).toContain('give their zone with --tz');
    expect(await warningsOf(local, { read: { symbol: 'X', zone: 'Europe/Kyiv' } })).toEqual([]);
    const withOffset = await imported('a.csv', local.replace('00.000', '00.000 GMT+0200'), SYMBOL_X);
    expect(withOffset.bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    expect(withOffset.summary.warnings).toEqual([]);
  });
});

describe('when times may be closes,', () => {
  it.each([
    ['09:16 to 15:30 in India', 375, Date.UTC(2024, 2, 4, 3, 46), MINUTE_MS],
    ['five-minute bars', 78, OPEN + 5 * MINUTE_MS, 5 * MINUTE_MS],
  ])('a warning suggests --times close for %s', async (_, count, from, intervalMs) => {
    const text = CSV_HEADER + csvRows(count, from, intervalMs, wallText);
    expect((await warningsOf(text, { read: { symbol: 'X', intervalMs } }))[0]).toContain('--times close');
  });

  it('closes are warned of in a format of opens too', async () => {
    const day = (ms: number): string => `03/04/2024,${new Date(ms).toISOString().slice(11, 16)}`;
    const { summary } = await imported('SPY.txt', csvRows(390, Date.UTC(2024, 2, 4, 9, 31), MINUTE_MS, day));
    expect(summary.understood[0]?.format).toBe('kibot');
    expect(summary.warnings.join()).toContain('--times close');
  });

  it('a close in the last second of its minute is the close of that minute', async () => {
    for (const text of ['2024-03-04 14:30:59', '1709562659999', '2024-03-04T14:31:00Z']) {
      const file = `${CSV_HEADER}${text},10,11,9,10,5\n`;
      const { bars } = await imported('a.csv', file, { read: { symbol: 'X', times: 'close' } });
      expect(bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
    }
  });

  it('an open in the last second of a minute is refused with a hint at closes', async () => {
    const asOpen = await imported('a.csv', `${CSV_HEADER}1709562659999,10,11,9,10,5\n`, SYMBOL_X);
    expect(reasonsOf(asOpen)).toEqual({ 'off-grid': 1 });
    expect(detailOf(asOpen)).toContain('--times close');
  });
});
