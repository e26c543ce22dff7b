import { CalendarDateError, parseIsoTime } from './time.js';
import { calendarNamed } from './book.js';
import { Calendar, CalendarRangeError, ExtendedHoursError } from './days.js';
import { parseCalendar } from './parse.js';

const datesOf = (days: readonly { date: string }[]) => days.map(({ date }) => date);

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
    const dates = ['2013-10-11', '2013-10-14', '2013-10-15'];
    expect(datesOf(xnys.tradingDays('2013-10-11', '2013-10-15'))).toEqual(dates);
    expect(datesOf(xnys.tradingDays('2012-10-27', '2012-10-31'))).toEqual(['2012-10-31']);
    expect(xnys.tradingDays('2013-10-12', '2013-10-13')).toEqual([]);
    expect(xnys.tradingDays('2013-10-15', '2013-10-11')).toEqual([]);
  });

  it('days before a date are the newest ones, oldest first, without the date itself', () => {
    expect(datesOf(xnys.tradingDaysBefore('2013-10-09', 3))).toEqual(['2013-10-04', '2013-10-07', '2013-10-08']);
    expect(datesOf(xnys.tradingDaysBefore('2014-06-08', 1, 'extended'))).toEqual(['2014-06-06']);
    expect(xnys.tradingDaysBefore('2013-10-09', 0)).toEqual([]);
  });

  it('days before a date are fewer near the first known date', () => {
    expect(datesOf(xnys.tradingDaysBefore('1990-01-04', 5))).toEqual(['1990-01-02', '1990-01-03']);
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

  it('a time on a day that its month does not have is not a time', () => {
    for (const text of ['2023-02-29', '2024-02-30T14:30:00Z', '2024-04-31T23:30:00-05:00', '2024-03-32T00:00:00Z'])
      expect(parseIsoTime(text)).toBeNaN();
    for (const text of ['2024-02-29', '2024-01-31T14:30:00Z', '2024-03-01T00:30:00+05:30'])
      expect(parseIsoTime(text)).toBe(new Date(text).getTime());
  });

  it('extended hours of a venue that has none throw, also on a holiday', () => {
    expect(calendarNamed('XLON').hasExtendedHours).toBe(false);
    expect(() => calendarNamed('XLON').tradingDay('2013-12-25', 'extended')).toThrow(ExtendedHoursError);
    expect(() => calendarNamed('24/7').tradingDays('2018-01-01', '2018-01-02', 'extended')).toThrow(
      'expected hours "regular", as calendar 24/7 has no extended hours, was "extended"',
    );
  });
});

describe('hours in wall time', () => {
  const calendarWith = (segments: { open: string; close: string }[], weekdays = ['Sun']): Calendar =>
    parseCalendar({ ...venue, hours: [{ from: '2024-01-01', weekdays, segments }] });
  /** The length of each segment in hours. */
  const hoursOf = (calendar: Calendar, date: string) =>
    calendar.tradingDay(date)?.segments.map(({ open, close }) => (close - open) / 3_600_000);

  it('a whole day has 23 hours when the clocks go forward and 25 when they go back', () => {
    const calendar = calendarWith([{ open: '00:00', close: '24:00' }]);
    expect(hoursOf(calendar, '2024-03-10')).toEqual([23]);
    expect(hoursOf(calendar, '2024-03-17')).toEqual([24]);
    expect(hoursOf(calendar, '2024-11-03')).toEqual([25]);
  });

  it('a segment within the skipped hour is left out, and a day with no other segment is no trading day', () => {
    const night = { open: '02:10', close: '02:50' };
    expect(hoursOf(calendarWith([night, { open: '03:00', close: '04:00' }]), '2024-03-10')).toEqual([1]);
    expect(calendarWith([night]).tradingDay('2024-03-10')).toBeUndefined();
    expect(calendarWith([night]).countTradingDays('2024-03-03', '2024-03-17')).toBe(2);
    expect(hoursOf(calendarWith([night]), '2024-03-17')).toEqual([2 / 3]);
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
    const dates = ['2024-05-28', '2024-06-03', '2024-06-04', '2024-06-10', '2024-06-11', '2024-06-15', '2024-06-17'];
    // No hours on a Tuesday, the first entry, twice the second one, twice the special day, the holiday.
    expect(dates.map((date) => hoursOf(calendar, date)?.[0])).toEqual([undefined, 6.5, 1, 1, 2, 2, undefined]);
  });
});
