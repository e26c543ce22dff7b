import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { FieldProblem } from '../field-problems.js';
import { parseCalendar, CalendarDataError } from './parse.js';
import { calendarFileSchema } from './calendar-file.js';

const segment = { open: '09:30', close: '16:00' };
const week = { from: '2024-01-01', weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'], segments: [segment] };
const halfDay = { name: 'half', segments: [segment], dates: [] as string[] };
/** The field `hours` of a file whose weekdays have these segments. */
const weekOf = (...segments: { open: string; close: string }[]) => ({ hours: [{ ...week, segments }] });
/** A valid file. The tests change some of its fields. */
const file = {
  id: 'TEST',
  name: 'A venue',
  zone: 'Asia/Tokyo',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [week],
};

/** The problems for which a file is refused; none when it is valid. */
function problemsOf(json: unknown): readonly FieldProblem[] {
  try {
    parseCalendar(json);
  } catch (error) {
    if (error instanceof CalendarDataError) return error.problems;
    throw error;
  }
  return [];
}

describe('a calendar file', () => {
  it('a file with all required fields becomes a calendar', () => {
    expect(parseCalendar(file)).toMatchObject({ id: 'TEST', zone: 'Asia/Tokyo', hasExtendedHours: false });
  });

  it('a file with several wrong fields is refused with all their problems', () => {
    const wrong = {
      ...file,
      zone: 'Asia/Tokio',
      lastDate: '2024-02-30',
      hours: [{ ...week, weekdays: ['Monday'], segments: [{ open: '9:30' }] }],
      holydays: [],
    };
    expect(problemsOf(wrong)).toEqual([
      { field: 'zone', expected: 'an IANA time zone such as America/New_York', was: '"Asia/Tokio"' },
      { field: 'lastDate', expected: 'a date YYYY-MM-DD', was: '"2024-02-30"' },
      { field: 'hours[0].weekdays[0]', expected: 'one of Mon, Tue, Wed, Thu, Fri, Sat, Sun', was: '"Monday"' },
      {
        field: 'hours[0].segments[0].open',
        expected: 'a time HH:MM up to 24:00, with -1d for the day before or +1d for the day after',
        was: '"9:30"',
      },
      { field: 'hours[0].segments[0].close', expected: 'string', was: 'nothing' },
      { field: 'holydays', expected: 'no such field', was: '[]' },
    ]);
  });

  it('the message about a wrong field says what was expected', () => {
    expect(() => parseCalendar({ ...file, firstDate: '1.1.2024' })).toThrow(
      'firstDate: expected a date YYYY-MM-DD, was "1.1.2024"',
    );
  });

  it.each([[null], ['XNYS'], [[]], [undefined], [{}], [42]])('a file with the content %j is refused', (json) => {
    expect(problemsOf(json).length).toBeGreaterThan(0);
    expect(() => parseCalendar(json)).toThrow(/^[a-z ]+: expected /i);
  });

  it.each<[what: string, change: object, field: string]>([
    ['limits in the wrong order', { lastDate: '2023-12-31' }, 'lastDate'],
    ['hours that begin after the first date', { hours: [{ ...week, from: '2024-01-02' }] }, 'hours[0].from'],
    ['hours that are not in order', { hours: [week, { ...week, from: '2000-01-01' }] }, 'hours[1].from'],
    ['two hours of one weekday', { hours: [week, week] }, 'hours[1].weekdays'],
    ['a close before its open', weekOf({ open: '16:00', close: '09:30' }), 'hours[0].segments[0].close'],
    ['segments that overlap', weekOf(segment, { open: '15:00', close: '17:00' }), 'hours[0].segments[1].open'],
    ['a day of more than 24 hours', weekOf({ open: '17:00-1d', close: '17:30' }), 'hours[0].segments'],
    [
      'a day that opens before the last one closed',
      {
        ...weekOf({ open: '22:00-1d', close: '21:00' }),
        specialDays: [
          { name: 'late', segments: [{ open: '22:00-1d', close: '22:00' }], dates: ['2024-06-04'] },
          { name: 'early', segments: [{ open: '21:00-1d', close: '20:00' }], dates: ['2024-06-05'] },
        ],
      },
      'hours of 2024-06-05',
    ],
    ['a holiday twice', { holidays: ['2024-05-03', '2024-05-03'] }, 'holidays[1]'],
    [
      'a holiday that trades',
      { holidays: ['2024-05-03'], specialDays: [{ ...halfDay, dates: ['2024-05-03'] }] },
      'specialDays[0].dates[0]',
    ],
    ['a holiday outside the limits', { holidays: ['2025-01-01'] }, 'holidays[0]'],
    [
      'extended hours on special days alone',
      { specialDays: [{ ...halfDay, extended: [segment] }] },
      'specialDays[0].extended',
    ],
    [
      'special days without the extended hours',
      { hours: [{ ...week, extended: [segment] }], specialDays: [halfDay] },
      'specialDays[0].extended',
    ],
    [
      'extended hours that leave out regular ones',
      { hours: [{ ...week, extended: [{ open: '10:00', close: '20:00' }] }] },
      'hours[0].extended',
    ],
  ])('a file with %s is refused', (_what, change, field) => {
    expect(problemsOf({ ...file, ...change }).map((problem) => problem.field)).toEqual([field]);
  });

  it('days may touch, and may reach over midnight where no other day is', () => {
    const touching = weekOf({ open: '17:00-1d', close: '17:00' });
    expect(problemsOf({ ...file, ...touching })).toEqual([]);
    const fridayNight = { ...week, weekdays: ['Fri'], segments: [{ open: '20:00', close: '12:00+1d' }] };
    expect(problemsOf({ ...file, hours: [fridayNight] })).toEqual([]);
  });
});

describe('docs/calendar.schema.json', () => {
  it('the file has the schema that calendars are parsed with (when this fails, write the schema to the file)', () => {
    const published: unknown = JSON.parse(
      readFileSync(path.resolve(__dirname, '../../../../docs/calendar.schema.json'), 'utf8'),
    );
    const schema = z.toJSONSchema(calendarFileSchema, { io: 'input' });
    expect(published).toEqual({ title: 'Barkeep trading calendar', ...schema });
  });
});
