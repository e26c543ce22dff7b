/**
 * Files that can be read, but likely mean something else than what is read. The importer refuses such a file or warns of it. It does
 * neither with similar files that are right. Doubtful dates and times are in doubtful-times.test.ts.
 *
 * `rows(30, timeAt(4, 14, 50))` are 30 rows of CSV, a minute apart, from 14:50 UTC on 4 March 2024, a Monday; a third argument is another
 * step. `outcomeOf` imports a file, and answers its refusals or its warnings; '' when there are none.
 */
import { zipSync } from 'fflate';
import { parseColumnsOption, READ_DEFAULTS } from '../detect/index.js';
import { symbolReader } from '../files/index.js';
import {
  csvRows as rows,
  CSV_HEADER,
  DAY_MS,
  HOUR_MS,
  isoText,
  MINUTE_MS,
  newestFirst,
  timeAt,
  wallText,
} from '../../../../../test/support/data/import-texts.js';
import { imported, outcomeOf, reasonsOf, STORE_AS_X, SYMBOL } from '../../../../../test/support/data/imported-file.js';

describe('rows of another interval than a minute', () => {
  // Each file has minutes and, after or before them, rows that are further apart.
  it.each([
    ['after the minutes', rows(30, timeAt(4, 14)) + rows(30, timeAt(4, 14, 30), 5 * MINUTE_MS), '5-minute steps'],
    ['a few after the minutes', rows(10, timeAt(4, 14)) + rows(6, timeAt(4, 14, 10), 5 * MINUTE_MS), '5-minute steps'],
    ['before the minutes', rows(10, timeAt(4, 14), 5 * MINUTE_MS) + rows(30, timeAt(4, 14, 50)), '5-minute steps'],
    [
      'before the minutes, because the newest row is first',
      newestFirst(rows(30, timeAt(4, 14)) + rows(9, timeAt(4, 14, 30), 5 * MINUTE_MS)),
      '5-minute steps',
    ],
    [
      'hours of three days after the minutes',
      rows(390, timeAt(4, 14, 30)) + [5, 6, 7].map((day) => rows(7, timeAt(day, 14, 30), HOUR_MS)).join(''),
      '1-hour steps',
    ],
    ['days after the minutes', rows(390, timeAt(4, 14, 30)) + rows(10, timeAt(5, 0), DAY_MS), '1-day steps'],
  ])('are warned of: %s', async (_, text, expected) => {
    expect(await outcomeOf(CSV_HEADER + text)).toContain(expected);
  });

  it('are warned of when only one symbol of a file has them', async () => {
    const text =
      rows(30, timeAt(4, 14), MINUTE_MS, (ms) => `A,${isoText(ms)}`) +
      rows(12, timeAt(4, 14), 5 * MINUTE_MS, (ms) => `B,${isoText(ms)}`);
    expect(await outcomeOf(`symbol,${CSV_HEADER}${text}`, {})).toContain('rows of B are 5-minute steps apart');
  });

  it.each([
    ['2 days at midnight', rows(2, timeAt(4, 0), DAY_MS)],
    ['4 days at 16:00', rows(4, timeAt(4, 16), DAY_MS)],
  ])('are refused when they surely are days: %s', async (_, text) => {
    expect(await outcomeOf(CSV_HEADER + text)).toContain('wrong-interval: expected 1-minute bars, was 1-day bars');
  });

  it.each([
    ['2 days at 16:00', rows(2, timeAt(4, 16), DAY_MS), '1-day steps apart'],
    [
      '3 days at 16:00, and one that closed at 13:00',
      rows(3, timeAt(4, 16), DAY_MS) + rows(1, timeAt(7, 13)),
      '1-day steps apart',
    ],
    ['2 hours', rows(2, timeAt(4, 14), HOUR_MS), 'import with --interval 1h'],
  ])('are warned of when they may be minutes of a quiet symbol: %s', async (_, text, expected) => {
    expect(await outcomeOf(CSV_HEADER + text)).toContain(expected);
  });

  it('are refused when they are midnights of New York on both sides of a change of daylight saving', async () => {
    // The change is on 10 March: in UTC the rows are not all at the same time of day.
    const text = [7, 8, 11, 12].map((day) => rows(1, timeAt(day, 0), DAY_MS, wallText)).join('');
    const read = { symbol: 'X', zone: 'America/New_York' };
    expect(await outcomeOf(CSV_HEADER + text, { read })).toContain('was 1-day bars');
  });

  it('are warned of when a file has one row, and its name or a column names another interval', async () => {
    const oneRow = CSV_HEADER + rows(1, timeAt(4, 14));
    expect(await outcomeOf(oneRow, STORE_AS_X, 'X-5m-2024-03.csv')).toContain('name says 5-minute');
    const daily = `period,${CSV_HEADER}1d,${rows(1, timeAt(4, 14))}`;
    expect(await outcomeOf(daily)).toContain('"period" says 1-day');
  });

  it('are warned of when a file has one row for each symbol, all at midnight in New York', async () => {
    const symbols = Array.from({ length: 9 }, (_, index) => `S${index},${rows(1, timeAt(4, 5))}`).join('');
    expect(await outcomeOf(`symbol,${CSV_HEADER}${symbols}`, {})).toContain('the same midnight');
  });

  it('are refused when only some of their times are whole minutes', async () => {
    const seconds = [0, 75, 180, 250, 360, 440, 540, 615, 720, 790, 900, 985]; // every second one is no whole minute
    const text = seconds.map((second) => rows(1, timeAt(4, 14) + second * 1000)).join('');
    expect(await outcomeOf(CSV_HEADER + text)).toContain('off-grid: expected whole minutes');
  });

  it('are not assumed of a quiet symbol, whose rows are 1 to 8 minutes apart', async () => {
    /** A linear congruential generator of numbers from 0 to 1, so that the rows are always the same. */
    const randomFrom = (seed: number): (() => number) => {
      let state = seed;
      return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    };
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = randomFrom(seed);
      let quiet = '';
      let ms = timeAt(4, 14, 31);
      for (let row = 0; row < 500; row++) {
        ms += MINUTE_MS * (1 + Math.floor(random() * 8));
        quiet += rows(1, ms);
      }
      expect(await outcomeOf(CSV_HEADER + quiet)).toBe('');
    }
  });

  it('are not assumed because of the night between two days', async () => {
    expect(await outcomeOf(CSV_HEADER + rows(390, timeAt(4, 14, 30)) + rows(390, timeAt(5, 14, 30)))).toBe('');
    const five = rows(78, timeAt(4, 14, 30), 5 * MINUTE_MS) + rows(78, timeAt(5, 14, 30), 5 * MINUTE_MS);
    expect(await outcomeOf(CSV_HEADER + five, { read: { symbol: 'X', intervalMs: 5 * MINUTE_MS } })).toBe('');
  });

  describe.each([
    { minutes: 7, rowsOfDay: 56 },
    { minutes: 100, rowsOfDay: 4 },
  ])('of $minutes minutes, which the time from day to day is no multiple of', ({ minutes, rowsOfDay }) => {
    const intervalMs = minutes * MINUTE_MS;
    const days = [4, 5, 6, 7, 8, 11].map((day) => rows(rowsOfDay, timeAt(day, 14, 30), intervalMs)).join('');

    it('are refused, and the refusal names their interval', async () => {
      const refusal = `was ${minutes}-minute bars; --interval ${minutes}m stores them`;
      expect(await outcomeOf(CSV_HEADER + days)).toContain(refusal);
    });

    it('are stored when --interval names it', async () => {
      expect(await outcomeOf(CSV_HEADER + days, { read: { symbol: 'X', intervalMs } })).toBe('');
    });
  });
});

