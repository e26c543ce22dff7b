/**
 * Small files in forms that users of importers have reported, each with the bars that it means. 1709562600 is 2024-03-04T14:30Z.
 * I7 and I10 are invariants of docs/ARCHITECTURE.md.
 */
import { calendarNamed } from '@barkeep/bars';
import { zipSync } from 'fflate';
import { parseColumnsOption } from '../detect/index.js';
import { symbolReader } from '../files/index.js';
import { CalendarCheck } from './calendar-check.js';
import { CSV_HEADER, isoText, MINUTE_MS, OPEN, wallText } from '../../../../../test/support/data/import-texts.js';
import {
  CLOSE,
  countsOf,
  detailOf,
  imported,
  type ImportedFile,
  reasonsOf,
  SYMBOL_X,
  valuesOf,
  VOLUME,
} from '../../../../../test/support/data/imported-file.js';

/** Rows whose prices rise: row n has open and low n, high and close n + 1. @param from the time of the first one */
const risingRows = (count: number, from: number, stepMs = MINUTE_MS, text = isoText): string =>
  Array.from({ length: count }, (_, n) => `${text(from + n * stepMs)},${n},${n + 1},${n},${n + 1},100\n`).join('');

describe('a row with more fields than its header', () => {
  it('is refused, not shifted', async () => {
    const groupedVolume = `${CSV_HEADER}2024-03-04T14:30:00Z,10,11,9,10,1,234,567\n`;
    const decimalCommas = `${CSV_HEADER}2024-03-04T14:30:00Z,1,0850,1,0850,1,0850,1,0850,12\n`;
    for (const text of [groupedVolume, decimalCommas]) {
      const result = await imported('a.csv', text, SYMBOL_X);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'too-many-fields': 1 } });
    }
  });

  it('is refused below a header that ends with a comma', async () => {
    const header = 'time,open,high,low,close,volume,\n';
    const result = await imported(
      'a.csv',
      `${header}2024-03-04T14:30Z,1,1,1,1,1,234\n2024-03-04T14:31Z,1,1,1,1,5,\n`,
      SYMBOL_X,
    );
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'too-many-fields': 1 } });
    expect(result.bars[0]?.[VOLUME]).toBe(5);
  });

  it('is refused without a header too', async () => {
    const rows = '2024-03-04 14:30,1,1,1,1,5\n2024-03-04 14:31,1,1,1,1,1,234\n';
    const result = await imported('a.csv', rows, { read: { symbol: 'X', hasHeader: false } });
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'too-many-fields': 1 } });
  });
});

