/** The times of rows: the forms of text that are read, and the zone and the unit in which they are read. */
import { midnightOf } from './iso-time.js';
import { timeParser } from './row-time.js';
import { WallClock } from './wall-time.js';

/** The time of a text as ISO 8601, or the reason of its refusal. @param zone of texts that have none */
const read = (text: string, format = 'auto', zone = 'UTC'): unknown => {
  // The digits around the text would change the time if they were read, too.
  const bytes = Buffer.from(`1${text}1`);
  const time = timeParser(format, new WallClock(zone))(bytes, 1, bytes.length - 1);
  return typeof time === 'number' ? new Date(time).toISOString() : time;
};
const newYork = (text: string, format = 'auto'): unknown => read(text, format, 'America/New_York');
/** 09:30 in New York: 1380893400 as epoch seconds. */
const NINE_THIRTY = '2013-10-04T13:30:00.000Z';

describe('the time of a row', () => {
  it.each([
    ['2013-10-04T13:30:00Z'],
    ['2013-10-04 13:30'],
    ['2013/10/04 13:30:00'],
    ['2013-10-04T13:30:00.000000Z'],
    ['2013-10-04T09:30:00-04:00'],
    ['2013-10-04T09:30-0400'],
    ['2013-10-04T15:30:00+02'],
    ['1380893400'],
    ['1380893400.0'],
    ['1380893400000'],
    ['1380893400000000'],
    ['1380893400000000000'],
    ['2013.10.04 13:30'],
    ['2013-10-04 13:30:00 +00:00'],
    ['201310041330'],
    ['20131004133000'],
    ['20131004 133000'],
    ['20131004  13:30:00'],
    ['20131004-13:30:00'],
    ['20131004 09:30:00 US/Eastern'],
    ['2013-10-04 09:30:00 America/New_York'],
    ['2013-10-04T19:00:00+05:30'],
    ['2013-10-05 00:30:00+1100'],
    ['20131004T133000Z'],
    ['20131004T133000.000Z'],
    ['20131004133000000'], // with three digits of milliseconds
    ['20131004 083000 -0500'],
    ['1.3808934E9'],
    ['1380893400000.0'],
    ['+1380893400'],
  ])('is read from %s', (text) => expect(read(text)).toBe(NINE_THIRTY));

  it('is read in the given zone when the text has none', () => {
    expect(newYork('2013-10-04 09:30:00')).toBe(NINE_THIRTY);
    expect(newYork('2013-12-04 09:30:00')).toBe('2013-12-04T14:30:00.000Z'); // in winter
    expect(newYork('2013-10-04T13:30:00Z')).toBe(NINE_THIRTY); // Z is a zone
  });

  it('is the next midnight at 24:00, and unreadable at a later hour', () => {
    for (const text of ['2013-10-04 24:00', '2013-10-04T24:00:00Z', '20131004 240000', '201310042400'])
      expect({ text, time: read(text) }).toEqual({ text, time: '2013-10-05T00:00:00.000Z' });
    expect(read('04.10.2013 24:00', 'dd.MM.yyyy HH:mm')).toBe('2013-10-05T00:00:00.000Z');
    for (const text of ['2013-10-04 24:01', '20131004 240100', '2013-10-04 25:00'])
      expect({ text, time: read(text) }).toEqual({ text, time: 'unreadable-time' });
  });

  // A number is an epoch in s, ms, us or ns. The unit is found by the year that it gives: 1990 or later.
  it('is unreadable in the unit that the user gives when only another unit gives such a year', () => {
    expect(read('1380893400', 'ms')).toBe('unreadable-time');
    expect(read('1380893400000', 's')).toBe('unreadable-time');
    expect(read('1380893400', 's')).toBe(NINE_THIRTY);
  });

  it('is read in the unit that the user gives when no unit gives such a year', () => {
    expect(read('60', 'ms')).toBe('1970-01-01T00:00:00.060Z');
    expect(read('60', 's')).toBe('1970-01-01T00:01:00.000Z');
    expect(read('478794600', 's')).toBe('1985-03-04T14:30:00.000Z');
  });

  it('is rounded to a millisecond', () => {
    expect(read('2013-10-04 13:29:59.999997')).toBe(NINE_THIRTY);
    expect(read('1380893399999999744')).toBe(NINE_THIRTY);
    expect(read('1380893400000000.0', 'us')).toBe(NINE_THIRTY);
    expect(read('1380893399.999997')).toBe(NINE_THIRTY);
    expect(read('138089340000000.', 'us')).toBe('1974-05-18T06:09:00.000Z'); // a point without a fraction
  });

  it('is not rounded up to the next second when its fraction has only nines, as the end of a bar has', () => {
    const lastMs = '2013-10-04T13:29:59.999Z';
    const numbers = ['1380893399999999', '1380893399.999999', '1380893399999.999'];
    for (const text of ['2013-10-04 13:29:59.999', '2013-10-04T13:29:59.9999999Z', ...numbers])
      expect({ text, time: read(text) }).toEqual({ text, time: lastMs });
    for (const format of ['auto', 'ns']) expect(read('1380893399999999999', format)).toBe(lastMs);
    expect(read('1380893399999999', 'us')).toBe(lastMs);
    expect(read('1380893399.999999', 's')).toBe(lastMs);
  });

  it('may have an hour of one digit', () => {
    expect(newYork('20131004 930')).toBe(NINE_THIRTY);
    expect(newYork('20131004 93000')).toBe(NINE_THIRTY);
    expect(newYork('10/04/2013 930', 'MM/dd/yyyy Hmm')).toBe(NINE_THIRTY);
    expect(read('10/04/2013 1330', 'MM/dd/yyyy Hmm')).toBe(NINE_THIRTY);
  });

  it('is unreadable with an offset or an abbreviation that no zone has', () => {
    for (const text of ['2013-10-04T13:30:00+25:00', '2013-10-04T13:30:00+05:99', '2013-10-04 13:30:00 BST'])
      expect({ text, time: read(text) }).toEqual({ text, time: 'unreadable-time' });
    expect(read('04.10.2013 13:30 +2500', 'dd.MM.yyyy HH:mm ZZZ')).toBe('unreadable-time');
  });

  it('cannot be read in a zone whose abbreviation has several meanings', () => {
    for (const zone of ['BST', 'IST', 'CST', 'AST'])
      expect(() => new WallClock(zone)).toThrow('expected an IANA time zone');
    expect(new WallClock('EST').toUtc(0)).toBe(5 * 3_600_000);
  });

  it('is read by the pattern that the user gives', () => {
    expect(newYork('10/04/2013 09:30', 'MM/dd/yyyy HH:mm')).toBe(NINE_THIRTY);
    expect(read('20131004 093000 -0400', 'yyyyMMdd HHmmss ZZZ')).toBe(NINE_THIRTY);
  });

  it('cannot be read by a pattern without a year, a month or a day', () => {
    expect(() => timeParser('MM/dd HH:mm', new WallClock('UTC'))).toThrow(
      'expected a pattern with year, month and day',
    );
  });

  it('is read by patterns with digits, literals, offsets, AM or PM, and names of months', () => {
    expect(read('4.10.2013 13:30:00.000', 'd.MM.yyyy HH:mm:ss.SSS')).toBe(NINE_THIRTY);
    expect(read('04.10.2013 15:30:00.000 GMT+0200', "dd.MM.yyyy HH:mm:ss.SSS 'GMT'ZZZ")).toBe(NINE_THIRTY);
    expect(read('10/4/13 1:30 PM', 'M/d/yy h:mm a')).toBe(NINE_THIRTY);
    expect(read('10/4/13 pm 1:30', 'M/d/yy a h:mm')).toBe(NINE_THIRTY);
    expect(read('10/4/13 pm 13:30', 'M/d/yy a h:mm')).toBe('unreadable-time');
    expect(read('Oct 4 2013 13:30', 'MMM d yyyy HH:mm')).toBe(NINE_THIRTY);
    expect(newYork('10/04/2013 0930', 'MM/dd/yyyy HHmm')).toBe(NINE_THIRTY);
    expect(read('10/04/2013 13:30 ', 'MM/dd/yyyy HH:mm')).toBe(NINE_THIRTY);
  });

  it.each(['13/04/2013 09:30', '10/04/2013 09:3', '02/30/2013 09:30', '10/04/2013 24:30'])(
    'is unreadable when it does not fit its pattern or does not exist: %s',
    (text) => expect(read(text, 'MM/dd/yyyy HH:mm')).toBe('unreadable-time'),
  );

  it.each([
    ['2013-10-04', 'date-without-time'],
    ['20131004', 'date-without-time'],
    ['2013.10.04', 'date-without-time'],
    ['41551.5625', 'excel-serial'],
    ['638451594000000000', 'unreadable-time'], // ticks of .NET
    ['45360', 'excel-serial'],
  ])('is not guessed from a number or a date alone: %s is %s', (text, problem) => expect(read(text)).toBe(problem));

  it.each([
    [''],
    ['2013-02-30T13:30:00Z'],
    ['2013-13-04T13:30:00Z'],
    ['2013-10-04T24:30'],
    ['2013-10-04T13:60'],
    ['2013-10-04T13:30:61'],
    ['2013-10-04T13:30:00X'],
    ['2013-10-04T13:30:00+'],
    ['2013-10-04T13:30:0'],
    ['2013-10-04T13:30:00.'],
    ['2013-10-04T13:30:00ZZ'],
    ['yesterday'],
    ['04/10/2013 13:30'],
    ['60'],
    ['99999999999999999999'],
    ['201313041330'],
  ])('is unreadable: "%s"', (text) => expect(read(text)).toBe('unreadable-time'));
});

