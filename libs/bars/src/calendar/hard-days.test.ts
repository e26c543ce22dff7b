/**
 * Days that calendars often get wrong: daylight saving, half days, typhoons, evening sessions, changed hours. A sample
 * of a longer list.
 */
import hardDays from '../../../../test/support/data/hard-days.json';
import { calendarIds, calendarNamed } from './book.js';

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

it.each(hardDays)('$calendar $date: $why', ({ calendar, date, segments }) => {
  const found = calendarNamed(calendar).tradingDay(date)?.segments ?? [];
  expect(found.map(({ open, close }) => [iso(open), iso(close)])).toEqual(segments);
});

it('the sample has days of every shipped calendar except aliases and the calendars around the clock', () => {
  const expected = calendarIds().filter((id) => !['XNAS', '24/5', '24/7'].includes(id));
  expect([...new Set(hardDays.map(({ calendar }) => calendar))].sort()).toEqual(expected.sort());
});
