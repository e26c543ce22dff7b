/** Compares a calendar with a table of trading days from another source. */
import { calendarNamed } from '@barkeep/bars';
import { compareWithTable } from './calendar-table.js';

const HEADER = 'date,open,close,break_start,break_end';
const LONDON = calendarNamed('XLON');
/** Compares the calendar of London with a table of these rows. */
const compare = (...rows: string[]) => compareWithTable(LONDON, [HEADER, ...rows].join('\n'));

test('a table with the days and hours of the calendar has no difference', () => {
  const rows = [
    '2024-12-23T00:00:00Z,2024-12-23T08:00:00Z,2024-12-23T16:30:00Z,,',
    '2024-12-24T00:00:00Z,2024-12-24T08:00:00Z,2024-12-24T12:30:00Z,,',
    '2024-12-27T00:00:00Z,2024-12-27T08:00:00Z,2024-12-27T16:30:00Z,,',
  ];
  expect(compare(...rows)).toEqual({ days: 3, differences: [] });
});

test('a day is a difference when only the calendar or only the table has it, or when its hours differ', () => {
  // The rows change the hours of the 23rd, leave out the 24th (a short day), and add the 25th (a holiday).
  const rows = [
    '2024-12-23,2024-12-23T08:00:00Z,2024-12-23T16:30:00Z,2024-12-23T12:00:00Z,2024-12-23T13:00:00Z',
    '2024-12-25,2024-12-25T08:00:00Z,2024-12-25T12:30:00Z,,',
  ];
  expect(compare(...rows).differences).toEqual([
    {
      date: '2024-12-23',
      calendar: '2024-12-23T08:00Z – 2024-12-23T16:30Z',
      table: '2024-12-23T08:00Z – 2024-12-23T12:00Z, 2024-12-23T13:00Z – 2024-12-23T16:30Z',
    },
    { date: '2024-12-24', calendar: '2024-12-24T08:00Z – 2024-12-24T12:30Z', table: 'closed' },
    { date: '2024-12-25', calendar: 'closed', table: '2024-12-25T08:00Z – 2024-12-25T12:30Z' },
  ]);
});

test('a time is in UTC unless it has an offset', () => {
  const sameOpens = ['2024-12-23T08:00:00', '2024-12-23 08:00', '2024-12-23 09:00:00+01:00']; // the open of XLON on that day
  for (const open of sameOpens) expect(compare(`2024-12-23,${open},2024-12-23T16:30:00Z,,`).differences).toEqual([]);
});

test('a table without the expected columns, without days, or with an unreadable row is refused', () => {
  expect(() => compareWithTable(LONDON, 'day;open;close\n')).toThrow('expected the columns date,open,close');
  expect(() => compare()).toThrow('expected at least one trading day');
  expect(() => compare('2024-12-23,nine,ten,,')).toThrow('line 2: expected a date and ISO 8601 times');
  expect(() => compare('2024-12-23,08:00,16:30,,')).toThrow('line 2: expected a date and ISO 8601 times');
  const closesBeforeOpen = '2024-12-23,2024-12-23T16:30:00Z,2024-12-23T08:00:00Z,,';
  expect(() => compare(closesBeforeOpen)).toThrow('line 2: expected a date and');
  const breakWithoutStart = '2024-12-23,2024-12-23T08:00:00Z,2024-12-23T16:30:00Z,,2024-12-23T13:00:00Z';
  expect(() => compare(breakWithoutStart)).toThrow('line 2');
  const day = '2024-12-23,2024-12-23T08:00:00Z,2024-12-23T16:30:00Z,,';
  expect(() => compare(day, day)).toThrow('line 3: expected each date once, was 2024-12-23 again');
  const month13 = '2024-13-23,2024-12-23T08:00:00Z,2024-12-23T16:30:00Z,,';
  expect(() => compare(month13)).toThrow('line 2: expected a date');
});

test('a table with dates beyond the calendar is refused', () => {
  expect(() => compare('2030-01-02,2030-01-02T08:00:00Z,2030-01-02T16:30:00Z,,')).toThrow(
    'expected dates of XLON, 1990-01-01 to 2027-12-31, was 2030-01-02 to 2030-01-02',
  );
});