describe('a time without an offset, around a change of daylight saving', () => {
  it('is refused in the hour that the zone skips', () => {
    expect(newYork('2013-03-10 01:59')).toBe('2013-03-10T06:59:00.000Z');
    expect(newYork('2013-03-10 02:00')).toBe('skipped-by-dst');
    expect(newYork('2013-03-10 02:59')).toBe('skipped-by-dst');
    expect(newYork('2013-03-10 03:00')).toBe('2013-03-10T07:00:00.000Z');
  });

  it('is refused in the hour that the zone repeats', () => {
    expect(newYork('2013-11-03 00:59')).toBe('2013-11-03T04:59:00.000Z');
    expect(newYork('2013-11-03 01:00')).toBe('ambiguous-by-dst');
    expect(newYork('2013-11-03 01:59')).toBe('ambiguous-by-dst');
    expect(newYork('2013-11-03 02:00')).toBe('2013-11-03T07:00:00.000Z');
  });

  it('is refused only in the repeated half hour of a zone that changes by half an hour', () => {
    expect(read('2023-04-02 01:29', 'auto', 'Australia/Lord_Howe')).toBe('2023-04-01T14:29:00.000Z');
    expect(read('2023-04-02 01:30', 'auto', 'Australia/Lord_Howe')).toBe('ambiguous-by-dst');
    expect(read('2023-04-02 02:00', 'auto', 'Australia/Lord_Howe')).toBe('2023-04-01T15:30:00.000Z');
  });

  it('cannot be read in a zone that does not exist', () =>
    expect(() => new WallClock('America/NewYork')).toThrow('IANA time zone'));
});

describe('the midnight of a date', () => {
  it('is the same as that of Date for every day of four centuries', () => {
    const wrong: string[] = [];
    for (let ms = Date.UTC(1800, 0, 1); ms < Date.UTC(2201, 0, 1); ms += 86_400_000) {
      const date = new Date(ms);
      if (midnightOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()) !== ms)
        wrong.push(date.toISOString());
    }
    expect(wrong).toEqual([]);
  });

  it('is not a number for a date that does not exist', () => {
    for (const [year, month, day] of [
      [2023, 2, 29],
      [1900, 2, 29],
      [2024, 2, 30],
      [2024, 4, 31],
      [2024, 13, 1],
      [2024, 0, 1],
      [2024, 1, 0],
      [2024, 1, -1],
    ] as const)
      expect(midnightOf(year, month, day)).toBeNaN();
    expect(midnightOf(2000, 2, 29)).toBe(Date.UTC(2000, 1, 29));
  });
});
