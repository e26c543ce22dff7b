import { calendarIds, calendarNamed } from './book.js';
import type { Hours, TradingDay } from './days.js';
import { parseInterval } from '../interval.js';
import { DayGrid } from '../slots.js';

const MINUTE_MS = 60_000;

const segmentTexts = (day: TradingDay | undefined) =>
  day?.segments.map(({ open, close }) =>
    `${new Date(open).toISOString()} ${new Date(close).toISOString()}`.replaceAll(':00.000Z', 'Z'),
  );

const minutesOf = (day: TradingDay | undefined) =>
  day?.segments.reduce((sum, { open, close }) => sum + (close - open) / MINUTE_MS, 0) ?? 0;

describe('known days of the shipped calendars', () => {
  it.each<[what: string, id: string, date: string, hours: Hours, segments: string[] | undefined]>([
    ['a summer day', 'XNYS', '2013-10-04', 'regular', ['2013-10-04T13:30Z 2013-10-04T20:00Z']],
    ['the Friday before daylight saving', 'XNYS', '2013-03-08', 'regular', ['2013-03-08T14:30Z 2013-03-08T21:00Z']],
    ['the Monday after it began', 'XNYS', '2013-03-11', 'regular', ['2013-03-11T13:30Z 2013-03-11T20:00Z']],
    ['the Monday after it ended', 'XNYS', '2013-11-04', 'regular', ['2013-11-04T14:30Z 2013-11-04T21:00Z']],
    ['Christmas Eve, a half day', 'XNYS', '2015-12-24', 'regular', ['2015-12-24T14:30Z 2015-12-24T18:00Z']],
    [
      'a half day with after-market until 17:00',
      'XNYS',
      '2015-12-24',
      'extended',
      ['2015-12-24T09:00Z 2015-12-24T22:00Z'],
    ],
    ['extended hours, one segment', 'XNYS', '2014-06-05', 'extended', ['2014-06-05T08:00Z 2014-06-06T00:00Z']],
    ['a close at 14:00', 'XNYS', '1990-12-24', 'regular', ['1990-12-24T14:30Z 1990-12-24T19:00Z']],
    ['the attacks of 2001', 'XNYS', '2001-09-11', 'regular', undefined],
    [
      'the Monday the market reopened, at 09:33',
      'XNYS',
      '2001-09-17',
      'regular',
      ['2001-09-17T13:33Z 2001-09-17T20:00Z'],
    ],
    ['hurricane Sandy', 'XNYS', '2012-10-29', 'regular', undefined],
    ['a day of mourning', 'XNYS', '2025-01-09', 'regular', undefined],
    ['a Saturday', 'XNYS', '2014-06-07', 'extended', undefined],
    ['New York hours under another name', 'XNAS', '2015-12-24', 'regular', ['2015-12-24T14:30Z 2015-12-24T18:00Z']],
    [
      'the first trading day in British summer time',
      'XLON',
      '2013-04-02',
      'regular',
      ['2013-04-02T07:00Z 2013-04-02T15:30Z'],
    ],
    ['Christmas Eve in London', 'XLON', '2013-12-24', 'regular', ['2013-12-24T08:00Z 2013-12-24T12:30Z']],
    ['a state funeral', 'XLON', '2022-09-19', 'regular', undefined],
    [
      'a lunch break',
      'XTKS',
      '2024-11-01',
      'regular',
      ['2024-11-01T00:00Z 2024-11-01T02:30Z', '2024-11-01T03:30Z 2024-11-01T06:00Z'],
    ],
    [
      'half an hour more since 2024-11-05',
      'XTKS',
      '2024-11-05',
      'regular',
      ['2024-11-05T00:00Z 2024-11-05T02:30Z', '2024-11-05T03:30Z 2024-11-05T06:30Z'],
    ],
    [
      'the last day of a 10:00 open',
      'XHKG',
      '2011-03-04',
      'regular',
      ['2011-03-04T02:00Z 2011-03-04T04:30Z', '2011-03-04T06:30Z 2011-03-04T08:00Z'],
    ],
    [
      'the first day of a 09:30 open',
      'XHKG',
      '2011-03-07',
      'regular',
      ['2011-03-07T01:30Z 2011-03-07T04:00Z', '2011-03-07T05:30Z 2011-03-07T08:00Z'],
    ],
    ['a typhoon in the morning', 'XHKG', '2023-10-09', 'regular', ['2023-10-09T06:00Z 2023-10-09T08:00Z']],
    ['a Muhurat evening', 'XBOM', '2024-11-01', 'regular', ['2024-11-01T12:30Z 2024-11-01T13:30Z']],
    ['a half day without an afternoon', 'XHKG', '2015-12-24', 'regular', ['2015-12-24T01:30Z 2015-12-24T04:00Z']],
    ['a typhoon', 'XHKG', '2023-07-17', 'regular', undefined],
    ['another typhoon', 'XHKG', '2020-10-13', 'regular', undefined],
    ['a session on a Saturday', 'XBOM', '2024-01-20', 'regular', ['2024-01-20T03:45Z 2024-01-20T10:00Z']],
    ['a Monday that opens on Sunday evening', 'CMES', '2024-11-04', 'regular', ['2024-11-03T23:00Z 2024-11-04T22:00Z']],
    [
      'the evening after the clocks went forward',
      'CMES',
      '2024-03-11',
      'regular',
      ['2024-03-10T22:00Z 2024-03-11T21:00Z'],
    ],
    [
      'a halt of a quarter of an hour until 2021',
      'CMES',
      '2021-06-25',
      'regular',
      ['2021-06-24T22:00Z 2021-06-25T20:15Z', '2021-06-25T20:30Z 2021-06-25T21:00Z'],
    ],
    ['Thanksgiving until noon', 'CMES', '2024-11-28', 'regular', ['2024-11-27T23:00Z 2024-11-28T18:00Z']],
    [
      'a Monday that opens on Sunday at 17:00 New York',
      'FX',
      '2024-03-11',
      'regular',
      ['2024-03-10T21:00Z 2024-03-11T21:00Z'],
    ],
    ['a Sunday', 'FX', '2024-03-10', 'regular', undefined],
    ['London after 2023', 'XLON', '2024-03-04', 'regular', ['2024-03-04T08:00Z 2024-03-04T16:30Z']],
    ['a Friday', '24/5', '2018-03-09', 'regular', ['2018-03-09T00:00Z 2018-03-10T00:00Z']],
    ['a Saturday', '24/5', '2018-03-10', 'regular', undefined],
    ['a Saturday', '24/7', '2018-03-10', 'regular', ['2018-03-10T00:00Z 2018-03-11T00:00Z']],
  ])('%s: %s %s %s', (_what, id, date, hours, segments) => {
    expect(segmentTexts(calendarNamed(id).tradingDay(date, hours))).toEqual(segments);
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

describe('every shipped calendar', () => {
  it.each(calendarIds())('%s: days and segments are in order, not empty, and do not overlap', (id) => {
    const calendar = calendarNamed(id);
    /** The first and the last millisecond of each segment. */
    const times = calendar
      .tradingDays(calendar.firstDate, calendar.lastDate)
      .flatMap(({ segments }) => segments.flatMap(({ open, close }) => [open, close - 1]));
    expect(times.length).toBeGreaterThan(5_000); // at least about ten years of days
    expect(times.filter((time, index) => time <= (times[index - 1] ?? Number.NEGATIVE_INFINITY))).toEqual([]);
  });

  it.each(calendarIds())('%s: open times map back to their slots, across daylight-saving changes', (id) => {
    const calendar = calendarNamed(id);
    const wrong: string[] = [];
    for (const [from, to] of [
      ['2013-03-07', '2013-04-02'],
      ['2013-10-24', '2013-11-06'],
      ['2021-03-11', '2021-03-30'],
      ['2024-10-25', '2024-11-07'],
    ] as const) {
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
