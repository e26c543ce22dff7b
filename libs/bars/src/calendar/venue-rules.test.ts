/**
 * Shipped calendars against what the venues have published as rules, such as "the fourth Thursday of November". The
 * rules are computed here without the data of the calendars. Exceptions from the rules are lists of dates.
 */
import { calendarNamed } from './book.js';
import type { TradingDay } from './days.js';
import { isDate } from './time.js';

const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];
const [SUNDAY, MONDAY, THURSDAY, FRIDAY, SATURDAY] = [0, 1, 4, 5, 6];
/** From 1990 to 2027: the years of the calendars. */
const YEARS = yearsFrom(1990);

function yearsFrom(first: number): number[] {
  return Array.from({ length: 2028 - first }, (_, index) => first + index);
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const weekdayOf = (date: string) => new Date(date).getUTCDay();
const shifted = (date: string, days: number) => dateOf(Date.parse(date) + days * DAY_MS);
const isWeekend = (date: string) => [SATURDAY, SUNDAY].includes(weekdayOf(date));
const nameOf = (date: string) => ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][weekdayOf(date)]!;

/** The nth of a weekday in a month, counted from 1. */
function nth(year: number, month: number, weekday: number, n: number): string {
  const first = dateOf(Date.UTC(year, month - 1, 1));
  return shifted(first, ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1));
}

/** The last of a weekday in a month. */
function last(year: number, month: number, weekday: number): string {
  const end = dateOf(Date.UTC(year, month, 0));
  return shifted(end, -((weekdayOf(end) - weekday + 7) % 7));
}

/** Easter Sunday, by the anonymous Gregorian algorithm. */
function easter(year: number): string {
  const [a, b, c] = [year % 19, Math.floor(year / 100), year % 100];
  const f = Math.floor((b + 8) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - f + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const days = h + l - 7 * m + 114;
  return dateOf(Date.UTC(year, Math.floor(days / 31) - 1, (days % 31) + 1));
}

/** The trading dates of a venue from the beginning of a year to 2027. */
const datesOf = (id: string, firstYear: number) =>
  calendarNamed(id)
    .tradingDays(`${firstYear}-01-01`, '2027-12-31')
    .map(({ date }) => date);

/** The weekdays since 1990 on which a venue is closed. */
function closedWeekdays(id: string): string[] {
  const trading = new Set(datesOf(id, 1990));
  const all = Array.from({ length: 38 * 366 }, (_, day) => shifted('1990-01-01', day));
  return all.filter((date) => date <= '2027-12-31' && !isWeekend(date) && !trading.has(date));
}

/** The trading days of a venue whose first open or last close has another time of its clock than the usual one. */
function unusual(id: string, end: 'open' | 'close', usual: string, firstYear: number): string[] {
  const calendar = calendarNamed(id);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: calendar.zone, timeStyle: 'short' });
  const timeOf = ({ segments }: TradingDay) =>
    clock.format(end === 'open' ? segments[0]!.open : segments.at(-1)!.close);
  const days = calendar.tradingDays(`${firstYear}-01-01`, '2027-12-31').filter((day) => timeOf(day) !== usual);
  return days.map((day) => `${day.date} ${timeOf(day)}`);
}

const sorted = (dates: readonly string[]) => [...new Set(dates)].filter((date) => !isWeekend(date)).sort();

/** In New York a holiday on a Sunday is observed on Monday, one on a Saturday on Friday. */
function observed(date: string): string {
  return shifted(date, { [SATURDAY]: -1, [SUNDAY]: 1 }[weekdayOf(date)] ?? 0);
}

it('XNYS is closed on its holidays, and on the days on which it was closed for a particular reason', () => {
  const particular = [
    '1994-04-27', // mourning for Nixon
    '2001-09-11', // attacks, until 14 September
    '2001-09-12',
    '2001-09-13',
    '2001-09-14',
    '2004-06-11', // mourning for Reagan
    '2007-01-02', // mourning for Ford
    '2012-10-29', // hurricane Sandy, two days
    '2012-10-30',
    '2018-12-05', // mourning for Bush
    '2025-01-09', // mourning for Carter
  ];
  const holidays = YEARS.flatMap((year) => [
    // New Year's Day on a Saturday is not observed: Friday is the end of the accounting year.
    weekdayOf(`${year}-01-01`) === SATURDAY ? `${year}-01-01` : observed(`${year}-01-01`),
    ...(year >= 1998 ? [nth(year, 1, MONDAY, 3)] : []),
    nth(year, 2, MONDAY, 3),
    shifted(easter(year), -2),
    last(year, 5, MONDAY),
    ...(year >= 2022 ? [observed(`${year}-06-19`)] : []),
    observed(`${year}-07-04`),
    nth(year, 9, MONDAY, 1),
    nth(year, 11, THURSDAY, 4),
    observed(`${year}-12-25`),
  ]);
  expect(closedWeekdays('XNYS')).toEqual(sorted([...particular, ...holidays]));
});