describe('before the rows,', () => {
  it('a web address is skipped', async () => {
    const text =
      'https://www.example.com/\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD\n' +
      '1709562600000,2024-03-04 14:30:00,BTC/USD,65000,65010,64990,65005,1.5,97500\n';
    const bar = ['BTCUSD', '2024-03-04T14:30Z', 65000, 65010, 64990, 65005, 1.5];
    const columns = parseColumnsOption('volume=Volume BTC');
    expect((await imported('a.csv', text, { read: { symbol: 'BTCUSD', columns } })).bars).toEqual([bar]);
    expect((await imported('a.csv', text)).bars).toEqual([['BTC/USD', ...bar.slice(1)]]);
  });

  it('a header of three lines is one header', async () => {
    const header = 'Price,Close,High,Low,Open,Volume\nTicker,SPY,SPY,SPY,SPY,SPY\nDatetime,,,,,\n';
    const text = `${header}2024-03-04 14:30:00+00:00,512.1,512.4,511.9,512.0,1200345\n`;
    const bar = ['SPY', '2024-03-04T14:30Z', 512, 512.4, 511.9, 512.1, 1200345];
    expect((await imported('a.csv', text, { read: { symbol: 'SPY' } })).bars).toEqual([bar]);
    expect((await imported('a.csv', text)).bars).toEqual([bar]);
  });

  it('sep=; names the delimiter, and a line of units belongs to the header', async () => {
    const header = 'sep=;\ntime;open;high;low;close;volume\nUTC;USD;USD;USD;USD;shares\n';
    const rows = '2024-03-04 14:30;1;2;1;2;5\n2024-03-04 14:31;1;2;1;2;5\n';
    const { bars } = await imported('a.csv', header + rows, SYMBOL_X);
    expect(bars.map((bar) => bar[VOLUME])).toEqual([5, 5]);
  });

  it('sep=; is not a row of a file without a header', async () => {
    const text = 'sep=;\n2024-03-04 14:30;1;2;1;2;5\n2024-03-04 14:31;1;2;1;2;5\n';
    const result = await imported('a.csv', text, { read: { symbol: 'X', hasHeader: false } });
    expect(countsOf(result)).toEqual({ bars: 2, refused: {} });
  });

  it('a title in brackets is not taken for JSON', async () => {
    const titled = `[EURUSD]\n${CSV_HEADER}2024-03-04 14:30,1,2,1,2,5\n`;
    expect((await imported('a.csv', titled, SYMBOL_X)).bars).toHaveLength(1);
  });

  it('a title and blank lines are skipped', async () => {
    const titled = `A title, with a comma\n\nanother\n${CSV_HEADER}2024-03-04 14:30,1,2,1,2,5\n`;
    expect((await imported('b.csv', titled, SYMBOL_X)).bars).toHaveLength(1);
  });

  it('--skip-lines skips lines, also in a file without a header', async () => {
    const rows = 'any,thing,1,2,3,4\n2024-03-04 14:30,1,2,1,2,5\n';
    const { bars } = await imported('c.csv', rows, { read: { symbol: 'X', hasHeader: false, skipLines: 1 } });
    expect(bars).toHaveLength(1);
  });
});

describe('numbers as other countries write them', () => {
  it('need --decimal for decimal commas, which the refusal names', async () => {
    const text = 'time;open;high;low;close;volume\n2024-03-04T14:30:00Z;1,0850;1,0860;1,0840;1,0855;12\n';
    const refused = await imported('a.csv', text, { read: { symbol: 'EURUSD' } });
    expect(detailOf(refused)).toContain('--decimal ,');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'EURUSD', numbers: { decimal: ',' } } });
    expect(bars).toEqual([['EURUSD', '2024-03-04T14:30Z', 1.085, 1.086, 1.084, 1.0855, 12]]);
  });

  it('need --thousands for groups of digits', async () => {
    const grouped = 'time;open;high;low;close;volume\n2024-03-04T14:30Z;1.085,5;1.086,5;1.084,5;1.085,5;1.234.567\n';
    const german = await imported('b.csv', grouped, {
      read: { symbol: 'X', numbers: { decimal: ',', thousands: '.' } },
    });
    expect(valuesOf(german.bars[0])).toEqual([1085.5, 1086.5, 1084.5, 1085.5, 1234567]);
  });
});

describe('data without volume', () => {
  it('is read with --volume none, which the refusal names', async () => {
    const text = 'time,open,high,low,close\n1709562600,1.0850,1.0852,1.0849,1.0851\n';
    const refused = await imported('a.csv', text, { read: { symbol: 'EURUSD' } });
    expect(detailOf(refused)).toContain('--volume none');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'EURUSD', hasVolume: false } });
    expect(bars).toEqual([['EURUSD', '2024-03-04T14:30Z', 1.085, 1.0852, 1.0849, 1.0851, 0]]);
  });
});

