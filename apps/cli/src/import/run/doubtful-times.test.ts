/**
 * Dates and times that can be read, but likely mean something else than what is read: a day that is a month, other clocks and zones. The
 * importer refuses such a file or warns of it. It does neither with similar files that are right.
 */
import { zipSync } from 'fflate';
import { symbolReader } from '../files/index.js';
import {
  csvRows as rows,
  CSV_HEADER,
  isoText,
  MINUTE_MS,
  newestFirst,
  timeAt,
  type TimeText,
  wallRows,
  wallText,
} from '../../../../../test/support/data/import-texts.js';
import { imported, outcomeOf, STORE_AS_X } from '../../../../../test/support/data/imported-file.js';

/** The parts of a UTC time as texts, to write it in another form. */
const parts = (ms: number): [year: string, month: string, day: string, time: string] => {
  const text = isoText(ms);
  return [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10), text.slice(11, 16)];
};

/** In files whose dates have the day before the month. */
describe('a day that was read as a month', () => {
  /** `20240105 14:30` for 1 May. It is read as 5 January. */
  const dayFirst: TimeText = (ms) => {
    const [year, month, day, time] = parts(ms);
    return `${year}${day}${month} ${time}`;
  };
  /** Five rows on each of these days of May. @param text formats their times */
  const days = (daysOfMay: readonly number[], text: TimeText): string =>
    daysOfMay.map((day) => rows(5, timeAt(day, 14, 30, 5), MINUTE_MS, text)).join('');

  it('is refused when the dates as read are a month apart: consecutive days were read as months', async () => {
    const sixDays = days([1, 2, 3, 6, 7, 8], dayFirst);
    for (const text of [sixDays, newestFirst(sixDays)])
      expect(await outcomeOf(CSV_HEADER + text)).toContain('if the day comes before the month');
  });

  it('is refused in a file of a recognised format, too', async () => {
    const kibot: TimeText = (ms) => {
      const [year, month, day, time] = parts(ms);
      return `${day}/${month}/${year},${time}`;
    };
    expect(await outcomeOf(days([1, 2, 3, 6], kibot), {}, 'SPY.txt')).toContain('unreadable-time: dates such as');
  });

  it('is warned of when there are only two dates', async () => {
    expect(await outcomeOf(CSV_HEADER + days([2, 3], dayFirst))).toContain('are a month apart');
  });

  it('is warned of when the name of the file has the date with day and month swapped', async () => {
    const text = CSV_HEADER + days([3], dayFirst); // 3 May, read as 5 March
    expect(await outcomeOf(text, STORE_AS_X, 'X_20240503.csv')).toContain("not the date in the file's name");
  });

  it('is warned of when the dates as read are on a weekend', async () => {
    const text = CSV_HEADER + rows(5, timeAt(6, 14, 30, 9), MINUTE_MS, dayFirst); // 6 September, read as 9 June, a Sunday
    expect(await outcomeOf(text)).toContain('are days of a weekend');
  });

  it('is not assumed of ISO dates', async () => {
    // 4 June, which would be 6 April with day and month swapped, and five days of May, each of which would be in another month.
    expect(await outcomeOf(CSV_HEADER + wallRows(5, timeAt(4, 14, 30, 6)))).toBe('');
    expect(await outcomeOf(CSV_HEADER + days([1, 2, 3, 6, 7], wallText))).toBe('');
  });
});

describe('times that were misread', () => {
  it('are refused when many of them cannot be read', async () => {
    // The file has minutes since midnight, which are read as hours and minutes: 600 is 06:00, and 660 cannot be read.
    const minutesOfDay = Array.from({ length: 120 }, (_, index) => `20240304,${570 + index},10,11,9,10,5\n`).join('');
    expect(await outcomeOf(`Date,Time,Open,High,Low,Close,Volume\n${minutesOfDay}`)).toContain(
      'times could not be read',
    );
  });

  it('are warned of when they are in the future', async () => {
    const yearFirst = '2403041400'; // 4 March 2024, 14:00; as epoch seconds it is in 2046
    expect(await outcomeOf(`${CSV_HEADER}${yearFirst},10,11,9,10,5\n`)).toContain('in the future');
  });

  it('are warned of when they look like times of a clock of twelve hours', async () => {
    // From 09:30 to 13:00, and from 13:00 to 16:00 written as 01:00 to 04:00.
    const twelveHours = wallRows(210, timeAt(4, 9, 30)) + wallRows(180, timeAt(4, 1));
    expect(await outcomeOf(CSV_HEADER + twelveHours)).toContain('were AM and PM lost?');
  });
});