it('XNYS closes at 13:00 after Thanksgiving, and before Christmas and Independence Day, and on no other day since 2003', () => {
  const rule = yearsFrom(2003).flatMap((year) => [
    ...(['Tue', 'Wed', 'Thu', 'Fri'].includes(nameOf(`${year}-07-04`)) ? [`${year}-07-03`] : []),
    shifted(nth(year, 11, THURSDAY, 4), 1),
    ...(nameOf(`${year}-12-24`) === 'Fri' ? [] : [`${year}-12-24`]), // on a Friday it is the observed Christmas
  ]);
  const once = '2003-12-26';
  const halfDays = sorted([once, ...rule]).map((date) => `${date} 13:00`);
  const failure = '2005-06-01 15:56'; // of a data line of the exchange
  expect(unusual('XNYS', 'close', '16:00', 2003)).toEqual([...halfDays, failure].sort());
});

it('XLON is closed on the bank holidays of England, and on those that were proclaimed once', () => {
  const once = ['1999-12-31', '2002-06-03', '2011-04-29', '2012-06-05', '2022-06-03', '2022-09-19', '2023-05-08'];
  const moved: Record<string, string> = {
    [nth(1995, 5, MONDAY, 1)]: '1995-05-08',
    [nth(2020, 5, MONDAY, 1)]: '2020-05-08',
    [last(2002, 5, MONDAY)]: '2002-06-04',
    [last(2012, 5, MONDAY)]: '2012-06-04',
    [last(2022, 5, MONDAY)]: '2022-06-02',
  };
  const holidays = YEARS.flatMap((year) => {
    const newYear = `${year}-01-01`;
    const christmas = weekdayOf(`${year}-12-25`);
    // A day of Christmas on a weekend is replaced by the next weekday that is no holiday.
    const christmasDays = christmas === SATURDAY ? [27, 28] : christmas === SUNDAY ? [26, 27] : [25, 26];
    if (christmas === FRIDAY) christmasDays[1] = 28;
    return [
      shifted(newYear, { [SATURDAY]: 2, [SUNDAY]: 1 }[weekdayOf(newYear)] ?? 0),
      shifted(easter(year), -2),
      shifted(easter(year), 1),
      nth(year, 5, MONDAY, 1),
      last(year, 5, MONDAY),
      last(year, 8, MONDAY),
      ...christmasDays.map((day) => `${year}-12-${day}`),
    ];
  });
  expect(closedWeekdays('XLON')).toEqual(sorted([...once, ...holidays.map((date) => moved[date] ?? date)]));
});

it('XLON closes at 12:30 on the last trading day before Christmas and of the year, and on no other day since 1993', () => {
  const dates = datesOf('XLON', 1993);
  const rule = yearsFrom(1993).flatMap((year) => [
    dates.findLast((date) => date < `${year}-12-25`)!,
    dates.findLast((date) => date < `${year + 1}-01-01`)!,
  ]);
  const wholeDay = '1999-12-30'; // the day after it was a bank holiday
  const expected = rule.filter((date) => date !== wholeDay).map((date) => `${date} 12:30`);
  expect(unusual('XLON', 'close', '16:30', 1993)).toEqual(expected);
});

it('XLON never opens late, and XNYS has since 1996 only after attacks, a blizzard, and for minutes of silence', () => {
  expect(unusual('XLON', 'open', '08:00', 1990)).toEqual([]);
  expect(unusual('XNYS', 'open', '09:30', 1996)).toEqual([
    '1996-01-08 11:00',
    '2001-09-17 09:33',
    '2001-10-08 09:31',
    '2002-09-11 12:00',
    '2003-03-20 09:32',
    '2004-06-07 09:32',
    '2006-12-27 09:32',
  ]);
});

