import { calendarNamed } from './book.js';
import type { Hours } from './days.js';
import { outsideSpans } from './outside.js';

const utc = (time: number) => new Date(time).toISOString().slice(0, 16);

function spansOf(calendar: string, from: string, to = from, hours: Hours = 'regular'): string[] {
  return outsideSpans(calendarNamed(calendar), from, to, hours).map(
    (span) => `${span.date} ${utc(span.from)} ${utc(span.to)} ${span.kind}`,
  );
}

test('I10 the times without a slot are between local midnights, and extended hours are separate spans', () => {
  expect(spansOf('XNYS', '2024-03-04')).toEqual([
    '2024-03-04 2024-03-04T05:00 2024-03-04T09:00 outside',
    '2024-03-04 2024-03-04T09:00 2024-03-04T14:30 extended',
    '2024-03-04 2024-03-04T21:00 2024-03-05T01:00 extended',
    '2024-03-04 2024-03-05T01:00 2024-03-05T05:00 outside',
  ]);
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

test('I10 of a day whose trading opens on the evening before, only the maintenance hour has no slot', () => {
  expect(spansOf('CMES', '2024-03-05')).toEqual(['2024-03-05 2024-03-05T22:00 2024-03-05T23:00 outside']);
  expect(spansOf('24/7', '2024-03-05', '2024-03-07')).toEqual([]);
});

test('I10 the first and the last known date of a calendar have spans', () => {
  const { firstDate, lastDate } = calendarNamed('XNYS');
  expect(spansOf('XNYS', firstDate).length).toBeGreaterThan(0);
  expect(spansOf('XNYS', lastDate).length).toBeGreaterThan(0);
});
