/**
 * Days that calendars often get wrong: daylight saving, half days, typhoons, evening sessions, changed hours. A sample
 * of a longer list.
 */
import hardDays from '../../../../test/support/data/hard-days.json';
import { calendarNamed } from './book.js';

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

it.each(
  hardDays.map(({ calendar, date, why, segments }) => ({
    what: `${calendar} ${date}: ${why}`,
    calendar,
    date,
    segments,
  })),
)('$what', ({ calendar, date, segments }) => {
  const day = calendarNamed(calendar).tradingDay(date);
  expect(day?.segments.map(({ open, close }) => [iso(open), iso(close)]) ?? []).toEqual(segments);
});

it('the sample has days of every shipped calendar with exceptions', () => {
  expect(new Set(hardDays.map(({ calendar }) => calendar)).size).toBe(20);
});
