/** I10 is an invariant of docs/ARCHITECTURE.md. */
import { calendarNamed } from './book.js';
import type { Hours } from './days.js';
import { isExtendedTime, outsideSpans } from './outside.js';
import { parseCalendar } from './parse.js';

const utcText = (time: number) => new Date(time).toISOString().slice(0, 16);

/** Each span as text: its local date, its start and end in UTC, and its kind. */
function spansOf(calendar: string, firstDate: string, lastDate = firstDate, hours: Hours = 'regular'): string[] {
  return outsideSpans(calendarNamed(calendar), firstDate, lastDate, hours).map(
    (span) => `${span.date} ${utcText(span.from)} ${utcText(span.to)} ${span.kind}`,
  );
}

test('I10 the spans of a date run from local midnight to local midnight, and extended hours are separate spans', () => {
  expect(spansOf('XNYS', '2024-03-04')).toEqual([
    '2024-03-04 2024-03-04T05:00 2024-03-04T09:00 outside',
    '2024-03-04 2024-03-04T09:00 2024-03-04T14:30 extended',
    '2024-03-04 2024-03-04T21:00 2024-03-05T01:00 extended',
    '2024-03-04 2024-03-05T01:00 2024-03-05T05:00 outside',
  ]);
});

test('I10 a session of extended hours has slots in them, so they are not reported', () => {
  expect(spansOf('XNYS', '2024-03-04', '2024-03-04', 'extended')).toEqual([
    '2024-03-04 2024-03-04T05:00 2024-03-04T09:00 outside',
    '2024-03-04 2024-03-05T01:00 2024-03-05T05:00 outside',
  ]);
});

test('I10 a lunch break has no slot', () => {
  expect(spansOf('XHKG', '2024-03-04')).toContain('2024-03-04 2024-03-04T04:00 2024-03-04T05:00 outside');
  expect(spansOf('XTKS', '2024-03-04')).toContain('2024-03-04 2024-03-04T02:30 2024-03-04T03:30 outside');
});

test('I10 a closed date is one span, also on a day of 23 hours', () => {
  expect(spansOf('XNYS', '2024-03-09', '2024-03-10')).toEqual([
    '2024-03-09 2024-03-09T05:00 2024-03-10T05:00 outside',
    '2024-03-10 2024-03-10T05:00 2024-03-11T04:00 outside',
  ]);
});

test('I10 a date of a venue that trades around the clock has one span, its maintenance hour', () => {
  expect(spansOf('CMES', '2024-03-05')).toEqual(['2024-03-05 2024-03-05T22:00 2024-03-05T23:00 outside']);
});

test('I10 a calendar that never closes has no span', () => {
  expect(spansOf('24/7', '2024-03-05', '2024-03-07')).toEqual([]);
});

test('I10 the spans of the first and the last known date do not need the unknown dates beside them', () => {
  const { firstDate, lastDate } = calendarNamed('XNYS');
  expect(spansOf('XNYS', firstDate).length).toBeGreaterThan(0);
  expect(spansOf('XNYS', lastDate).length).toBeGreaterThan(0);
});

test('I10 the latest and the earliest time that a bar may have are in no extended hours', () => {
  for (const time of [8.6e15, -8.6e15]) expect(isExtendedTime(calendarNamed('XNYS'), time, 'regular')).toBe(false);
});

const MORNING = { open: '00:00', close: '01:00' };
const EVENING = { open: '20:00', close: '21:00' };

test.each([
  {
    // The local date of `extendedTime` is the day after its UTC date, and its trading date is one more day later.
    zone: 'Pacific/Auckland',
    regular: MORNING,
    extended: [{ open: '10:00-1d', close: '12:00-1d' }, MORNING],
    extendedTime: '2024-06-02T22:30Z',
    closedTime: '2024-06-03T00:30Z',
  },
  {
    // The local date of `extendedTime` is the day before its UTC date, and its trading date is one more day earlier.
    zone: 'Pacific/Honolulu',
    regular: EVENING,
    extended: [EVENING, { open: '16:00+1d', close: '18:00+1d' }],
    extendedTime: '2024-06-06T03:30Z',
    closedTime: '2024-06-06T04:30Z',
  },
])(
  'I10 a time in extended hours is found in $zone far from its trading date',
  ({ zone, regular, extended, extendedTime, closedTime }) => {
    const date = '2024-06-04'; // a Tuesday, the only trading date
    const calendar = parseCalendar({
      id: 'FAR',
      name: 'A venue for tests',
      zone,
      firstDate: date,
      lastDate: date,
      hours: [{ from: date, weekdays: ['Tue'], segments: [regular], extended }],
    });
    expect(isExtendedTime(calendar, Date.parse(extendedTime), 'regular')).toBe(true);
    expect(isExtendedTime(calendar, Date.parse(closedTime), 'regular')).toBe(false);
  },
);
