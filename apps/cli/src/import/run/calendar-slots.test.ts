/**
 * Rows outside: the calendar of --calendar has no slot for their time. They are counted, and a warning hints at the likely reason.
 * I10, an invariant of docs/ARCHITECTURE.md: every row that an import reads is in one count.
 */
import { calendarNamed } from '@barkeep/bars';
import { CalendarCheck } from './calendar-check.js';
import { CSV_HEADER, MINUTE_MS, OPEN, wallRows } from '../../../../../test/support/data/import-texts.js';
import { type ImportCase, imported, STORE_AS_X } from '../../../../../test/support/data/imported-file.js';

const warningsOf = async (text: string, options: ImportCase = STORE_AS_X): Promise<string[]> =>
  (await imported('a.csv', text, options)).summary.warnings;

describe('rows outside', () => {
  const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');

  it('I10 are counted, and a warning names the zone in which all rows have a slot', async () => {
    // The trading day of New York, 09:30 to 16:00, as wall times. Read as UTC, all but the last 90 minutes are before the open.
    const text = CSV_HEADER + wallRows(390, Date.UTC(2024, 2, 4, 9, 30));
    const { summary } = await imported('a.csv', text, { calendar, read: { symbol: 'ACME' } });
    expect(summary).toMatchObject({ rows: 390, accepted: 90, outside: 300 });
    expect(summary.warnings[0]).toContain('--tz America/New_York');
    const right = await imported('a.csv', text, { calendar, read: { symbol: 'ACME', zone: 'America/New_York' } });
    expect(right.summary).toMatchObject({ accepted: 390, outside: 0, warnings: [] });
  });

  // Each file has a trading day of New York, written as times of the zone that the warning names. The user gives another zone.
  it.each([
    ['UTC', Date.UTC(2024, 2, 4, 22, 30), '--tz Etc/GMT-8'],
    ['America/New_York', Date.UTC(2024, 2, 4, 14, 30), '--tz UTC'],
    ['America/New_York', Date.UTC(2024, 6, 1, 8, 30), '--tz Etc/GMT+5'],
    ['America/Chicago', Date.UTC(2024, 2, 4, 9, 30), '--tz America/New_York'],
    ['UTC', Date.UTC(2034, 2, 4, 14, 30), 'XNYS covers'], // after the last date of the calendar
  ])('I10 are warned of with the zone or the dates that fit, when they were read in %s', async (zone, from, hint) => {
    const text = CSV_HEADER + wallRows(390, from);
    const { summary } = await imported('a.csv', text, { calendar, read: { symbol: 'X', zone } });
    expect(summary.outside).toBeGreaterThan(0);
    expect(summary.warnings.join()).toContain(hint);
  });

  it('I10 are warned of with the dates of the calendar when their dates are earlier', async () => {
    const zone = 'America/New_York';
    const lastOf1989 = wallRows(390, Date.UTC(1989, 11, 29, 9, 30));
    const firstOf1990 = wallRows(390, Date.UTC(1990, 0, 2, 9, 30));
    const text = CSV_HEADER + lastOf1989 + firstOf1990;
    const warnings = await warningsOf(text, { calendar, read: { symbol: 'X', zone } });
    expect(warnings).toEqual([
      'a.csv: 390 rows are outside of XNYS and are not stored: XNYS covers 1990-01-01 to 2027-12-31',
    ]);
  });

  it('I10 are not warned of with --times close when their file was read as closes', async () => {
    const day = wallRows(390, OPEN + MINUTE_MS); // the closes of a trading day
    const night = wallRows(5, Date.UTC(2024, 2, 5, 3));
    const options: ImportCase = { calendar, read: { symbol: 'X', times: 'close' } };
    const { summary } = await imported('a.csv', CSV_HEADER + day + night, options);
    expect(summary.outside).toBe(5);
    expect(summary.warnings).toEqual(['a.csv: 5 rows are outside of XNYS and are not stored']);
  });

  it('I10 are warned of with --hours extended when they are before and after the regular hours', async () => {
    const text = CSV_HEADER + wallRows(960, Date.UTC(2024, 2, 4, 4)); // 04:00 to 20:00
    const warnings = await warningsOf(text, { calendar, read: { symbol: 'X', zone: 'America/New_York' } });
    expect(warnings[0]).toContain('--hours extended');
  });
});