describe('an import warns', () => {
  it('of prices that jump from row to row, and counts the jumps', async () => {
    const minute = (index: number, price: string): string =>
      `${isoText(timeAt(4, 14, index))},${price},${price},${price},${price},5\n`;
    expect(await outcomeOf(CSV_HEADER + minute(0, '999') + minute(1, '1.001'))).toContain('X goes from 999 to 1.001');
    // The prices 10, 200, 10, 200, 10, 200 are five jumps, of which the first is shown.
    const mixed = [0, 1, 2].map((index) => minute(index, '10') + minute(index, '200')).join('');
    expect(await outcomeOf(CSV_HEADER + mixed)).toContain('and 4 more like it');
  });

  it('of a high that is a multiple of its low', async () => {
    // A thousands separator was read as a delimiter: the prices were 1,850.
    const shifted = `${isoText(timeAt(4, 14))},1,850,1,850,1,850,1\n`;
    expect(await outcomeOf(shifted, { read: { symbol: 'X', hasHeader: false } })).toContain('has high 850 and low 1');
  });

  it.each([
    ['the user names no columns', ''],
    ['the user names the column that says which bars are complete, but not the volume', 'complete=8'],
  ])('of a price that was read as the volume, when %s', async (_, named) => {
    // The columns are the time, the four prices, an adjusted close, the volume, and 1 for a complete bar.
    const text = [0, 1].map((index) => `${isoText(timeAt(4, 14, index))},10,11,9,10.5,10.4,1200,1\n`).join('');
    const columns = named === '' ? READ_DEFAULTS.columns : parseColumnsOption(named);
    expect(await outcomeOf(text, { read: { symbol: 'X', hasHeader: false, columns } })).toContain('looks like a price');
  });

  it('of prices that are not scaled', async () => {
    const header = 'ts_event,instrument_id,open,high,low,close,volume\n';
    const row = '1709562600000000000,5482,5130250000000,5131000000000,5129750000000,5130500000000,823\n';
    expect(await outcomeOf(header + row)).toContain('--price-scale 1000000000');
  });

  it('of rows of one symbol from two exchanges', async () => {
    const venues = `exchange,symbol,${CSV_HEADER}NYSE,A,${rows(1, timeAt(4, 14))}NASDAQ,A,${rows(1, timeAt(4, 14, 1))}`;
    expect(await outcomeOf(venues, {})).toContain('rows of A differ in the column "exchange"');
  });

  it('of a second time column with other times, unless the user names the right one', async () => {
    // 1735689600 is 2025-01-01T00:00Z, perhaps when the file was made.
    const loaded = 'datetime,open,high,low,close,volume,timestamp\n2024-03-04 14:30,10,11,9,10,5,1735689600\n';
    expect(await outcomeOf(loaded)).toContain('"datetime" has other times');
    const columns = parseColumnsOption('time=datetime');
    expect(await outcomeOf(loaded, { read: { symbol: 'X', columns } })).toBe('');
  });

  it('of a last row that is cut short', async () => {
    const text = CSV_HEADER + rows(5, timeAt(4, 14)).replaceAll(',5\n', ',500\n'); // the volumes are 500
    const cut = text.slice(0, -'00\n'.length); // the last volume is now 5
    expect(await outcomeOf(cut)).toContain('is the file cut short?');
    expect(await outcomeOf(text.trim())).toBe(''); // without the last line end alone
  });
});

