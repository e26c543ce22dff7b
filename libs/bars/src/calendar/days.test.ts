import { calendarNamed } from './book.js';
import { Calendar, CalendarRangeError, ExtendedHoursError } from './days.js';
import { parseCalendar } from './parse.js';
import { CalendarDateError } from './time.js';

const datesOf = (days: readonly { date: string }[]) => days.map(({ date }) => date);

/** A calendar file: Mondays in New York. */
const venue = {
  id: 'TEST',
  name: 'A venue for tests',
  zone: 'America/New_York',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [{ from: '2024-01-01', weekdays: ['Mon'], segments: [{ open: '09:30', close: '16:00' }] }],
};

describe('trading days', () => {
  const xnys = calendarNamed('XNYS');

  it('a range includes both its dates, without weekends and days on which the venue is closed', () => {
    const withWeekend = ['2013-10-11', '2013-10-14', '2013-10-15'];
    expect(datesOf(xnys.tradingDays('2013-10-11', '2013-10-15'))).toEqual(withWeekend);
    const afterHurricane = ['2012-10-31'];
    expect(datesOf(xnys.tradingDays('2012-10-27', '2012-10-31'))).toEqual(afterHurricane);
    expect(xnys.tradingDays('2013-10-12', '2013-10-13')).toEqual([]); // a weekend
  });

  it('a range whose last date is before its first one is empty', () => {
    expect(xnys.tradingDays('2013-10-15', '2013-10-11')).toEqual([]);
  });

  it('tradingDaysBefore returns the newest days before a date, oldest first', () => {
    expect(datesOf(xnys.tradingDaysBefore('2013-10-09', 3))).toEqual(['2013-10-04', '2013-10-07', '2013-10-08']);
    expect(datesOf(xnys.tradingDaysBefore('2014-06-08', 1, 'extended'))).toEqual(['2014-06-06']);
    expect(xnys.tradingDaysBefore('2013-10-09', 0)).toEqual([]);
  });

  it('tradingDaysBefore returns fewer days than requested near the first known date', () => {
    expect(datesOf(xnys.tradingDaysBefore('1990-01-04', 5))).toEqual(['1990-01-02', '1990-01-03']);
  });

  it.each([
    ['the first minute of the evening before', 'CMES', '2024-03-04T23:00Z', ['2024-03-05']],
    ['the last minute', 'CMES', '2024-03-05T21:59Z', ['2024-03-05']],
    ['the break between two days', 'CMES', '2024-03-05T22:00Z', []],
    ['an open on the date before in UTC', 'XASX', '2024-03-04T23:00Z', ['2024-03-05']],
  ])('the day of a bar in %s is found', (_what, id, time, dates) => {
    expect(datesOf(calendarNamed(id).tradingDaysOf(Date.parse(time), Date.parse(time)))).toEqual(dates);
  });

  it('the day of a bar is found when its date is two days after the date of the bar in UTC', () => {
    const segments = [{ open: '06:00-1d', close: '05:30' }];
    const hours = [{ from: '2024-01-01', weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'], segments }];
    const auckland = parseCalendar({ ...venue, zone: 'Pacific/Auckland', hours });
    const time = Date.parse('2024-03-05T17:00Z'); // 06:00 on 6 March in Auckland
    expect(datesOf(auckland.tradingDaysOf(time, time))).toEqual(['2024-03-07']);
  });

  it('tradingDaysOf returns the known days that trade at some time of the range', () => {
    const times = (first: string, last: string) => datesOf(xnys.tradingDaysOf(Date.parse(first), Date.parse(last)));
    expect(times('2013-10-11T20:00Z', '2013-10-15T13:29Z')).toEqual(['2013-10-14']);
    expect(times('2013-10-11T19:59Z', '2013-10-15T13:30Z')).toEqual(['2013-10-11', '2013-10-14', '2013-10-15']);
    expect(times('1980-01-01T00:00Z', '1990-01-02T20:00Z')).toEqual(['1990-01-02']);
    expect(times('1980-01-01T00:00Z', '1981-01-01T00:00Z')).toEqual([]);
    expect(times('2027-12-31T00:00Z', '+056143-01-01T00:00Z')).toEqual(['2027-12-31']);
    expect(times('-000001-01-01T00:00Z', '1990-01-02T20:00Z')).toEqual(['1990-01-02']);
  });

  it('tradingDaysBefore returns no day before 1970, although the calendar has such days', () => {
    const hours = [{ ...venue.hours[0]!, from: '1960-01-01' }];
    const old = parseCalendar({ ...venue, firstDate: '1960-01-01', hours });
    expect(datesOf(old.tradingDaysBefore('1970-01-19', 5))).toEqual(['1970-01-05', '1970-01-12']);
    expect(old.tradingDay('1969-12-29')).toBeDefined();
  });

  it('the same day is the same frozen object each time', () => {
    const day = xnys.tradingDay('2013-10-04');
    expect(xnys.tradingDays('2013-10-04', '2013-10-04')[0]).toBe(day);
    expect(Object.isFrozen(day) && Object.isFrozen(day?.segments) && Object.isFrozen(day?.segments[0])).toBe(true);
  });

  it('a date outside the known range throws an error that names the range', () => {
    expect(() => xnys.tradingDay('1989-12-29')).toThrow(CalendarRangeError);
    expect(() => xnys.tradingDays('2028-12-29', '2029-01-02')).toThrow(
      'expected a date from 1990-01-01 to 2027-12-31, the limits of calendar XNYS, was 2029-01-02',
    );
    expect(() => xnys.tradingDaysBefore('2029-01-02', 1)).toThrow(CalendarRangeError);
  });

  it.each(['2013-02-30', '2013-1-02', '20130102', '', '2013-10-04T00:00:00Z', '2013-13-01'])(
    '%j is not a date',
    (date) => {
      expect(() => xnys.tradingDay(date)).toThrow(CalendarDateError);
    },
  );

  it('extended hours of a venue that has none throw, also on a holiday', () => {
    expect(calendarNamed('XLON').hasExtendedHours).toBe(false);
    expect(() => calendarNamed('XLON').tradingDay('2013-12-25', 'extended')).toThrow(ExtendedHoursError);
    expect(() => calendarNamed('24/7').tradingDays('2018-01-01', '2018-01-02', 'extended')).toThrow(
      'expected hours "regular", as calendar 24/7 has no extended hours, was "extended"',
    );
  });
});

describe('hours in wall time', () => {
  /** A calendar with these segments, on Sundays by default, because New York changes its clocks on one. */
  const calendarWith = (segments: { open: string; close: string }[], weekdays = ['Sun']): Calendar =>
    parseCalendar({ ...venue, hours: [{ from: '2024-01-01', weekdays, segments }] });
  /** Sundays on which the clocks go forward, do not change, and go back. */
  const [FORWARD, USUAL, BACK] = ['2024-03-10', '2024-03-17', '2024-11-03'];
  /** The length of each segment in hours. */
  const hoursOf = (calendar: Calendar, date: string) =>
    calendar.tradingDay(date)?.segments.map(({ open, close }) => (close - open) / 3_600_000);

  it('a whole day has 23 hours when the clocks go forward and 25 when they go back', () => {
    const calendar = calendarWith([{ open: '00:00', close: '24:00' }]);
    expect(hoursOf(calendar, FORWARD)).toEqual([23]);
    expect(hoursOf(calendar, USUAL)).toEqual([24]);
    expect(hoursOf(calendar, BACK)).toEqual([25]);
  });

  it('a segment within the skipped hour is left out, and a day with no other segment is no trading day', () => {
    const skipped = { open: '02:10', close: '02:50' };
    expect(hoursOf(calendarWith([skipped, { open: '03:00', close: '04:00' }]), FORWARD)).toEqual([1]);
    const calendar = calendarWith([skipped]);
    expect(calendar.tradingDay(FORWARD)).toBeUndefined();
    expect(hoursOf(calendar, USUAL)).toEqual([2 / 3]);
    expect(calendar.countTradingDays('2024-03-03', USUAL)).toBe(2); // of three Sundays
  });

  it('a day can begin on the evening before', () => {
    const day = calendarWith([{ open: '17:00-1d', close: '12:00' }], ['Wed']).tradingDay('2024-06-05');
    expect(day).toMatchObject({ date: '2024-06-05', segments: [{ open: Date.parse('2024-06-04T21:00Z') }] });
  });

  it('a day can end on the morning after', () => {
    const day = calendarWith([{ open: '18:00', close: '02:00+1d' }], ['Wed']).tradingDay('2024-06-05');
    expect(day).toMatchObject({ date: '2024-06-05', segments: [{ close: Date.parse('2024-06-06T06:00Z') }] });
  });

  it('an entry of the normal week applies until the next one begins; special days and holidays take precedence', () => {
    const calendar = parseCalendar({
      ...venue,
      hours: [
        ...venue.hours,
        { from: '2024-06-04', weekdays: ['Mon', 'Tue'], segments: [{ open: '10:00', close: '11:00' }] },
      ],
      specialDays: [
        { name: 'a late open', segments: [{ open: '12:00', close: '14:00' }], dates: ['2024-06-11', '2024-06-15'] },
      ],
      holidays: ['2024-06-17'],
    });
    /** The length of the first segment in hours, by date. */
    const lengths = {
      '2024-05-28': undefined, // a Tuesday, on which the first entry has no hours
      '2024-06-03': 6.5, // a Monday of the first entry
      '2024-06-04': 1, // a Tuesday and a Monday of the second entry
      '2024-06-10': 1,
      '2024-06-11': 2, // the special days, a Tuesday and a Saturday
      '2024-06-15': 2,
      '2024-06-17': undefined, // the holiday, a Monday
    };
    const found = Object.keys(lengths).map((date) => [date, hoursOf(calendar, date)?.[0]]);
    expect(Object.fromEntries(found)).toEqual(lengths);
  });
});