describe('a file without a header and with more than six columns', () => {
  it('has no symbol column when the symbol is given', async () => {
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

  it('of twelve columns in a zip is read', async () => {
    const row =
      '1735689600000000,0.31600000,0.31650000,0.31590000,0.31610000,27.00000000,1735689659999999,8.53200000,11,10.0,3.1,0\n';
    const zip = zipSync({ 'DOGEUSDT-1m-2025-01-01.csv': Buffer.from(row) });
    const symbolOf = symbolReader('{symbol}-1m-*.zip');
    const { bars } = await imported('DOGEUSDT-1m-2025-01-01.zip', zip, { symbolOf, read: { hasHeader: false } });
    expect(bars).toEqual([['DOGEUSDT', '2025-01-01T00:00Z', 0.316, 0.3165, 0.3159, 0.3161, 27]]);
  });
});

describe('a zip of several files', () => {
  const entry = (minute: number, price: number): Uint8Array =>
    Buffer.from(
      `timestamp,open,high,low,close,volume\n2024-03-04 09:${30 + minute}:00,${price},${price + 1},${price - 1},${price},5\n`,
    );
  const zone = 'America/New_York';

  it('gives each file the symbol in its name', async () => {
    const zip = zipSync({ 'AAPL_1min.txt': entry(0, 10), 'MSFT_1min.txt': entry(0, 20) });
    const { bars } = await imported('bundle.zip', zip, {
      symbolOf: symbolReader('{symbol}_1min.txt'),
      read: { zone },
    });
    expect(bars).toEqual([
      ['AAPL', '2024-03-04T14:30Z', 10, 11, 9, 10, 5],
      ['MSFT', '2024-03-04T14:30Z', 20, 21, 19, 20, 5],
    ]);
  });

  it('does not mix two files in one symbol', async () => {
    const zip = zipSync({ 'AAPL_1min.txt': entry(0, 10), 'MSFT_1min.txt': entry(1, 20) });
    const result = await imported('FRD.zip', zip, { symbolOf: symbolReader('{symbol}.zip'), read: { zone } });
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });

  it('does not mix two large JSON files in one symbol', async () => {
    const values = ['10.00', '11.00', '9.00', '10.00', '5.000'];
    const bars = Array.from({ length: 6000 }, (_, minute) => [OPEN + minute * MINUTE_MS, ...values]);
    const file = Buffer.from(JSON.stringify(bars));
    expect(file.length).toBeGreaterThan(256 * 1024); // more than the part that is read to plan an entry
    const result = await imported('two.zip', zipSync({ '1.json': file, '2.json': file }), SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });
});

describe('among the columns of vendors,', () => {
  it('window_start is a time', async () => {
    const text =
      'ticker,volume,open,close,high,low,window_start,transactions\nAAPL,4930,10,10.5,11,9,1709562600000000000,129\n';
    expect((await imported('a.csv', text)).bars).toEqual([['AAPL', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 4930]]);
  });

  it('of two volumes the one that is not zero is taken, with a note', async () => {
    const text =
      '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n' +
      '2024.01.02\t09:30:00\t1.09410\t1.09420\t1.09400\t1.09415\t57\t0\t3\n';
    const { bars, summary } = await imported('a.csv', text, { read: { symbol: 'EURUSD', zone: 'UTC' } });
    expect(bars[0]?.[VOLUME]).toBe(57);
    expect(summary.understood[0]?.notes).toEqual(['volume is <TICKVOL>; not taken: <VOL>']);
    const generic = 'time,open,high,low,close,tick_volume,real_volume\n2024-01-02 09:30,1,1,1,1,57,0\n';
    expect((await imported('b.csv', generic, SYMBOL_X)).bars[0]?.[VOLUME]).toBe(57);
  });
});

describe('two columns of volume', () => {
  const HEAD = 'time,open,high,low,close,volume,tick_volume\n';
  /** Rows from minute `first` on; `volumes` are the two volumes of each. */
  const rowsOf = (count: number, first: number, volumes: string): string =>
    Array.from({ length: count }, (_, n) => `${isoText(OPEN + (first + n) * MINUTE_MS)},1,2,1,2,${volumes}\n`).join('');
  const totalVolumeOf = ({ bars }: ImportedFile): number => bars.reduce((sum, bar) => sum + bar[VOLUME], 0);

  it('are decided by the whole file, beyond its first rows', async () => {
    // The first column is always 0; the second one is 0 in the first 300 rows, which are more than the importer samples.
    const late = HEAD + rowsOf(300, 0, '0,0') + rowsOf(300, 300, '0,7');
    const result = await imported('late.csv', late, SYMBOL_X);
    expect(totalVolumeOf(result)).toBe(300 * 7);
    expect(result.summary.warnings).toEqual([]);
    expect(result.summary.understood[0]).toMatchObject({ columns: { volume: 'tick_volume' }, last: { volume: 7 } });
  });

  it('are warned of when both are used: the first one is taken if it is used in half of the rows', async () => {
    // The first column is used in 350 of 600 rows, and then in 10 of 600.
    const mostly = HEAD + rowsOf(250, 0, '0,7') + rowsOf(350, 250, '9,7');
    const result = await imported('mostly.csv', mostly, SYMBOL_X);
    expect(totalVolumeOf(result)).toBe(350 * 9);
    expect(result.summary.warnings[0]).toContain('volume is 0 in 250 rows');
    const rarely = HEAD + rowsOf(590, 0, '0,7') + rowsOf(10, 590, '9,7');
    expect(totalVolumeOf(await imported('rarely.csv', rarely, SYMBOL_X))).toBe(600 * 7);
  });
});

describe('a time that is neither an epoch nor complete', () => {
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

describe('among unusual numbers,', () => {
  it('prices below zero are taken when the user allows them', async () => {
    const text = `${CSV_HEADER}2020-04-20T18:09:00Z,-0.6,-0.2,-3.1,-2.9,1500\n2020-04-20T18:10:00Z,-2.9,-2,-40.32,-37.63,2000\n`;
    const refused = await imported('a.csv', text, { read: { symbol: 'CLK20' } });
    expect(reasonsOf(refused)).toEqual({ 'negative-price': 2 });
    expect(detailOf(refused)).toContain('--allow-negative-prices');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'CLK20', prices: 'any' } });
    expect(bars.map((bar) => bar[CLOSE])).toEqual([-2.9, -37.63]);
  });

  it('zeros for minutes without a trade are refused, and the refusal says what to do', async () => {
    const text = `${CSV_HEADER}2024-03-04T14:30Z,10,11,9,10,5\n2024-03-04T14:31Z,0,0,0,0,0\n2024-03-04T14:32Z,10,11,0,10,5\n`;
    const refused = await imported('a.csv', text, SYMBOL_X);
    expect(countsOf(refused)).toEqual({ bars: 1, refused: { 'zero-price': 2 } });
    expect(detailOf(refused)).toContain('no trade');
    expect(detailOf(refused)).toContain('--allow-negative-prices');
    expect((await imported('a.csv', text, { read: { symbol: 'X', prices: 'any' } })).bars).toHaveLength(3);
  });

  it('numbers that are extreme but valid are exact', async () => {
    const text = `${CSV_HEADER}2024-03-04T14:30Z,1e-320,1.7976931348623157e308,1e-320,123456789012345.67,9007199254740993\n`;
    const { bars } = await imported('a.csv', text, SYMBOL_X);
    expect(valuesOf(bars[0])).toEqual([
      1e-320,
      1.7976931348623157e308,
      1e-320,
      123456789012345.67,
      Number('9007199254740993'),
    ]);
  });
});

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

describe('rows for which the calendar has no slot', () => {
  it('I10 are counted, with a hint at the zone', async () => {
    // The trading day of New York, 09:30 to 16:00, as wall times. Read as UTC, all but the last 90 minutes are before the open.
    const text = CSV_HEADER + risingRows(390, Date.UTC(2024, 2, 4, 9, 30), MINUTE_MS, wallText);
    const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');
    const { summary } = await imported('a.csv', text, { calendar, read: { symbol: 'ACME' } });
    expect(summary).toMatchObject({ rows: 390, accepted: 90, outside: 300 });
    expect(summary.warnings[0]).toContain('--tz America/New_York');
    const right = await imported('a.csv', text, { calendar, read: { symbol: 'ACME', zone: 'America/New_York' } });
    expect(right.summary).toMatchObject({ accepted: 390, outside: 0, warnings: [] });
  });
});

describe('in an import of minutes,', () => {
  it('closes are warned of, and stored in their minute with --times close', async () => {
    const text = CSV_HEADER + risingRows(390, OPEN + MINUTE_MS);
    const asOpens = await imported('a.csv', text, { read: { symbol: 'NT' } });
    expect(asOpens.summary.warnings[0]).toContain('--times close');
    const { bars, summary } = await imported('a.csv', text, { read: { symbol: 'NT', times: 'close' } });
    expect(summary.warnings).toEqual([]);
    expect(bars[0]).toEqual(['NT', '2024-03-04T14:30Z', 0, 1, 0, 1, 100]);
    expect(bars.at(-1)).toEqual(['NT', '2024-03-04T20:59Z', 389, 390, 389, 390, 100]);
  });

  it('opens are not warned of', async () => {
    const { summary } = await imported('a.csv', CSV_HEADER + risingRows(390, OPEN), SYMBOL_X);
    expect(summary.warnings).toEqual([]);
  });

  it.each([
    [300_000, '5-minute'],
    [3_600_000, '1-hour'],
    [86_400_000, '1-day'],
    [1000, '1-second'],
  ])('rows every %d ms are refused as %s bars', async (stepMs, name) => {
    const result = await imported('a.csv', CSV_HEADER + risingRows(30, OPEN, stepMs), SYMBOL_X);
    // The whole file is refused, which counts once.
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'wrong-interval': 1 } });
    expect(detailOf(result)).toContain(`was ${name} bars`);
  });

  it('five-minute rows are stored with --interval 5m', async () => {
    const five = CSV_HEADER + risingRows(30, OPEN, 5 * MINUTE_MS);
    expect((await imported('a.csv', five, { read: { symbol: 'X', intervalMs: 5 * MINUTE_MS } })).bars).toHaveLength(30);
  });

  it('minutes of a quiet symbol are stored', async () => {
    const minutes = [0, 7, 19, 20, 41, 77];
    const quiet = CSV_HEADER + minutes.map((minute) => `${isoText(OPEN + minute * MINUTE_MS)},1,1,1,1,1\n`).join('');
    expect((await imported('q.csv', quiet, SYMBOL_X)).bars).toHaveLength(6);
  });
});