it.each(['1-Mar', '#N/A', 'null', 'nan'])(
  'the symbol %s, which a spreadsheet or a program wrote in its place, is refused unless --symbol-map names it',
  async (name) => {
    const text = `symbol,${CSV_HEADER}${name},${rows(1, timeAt(4, 14))}`;
    expect(await outcomeOf(text, {})).toMatch(
      /bad-symbol: "[^"]+" (is what Excel makes of|stands for a missing value)/,
    );
    const { bars } = await imported('a.csv', text, { map: new Map([[name, 'MAR1']]) });
    expect(bars[0]?.[SYMBOL]).toBe('MAR1');
  },
);

it('a file of five-minute bars in a zip with minutes of the same symbol is refused, and the minutes are stored', async () => {
  const zip = zipSync({
    'X-1m.csv': Buffer.from(CSV_HEADER + rows(6, timeAt(4, 14))),
    'X-5m.csv': Buffer.from(CSV_HEADER + rows(6, timeAt(4, 15), 5 * MINUTE_MS)),
  });
  const result = await imported('a.zip', zip, { symbolOf: symbolReader('{symbol}-*.csv'), oneSymbol: true });
  expect(result.bars).toHaveLength(6);
  expect(reasonsOf(result)).toEqual({ 'wrong-interval': 1 });
});
