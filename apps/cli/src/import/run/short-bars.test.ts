/**
 * Bars that are shorter than their interval. Bars are counted from the open of the market, so the last one before a close or a
 * break ends early: XNYS is open from 09:30 to 16:00, and its seventh hourly bar is from 15:30 to 16:00.
 */
import { calendarNamed } from '@barkeep/bars';
import { CSV_HEADER, HOUR_MS, MINUTE_MS } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  type ImportedFile,
  TIME,
} from '../../../../../test/support/data/imported-file.js';
import { CalendarCheck } from './calendar-check.js';

/** Rows at these times of each date. */
const rowsOf = (dates: readonly string[], times: readonly string[]): string =>
  dates.flatMap((date) => times.map((time) => `${date} ${time},10,11,9,10,5\n`)).join('');
/** Times of day. @param from the first one, in minutes after midnight */
const timesFrom = (from: number, count: number, stepMinutes: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const minute = from + n * stepMinutes;
    return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
  });
/** Open times as `HH:mm` in UTC. */
const opensOf = ({ bars }: ImportedFile): string[] => bars.map((bar) => bar[TIME].slice(11, 16));

/** Two days of regular hours. */
const DATES = ['2024-03-04', '2024-03-05'];
/** When the hourly bars of a day close in New York. The last one is half an hour long. */
const HOURLY_CLOSES = ['10:30', '11:30', '12:30', '13:30', '14:30', '15:30', '16:00'];
/** When the bars of four hours close. The last one is two and a half hours long. */
const FOUR_HOUR_CLOSES = ['13:30', '16:00'];

/** How a file is read: times are closes or, by default, opens. */
interface Reading {
  zone: string;
  times?: 'close' | 'open';
}
const NEW_YORK_CLOSES: Reading = { zone: 'America/New_York', times: 'close' };

/** Imports rows as bars of an interval. @param calendarId of --calendar, if it is given */
function importedEvery(intervalMs: number, rows: string, reading: Reading, calendarId?: string): Promise<ImportedFile> {
  const calendar = calendarId && new CalendarCheck(calendarNamed(calendarId)!, 'regular', intervalMs);
  return imported('a.csv', CSV_HEADER + rows, {
    ...(calendar && { calendar }),
    read: { symbol: 'X', ...reading, intervalMs, hasCalendar: calendar !== undefined },
  });
}

describe('the last bar before a close, in a file of closes', () => {
  it('opens one interval after the bar before it, as the calendar says', async () => {
    const result = await importedEvery(4 * HOUR_MS, rowsOf(DATES, FOUR_HOUR_CLOSES), NEW_YORK_CLOSES, 'XNYS');
    // UTC is five hours ahead of New York. The last bar opens at 13:30 in New York, not four hours before 16:00.
    expect(opensOf(result)).toEqual(['14:30', '18:30', '14:30', '18:30']);
  });

  it('opens when the calendar says before an early close, too', async () => {
    const wholeDay = rowsOf(['2024-11-27'], HOURLY_CLOSES);
    const dayAfterThanksgiving = rowsOf(['2024-11-29'], ['10:30', '11:30', '12:30', '13:00']);
    const result = await importedEvery(HOUR_MS, wholeDay + dayAfterThanksgiving, NEW_YORK_CLOSES, 'XNYS');
    const wholeDayOpens = ['14:30', '15:30', '16:30', '17:30', '18:30', '19:30', '20:30'];
    expect(opensOf(result)).toEqual([...wholeDayOpens, '14:30', '15:30', '16:30', '17:30']);
  });

  it.each([
    ['one hour', HOUR_MS, HOURLY_CLOSES],
    ['four hours', 4 * HOUR_MS, FOUR_HOUR_CLOSES],
  ])(
    'has its file refused without a calendar, because its open is unknown: bars of %s',
    async (_, intervalMs, closes) => {
      const result = await importedEvery(intervalMs, rowsOf(DATES, closes), NEW_YORK_CLOSES);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'wrong-interval': 1 } });
      expect(detailOf(result)).toContain('if the bars before a close are shorter, give --calendar');
    },
  );
});

describe('a file of bars that are all shorter than the interval', () => {
  it('is refused, and the refusal names the interval of its rows', async () => {
    // Half hours until noon. Some of the later ones are missing, so that a few rows are an hour apart.
    const halfHours = rowsOf(DATES, ['10:00', '10:30', '11:00', '11:30', '12:00', '13:00', '14:00']);
    const result = await importedEvery(HOUR_MS, halfHours, NEW_YORK_CLOSES);
    expect(detailOf(result)).toContain('was 30-minute bars; --interval 30m stores them');
  });
});

it('a file of five-minute bars and of minutes is refused with a calendar, too', async () => {
  // A short bar is followed by a night or a break. These minutes follow each other, so they are not short bars.
  const everyFiveMinutes = timesFrom(10 * 60, 60, 5); // 10:00 to 14:55
  const everyMinute = timesFrom(15 * 60 + 10, 20, 1); // 15:10 to 15:29
  const rows = rowsOf(DATES, [...everyFiveMinutes, ...everyMinute]);
  const result = await importedEvery(5 * MINUTE_MS, rows, { zone: 'America/New_York' }, 'XNYS');
  expect(countsOf(result)).toEqual({ bars: 0, refused: { 'wrong-interval': 1 } });
});

it('the summary shows the interval of most bars, not of the short ones', async () => {
  const mondayToFriday = ['2024-03-04', '2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08'];
  const rows = rowsOf(mondayToFriday, HOURLY_CLOSES);
  const { summary } = await importedEvery(HOUR_MS, rows, NEW_YORK_CLOSES, 'XNYS');
  expect(summary.understood[0]?.spacing).toBe('1-hour');
});

it('a warning says that closes were read as opens when only closes fit the calendar', async () => {
  const asOpens: Reading = { ...NEW_YORK_CLOSES, times: 'open' };
  const { summary } = await importedEvery(HOUR_MS, rowsOf(DATES, HOURLY_CLOSES), asOpens, 'XNYS');
  expect(summary.warnings.join()).toContain('they fit XNYS with --times close');
});

it('hourly opens of a market with a break at noon are read without a calendar', async () => {
  const dates = Array.from({ length: 9 }, (_, day) => `2024-03-0${day + 1}`);
  // Hong Kong trades from 09:30 to 12:00 and from 13:00 to 16:00: the bar of 11:30 is half an hour long.
  const rows = rowsOf(dates, ['09:30', '10:30', '11:30', '13:00', '14:00', '15:00']);
  const result = await importedEvery(HOUR_MS, rows, { zone: 'Asia/Hong_Kong' });
  expect(countsOf(result)).toEqual({ bars: 9 * 6, refused: {} });
});

it.each([
  ['two hours in Hong Kong', 2, 'Asia/Hong_Kong', 'XHKG', ['09:30', '11:30', '13:00', '15:00']],
  ['four hours in Shanghai', 4, 'Asia/Shanghai', 'XSHG', ['09:30', '13:00']],
])('bars before a break are stored with a calendar and without a warning: %s', async (_, hours, zone, id, opens) => {
  const dates = Array.from({ length: 12 }, (__, day) => `2024-03-${day + 11}`).filter((date) => !/1[67]$/.test(date)); // no weekend
  const { bars, summary } = await importedEvery(hours * HOUR_MS, rowsOf(dates, opens), { zone }, id);
  expect(bars).toHaveLength(10 * opens.length);
  expect(summary.warnings).toEqual([]);
});