/** Whether daylight saving time holds at the opens of a date: in the United States since 1987, in Europe since 1996. */
const IS_SUMMER = {
  us(date: string) {
    const year = Number(date.slice(0, 4));
    const [from, to] =
      year < 2007
        ? [nth(year, 4, SUNDAY, 1), last(year, 10, SUNDAY)]
        : [nth(year, 3, SUNDAY, 2), nth(year, 11, SUNDAY, 1)];
    return date >= from && date < to;
  },
  europe(date: string) {
    const year = Number(date.slice(0, 4));
    return date >= last(year, 3, SUNDAY) && date < last(year, 10, SUNDAY);
  },
  never: () => false,
};

it.each([
  { id: 'XNYS', end: 'close', zone: 'us', winter: 21 * 60, firstYear: 1996 },
  { id: 'XLON', end: 'open', zone: 'europe', winter: 8 * 60, firstYear: 1996 },
  { id: 'XTKS', end: 'open', zone: 'never', winter: 0, firstYear: 1998 },
  { id: 'FX', end: 'open', zone: 'us', winter: -2 * 60, firstYear: 1996 }, // 17:00 on the evening before
  { id: 'FX', end: 'close', zone: 'us', winter: 22 * 60, firstYear: 1996 },
  { id: 'CMES', end: 'open', zone: 'us', winter: -60, firstYear: 2013 },
] as const)(
  'the $end of $id is $winter minutes after midnight UTC in winter, and an hour earlier in daylight saving time',
  ({ id, end, zone, winter, firstYear }) => {
    const days = calendarNamed(id).tradingDays(`${firstYear}-01-01`, '2027-12-31');
    const wrong = days.filter(({ date, segments }) => {
      const time = end === 'open' ? segments[0]!.open : segments.at(-1)!.close;
      const minute = (time - Date.parse(date)) / MINUTE_MS + (IS_SUMMER[zone](date) ? 60 : 0);
      // A change of the clocks on a wrong date is an hour. Other differences are late opens and early closes, which the tests above list.
      return Math.abs(minute - winter) === 60;
    });
    expect(days.length).toBeGreaterThan(3_000);
    expect(wrong.map(({ date }) => date)).toEqual([]);
  },
);

it('XTKS has a lunch break of an hour at 02:30 UTC on each day since 2012', () => {
  const days = calendarNamed('XTKS').tradingDays('2012-01-01', '2027-12-31');
  const breaks = new Set(
    days.map(({ date, segments: [morning, afternoon, ...others] }) => {
      const minutes = [morning!.close, afternoon!.open].map((time) => (time - Date.parse(date)) / MINUTE_MS);
      return [...minutes, others.length].join(' ');
    }),
  );
  expect([...breaks]).toEqual(['150 210 0']);
});

it('each day of FX has 24 hours, because the clocks change when it is closed, and a week has five days', () => {
  const days = calendarNamed('FX').tradingDays('1990-01-01', '2027-12-31');
  expect(new Set(days.map(({ segments }) => segments[0]!.close - segments[0]!.open))).toEqual(new Set([DAY_MS]));
  expect(days.map(({ date }) => date)).toEqual(
    Array.from({ length: 38 * 366 }, (_, day) => shifted('1990-01-01', day)).filter(
      (date) => date <= '2027-12-31' && !isWeekend(date),
    ),
  );
});

it('24/7 has 365 days a year, and 366 in a leap year, from 1970 to 2099', () => {
  const calendar = calendarNamed('24/7');
  for (let year = 1970; year < 2100; year++) {
    const days = calendar.tradingDays(`${year}-01-01`, `${year}-12-31`);
    expect(days).toHaveLength(year % 4 === 0 ? 366 : 365); // no century in between is without a leap day
    expect(days[0]!.segments).toEqual([{ open: Date.UTC(year, 0, 1), close: Date.UTC(year, 0, 2) }]);
  }
  expect(() => calendar.tradingDay('2100-01-01')).toThrow('from 1970-01-01 to 2099-12-31');
  expect(['1900-02-29', '2000-02-29', '2096-02-29', '2100-02-29'].map(isDate)).toEqual([false, true, true, false]);
});