describe('in JSON,', () => {
  const bar = ['X', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 5];

  it('arrays are read, in one array or one per line', async () => {
    const array = '[1709562600000,10,11,9,10.5,5]';
    const nextMinute = array.replace('1709562600000', '1709562660000');
    expect((await imported('a.json', `[${array}]`, SYMBOL_X)).bars).toEqual([bar]);
    const columns = parseColumnsOption('time=1,open=2,high=3,low=4,close=5,volume=6');
    const lines = await imported('b.ndjson', `${array}\n${nextMinute}\n`, { read: { symbol: 'X', columns } });
    expect(lines.bars).toHaveLength(2);
  });

  it('objects are read, in one array or one per line, and with their keys in any order', async () => {
    const object =
      '{"timestamp":"2024-03-04T14:30:00Z","open":10,"high":11,"low":9,"close":10.5,"volume":5,"extra":null}';
    const other = '{"volume":6,"close":10.5,"low":9,"high":11,"open":10,"timestamp":"2024-03-04T14:31:00Z"}';
    expect((await imported('c.json', `[${object},${other}]`, SYMBOL_X)).bars).toEqual([
      bar,
      ['X', '2024-03-04T14:31Z', 10, 11, 9, 10.5, 6],
    ]);
    expect((await imported('d.ndjson', `${object}\n${other}\n`, SYMBOL_X)).bars).toHaveLength(2);
  });

  it('I7 rows are refused one by one', async () => {
    const valid = '{"t":1709562600000,"o":1,"h":2,"l":1,"c":2,"v":5}';
    const withoutOpen = '{"t":1709562660000,"o":null,"h":2,"l":1,"c":2,"v":5}';
    const withoutVolume = '{"t":1709562720000,"o":1,"h":2,"l":1,"c":2}';
    const text = `[${valid},${withoutOpen},${withoutVolume}]`;
    const result = await imported('a.json', text, SYMBOL_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'not-a-number': 2 } });
  });

  it('arrays whose order cannot be known are refused with the candidates', async () => {
    const flat = '[[1709562600000,1,1,1,1,5],[1709562660000,1,1,1,1,5]]';
    const result = await imported('a.json', flat, SYMBOL_X);
    expect(reasonsOf(result)).toEqual({ 'ambiguous-format': 1 });
    expect(detailOf(result)).toContain('freqtrade or bitfinex');
  });
});
