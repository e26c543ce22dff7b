/** Rows for which the calendar of --calendar has no slot. I10 is an invariant of docs/ARCHITECTURE.md. */
import { calendarNamed } from '@barkeep/bars';
import { CalendarCheck } from './calendar-check.js';
import { CSV_HEADER, MINUTE_MS, OPEN, wallRows } from '../../../../../test/support/data/import-texts.js';
import { type ImportCase, imported, STORE_AS_X } from '../../../../../test/support/data/imported-file.js';

const warningsOf = async (text: string, options: ImportCase = STORE_AS_X): Promise<string[]> =>
  (await imported('a.csv', text, options)).summary.warnings;

describe('rows for which the calendar has no slot', () => {
  it('I10 are counted, with a hint at the zone', async () => {
    // The trading day of New York, 09:30 to 16:00, as wall times. Read as UTC, all but the last 90 minutes are before the open.
    const text = CSV_HEADER + wallRows(390, Date.UTC(2024, 2, 4, 9, 30));
    const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');
    const { summary } = await imported('a.csv', text, { calendar, read: { symbol: 'ACME' } });
    expect(summary).toMatchObject({ rows: 390, accepted: 90, outside: 300 });
    expect(summary.warnings[0]).toContain('--tz America/New_York');
    const right = await imported('a.csv', text, { calendar, read: { symbol: 'ACME', zone: 'America/New_York' } });
    expect(right.summary).toMatchObject({ accepted: 390, outside: 0, warnings: [] });
  });
});

describe('the hint about rows without a slot', () => {
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
