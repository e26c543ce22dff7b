/** Bars that are shorter than their interval, because their market closes or has a break. */
import { calendarNamed } from '@barkeep/bars';
import { CSV_HEADER, HOUR_MS } from '../../../../../test/support/data/import-texts.js';
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
const DATES = ['2024-03-04', '2024-03-05'];
const HOURLY_CLOSES = ['10:30', '11:30', '12:30', '13:30', '14:30', '15:30', '16:00'];
const CLOSES = { symbol: 'X', times: 'close', zone: 'America/New_York' } as const;

/** Imports bars of some hours. @param read by default times are closes in New York @param calendarId undefined: no --calendar */
function importedHours(rows: string, hours: number, read: object = CLOSES, calendarId?: string): Promise<ImportedFile> {
  const intervalMs = hours * HOUR_MS;
  const calendar = calendarId && new CalendarCheck(calendarNamed(calendarId)!, 'regular', intervalMs);
  return imported('a.csv', CSV_HEADER + rows, {
    ...(calendar && { calendar }),
    read: { ...read, intervalMs, hasCalendar: calendar !== undefined },
  });
}
const timesOf = ({ bars }: ImportedFile): string[] => bars.map((bar) => bar[TIME].slice(11, 16));

describe('the last bar before a close', () => {
  it('opens when the calendar says, also before an early close', async () => {
    const early = rowsOf(['2024-11-29'], ['10:30', '11:30', '12:30', '13:00']); // the day after Thanksgiving
    const result = await importedHours(rowsOf(['2024-11-27'], HOURLY_CLOSES) + early, 1, CLOSES, 'XNYS');
    // Open times in UTC, five hours ahead of New York.
    expect(timesOf(result)).toEqual(
      ['14:30', '15:30', '16:30', '17:30', '18:30', '19:30', '20:30'].concat(['14:30', '15:30', '16:30', '17:30']),
    );
    const fourHours = rowsOf(DATES, ['13:30', '16:00']);
    expect(timesOf(await importedHours(fourHours, 4, CLOSES, 'XNYS'))).toEqual(['14:30', '18:30', '14:30', '18:30']);
  });

  it('is refused with its file without a calendar, not stored at a wrong time', async () => {
    for (const [rows, hours] of [
      [rowsOf(DATES, HOURLY_CLOSES), 1],
      [rowsOf(DATES, ['13:30', '16:00']), 4],
    ] as const) {
      const result = await importedHours(rows, hours);
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'wrong-interval': 1 } });
      expect(detailOf(result)).toContain('if the bars before a close are shorter, give --calendar');
    }
  });

  it('does not hide that all bars are shorter: the refusal names their interval', async () => {
    const halfHours = rowsOf(DATES, ['10:00', '10:30', '11:00', '11:30', '12:00', '13:00', '14:00']);
    expect(detailOf(await importedHours(halfHours, 1))).toContain('was 30-minute bars; --interval 30m stores them');
  });

  it('is followed by a night or a break: bars of two intervals are not read with a calendar either', async () => {
    const fives = Array.from(
      { length: 60 },
      (_, n) => `${10 + Math.floor(n / 12)}:${String((n % 12) * 5).padStart(2, '0')}`,
    );
    const ones = Array.from({ length: 20 }, (_, n) => `15:${10 + n}`);
    const read = { symbol: 'X', zone: 'America/New_York' };
    const result = await importedHours(rowsOf(DATES, [...fives, ...ones]), 1 / 12, read, 'XNYS');
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'wrong-interval': 1 } });
  });

  it('does not change the interval that the user is shown', async () => {
    const dates = Array.from({ length: 5 }, (_, day) => `2024-03-0${day + 4}`);
    const { summary } = await importedHours(rowsOf(dates, HOURLY_CLOSES), 1, CLOSES, 'XNYS');
    expect(summary.understood[0]?.spacing).toBe('1-hour');
  });

  it('shows that closes were read as opens', async () => {
    const opens = { ...CLOSES, times: 'open' };
    const { summary } = await importedHours(rowsOf(DATES, HOURLY_CLOSES), 1, opens, 'XNYS');
    expect(summary.warnings.join()).toContain('they fit XNYS with --times close');
  });
});

it('hours of a market with a break at noon are read', async () => {
  const dates = Array.from({ length: 9 }, (_, day) => `2024-03-0${day + 1}`);
  const rows = rowsOf(dates, ['09:30', '10:30', '11:30', '13:00', '14:00', '15:00']);
  const read = { symbol: 'X', zone: 'Asia/Hong_Kong' };
  expect(countsOf(await importedHours(rows, 1, read))).toEqual({ bars: 9 * 6, refused: {} });
});