describe('times without a zone', () => {
  // Each file has the trading hours of a market in its own time. It is read as UTC, unless --tz is given.
  it.each([
    ['New York', wallRows(390, timeAt(4, 9, 30)), '--tz America/New_York'],
    ['a few minutes of New York', wallRows(20, timeAt(4, 9, 30)), '--tz America/New_York'],
    ['New York with extended hours', wallRows(960, timeAt(4, 4)), '--tz America/New_York'],
    ['Chicago', wallRows(390, timeAt(4, 8, 30)), '--tz America/Chicago'],
    ['London in summer', wallRows(510, timeAt(1, 8, 0, 7)), '--tz Europe/London'],
    ['Frankfurt', wallRows(510, timeAt(4, 9)), '--tz Europe/Berlin'],
    ['Tokyo', wallRows(150, timeAt(4, 9)) + wallRows(150, timeAt(4, 12, 30)), '--tz Asia/Tokyo'],
    ['Mumbai', wallRows(375, timeAt(4, 9, 15)), '--tz Asia/Kolkata'],
    [
      'times of Alpha Vantage, which has the newest first',
      newestFirst(wallRows(100, timeAt(4, 18, 20))),
      'Alpha Vantage',
    ],
  ])('are warned of when they look like %s', async (_, text, expected) => {
    expect(await outcomeOf(CSV_HEADER + text)).toContain(expected);
    expect(await outcomeOf(CSV_HEADER + text, { read: { symbol: 'X', zone: 'UTC' } })).toBe('');
  });

  it('are warned of when --tz names New York and they look like its hours in UTC', async () => {
    const read = { symbol: 'X', zone: 'America/New_York' };
    expect(await outcomeOf(CSV_HEADER + wallRows(390, timeAt(4, 14, 30)), { read })).toContain('--tz UTC');
  });

  it('are warned of in summer when --tz is EST, which has no daylight saving', async () => {
    const read = { symbol: 'X', zone: 'EST' };
    expect(await outcomeOf(CSV_HEADER + wallRows(5, timeAt(4, 10, 0, 7)), { read })).toContain('America/New_York');
  });

  it('are not warned of when they look like UTC, but a note says that they are read as UTC', async () => {
    // The hours of New York in UTC, and a whole day.
    for (const text of [wallRows(390, timeAt(4, 14, 30)), wallRows(1440, timeAt(4, 0))]) {
      const { summary } = await imported('a.csv', CSV_HEADER + text, STORE_AS_X);
      expect(summary.warnings).toEqual([]);
      expect(summary.understood[0]?.notes).toEqual(['times have no zone and are read as UTC: --tz names another one']);
    }
  });

  it('have a note that times with a zone do not have', async () => {
    const { summary } = await imported('a.csv', CSV_HEADER + rows(5, timeAt(4, 14)), STORE_AS_X);
    expect(summary.understood[0]?.notes).toEqual([]);
  });

  it('are warned of once when several files have the same problem', async () => {
    const file = Buffer.from(CSV_HEADER + wallRows(20, timeAt(4, 9, 30)));
    const zip = zipSync({ 'A.csv': file, 'B.csv': file, 'C.csv': file });
    const { summary } = await imported('a.zip', zip, { symbolOf: symbolReader('{symbol}.csv') });
    expect(summary.warnings).toEqual([expect.stringMatching(/^a\.zip!A\.csv \(and 2 more files\): times without/)]);
  });

  it('are read in the time of New York in a file that is recognised as one of Alpha Vantage', async () => {
    const text = `timestamp,open,high,low,close,volume\n${newestFirst(wallRows(100, timeAt(4, 18, 20)))}`;
    const { bars, summary } = await imported('intraday_1min_IBM.csv', text);
    expect(bars[0]?.slice(0, 2)).toEqual(['IBM', '2024-03-05T00:59Z']);
    expect(summary.warnings).toEqual([]);
  });
});
