import { calendarIds, calendarNamed } from './book.js';
import type { TradingDay } from './days.js';
import { parseInterval } from '../interval.js';
import { DayGrid } from '../slots.js';

const MINUTE_MS = 60_000;

/** The segments of the day of `date` in UTC, such as `13:30 to 20:00`. A time on another UTC date has that date before it. */
function hoursOf(date: string, day: TradingDay | undefined): string {
  if (!day) return 'closed';
  const text = (time: number) => new Date(time).toISOString().replace(`${date}T`, '').replace(':00.000Z', '');
  return day.segments.map(({ open, close }) => `${text(open)} to ${text(close)}`).join(', ');
}

/** The minutes of all segments; 0 for a day without trading. */
const minutesOf = (day: TradingDay | undefined) =>
  day?.segments.reduce((sum, { open, close }) => sum + (close - open) / MINUTE_MS, 0) ?? 0;

describe('known days of the shipped calendars', () => {
  it.each([
    ['a summer day', 'XNYS', '2013-10-04', '13:30 to 20:00'],
    ['the Friday before daylight saving began', 'XNYS', '2013-03-08', '14:30 to 21:00'],
    ['the Monday after daylight saving began', 'XNYS', '2013-03-11', '13:30 to 20:00'],
    ['the Monday after daylight saving ended', 'XNYS', '2013-11-04', '14:30 to 21:00'],
    ['Christmas Eve, a half day', 'XNYS', '2015-12-24', '14:30 to 18:00'],
    ['a close at 14:00', 'XNYS', '1990-12-24', '14:30 to 19:00'],
    ['the attacks of 2001', 'XNYS', '2001-09-11', 'closed'],
    ['the Monday the market reopened, at 09:33', 'XNYS', '2001-09-17', '13:33 to 20:00'],
    ['hurricane Sandy', 'XNYS', '2012-10-29', 'closed'],
    ['a day of mourning', 'XNYS', '2025-01-09', 'closed'],
    ['New York hours under another name', 'XNAS', '2015-12-24', '14:30 to 18:00'],
    ['the first trading day in British summer time', 'XLON', '2013-04-02', '07:00 to 15:30'],
    ['Christmas Eve in London', 'XLON', '2013-12-24', '08:00 to 12:30'],
    ['a state funeral', 'XLON', '2022-09-19', 'closed'],
    ['a lunch break', 'XTKS', '2024-11-01', '00:00 to 02:30, 03:30 to 06:00'],
    ['half an hour more since 2024-11-05', 'XTKS', '2024-11-05', '00:00 to 02:30, 03:30 to 06:30'],
    ['the last day of a 10:00 open', 'XHKG', '2011-03-04', '02:00 to 04:30, 06:30 to 08:00'],
    ['the first day of a 09:30 open', 'XHKG', '2011-03-07', '01:30 to 04:00, 05:30 to 08:00'],
    ['a typhoon in the morning', 'XHKG', '2023-10-09', '06:00 to 08:00'],
    ['a Muhurat evening', 'XBOM', '2024-11-01', '12:30 to 13:30'],
    ['a half day without an afternoon', 'XHKG', '2015-12-24', '01:30 to 04:00'],
    ['a typhoon', 'XHKG', '2023-07-17', 'closed'],
    ['another typhoon', 'XHKG', '2020-10-13', 'closed'],
    ['a session on a Saturday', 'XBOM', '2024-01-20', '03:45 to 10:00'],
    ['a Monday that opens on Sunday evening', 'CMES', '2024-11-04', '2024-11-03T23:00 to 22:00'],
    ['the evening after the clocks went forward', 'CMES', '2024-03-11', '2024-03-10T22:00 to 21:00'],
    ['a halt of a quarter of an hour until 2021', 'CMES', '2021-06-25', '2021-06-24T22:00 to 20:15, 20:30 to 21:00'],
    ['Thanksgiving until noon', 'CMES', '2024-11-28', '2024-11-27T23:00 to 18:00'],
    ['a Monday that opens on Sunday at 17:00 New York', 'FX', '2024-03-11', '2024-03-10T21:00 to 21:00'],
    ['a Sunday', 'FX', '2024-03-10', 'closed'],
    ['the first Monday of March 2024', 'XLON', '2024-03-04', '08:00 to 16:30'],
    ['a Friday', '24/5', '2018-03-09', '00:00 to 2018-03-10T00:00'],
    ['a Saturday', '24/5', '2018-03-10', 'closed'],
    ['a Saturday', '24/7', '2018-03-10', '00:00 to 2018-03-11T00:00'],
  ])('%s: the hours of %s on %s are %s', (_what, id, date, hours) => {
    expect(hoursOf(date, calendarNamed(id).tradingDay(date))).toBe(hours);
  });

  it.each([
    ['a half day with after-market until 17:00', '2015-12-24', '09:00 to 22:00'],
    ['one segment', '2014-06-05', '08:00 to 2014-06-06T00:00'],
    ['a Saturday', '2014-06-07', 'closed'],
  ])('%s: the extended hours of XNYS on %s are %s', (_what, date, hours) => {
    expect(hoursOf(date, calendarNamed('XNYS').tradingDay(date, 'extended'))).toBe(hours);
  });

  it('a half day of XNYS has 210 minutes, a full day 390, an extended one 960', () => {
    const xnys = calendarNamed('XNYS');
    expect(minutesOf(xnys.tradingDay('2015-12-24'))).toBe(210);
    expect(minutesOf(xnys.tradingDay('2015-12-23'))).toBe(390);
    expect(minutesOf(xnys.tradingDay('2015-12-23', 'extended'))).toBe(960);
  });

  it('XNYS has 252 trading days in 2013 and 251 in 2027', () => {
    expect(calendarNamed('XNYS').tradingDays('2013-01-01', '2013-12-31')).toHaveLength(252);
    expect(calendarNamed('XNYS').tradingDays('2027-01-01', '2027-12-31')).toHaveLength(251);
  });
});

/** Dates around changes of daylight saving time in America and Europe, both included. */
const DST_CHANGES = [
  ['2013-03-07', '2013-04-02'],
  ['2013-10-24', '2013-11-06'],
  ['2021-03-11', '2021-03-30'],
  ['2024-10-25', '2024-11-07'],
] as const;

describe('every shipped calendar', () => {
  it.each(calendarIds())('%s: days and segments are in order, not empty, and do not overlap', (id) => {
    const calendar = calendarNamed(id);
    const days = calendar.tradingDays(calendar.firstDate, calendar.lastDate);
    const firstAndLastMs = days.flatMap(({ segments }) => segments.flatMap(({ open, close }) => [open, close - 1]));
    expect(firstAndLastMs.length).toBeGreaterThan(5_000); // at least about ten years of days
    const notLater = firstAndLastMs.filter((time, i) => time <= (firstAndLastMs[i - 1] ?? Number.NEGATIVE_INFINITY));
    expect(notLater).toEqual([]);
  });

  it.each(calendarIds())('%s: open times map back to their slots, across daylight-saving changes', (id) => {
    const calendar = calendarNamed(id);
    const wrong: string[] = [];
    for (const [from, to] of DST_CHANGES) {
      if (from < calendar.firstDate) continue;
      for (const day of calendar.tradingDays(from, to)) {
        const grid = new DayGrid(day, parseInterval('1m'));
        if (grid.slotCount !== minutesOf(day)) wrong.push(`${day.date} has ${grid.slotCount} slots`);
        for (let slot = 0; slot < grid.slotCount; slot++) {
          if (grid.slotAt(grid.openTime(slot)) !== slot) wrong.push(`${day.date} slot ${slot}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
