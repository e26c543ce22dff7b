import { isoTime, parseTime } from './parameters.js';

describe('parseTime', () => {
  const open = Date.UTC(2013, 9, 7, 13, 30);
  it.each([
    ['2013-10-07T13:30:00Z', open],
    ['2013-10-07T13:30Z', open],
    ['2013-10-07T13:30:00.000Z', open],
    ['2013-10-07T09:30:00-04:00', open],
    ['2013-10-07T15:30:00 02:00', open], // an unescaped + in a query string
    [String(open), open],
    ['2013-10-07', Date.UTC(2013, 9, 7)],
    ['1969-12-31', -86_400_000], // before 1970: as text, any date is valid
    ['631152000000', Date.UTC(1990, 0)], // the smallest number
  ])('takes %s', (text, ms) => expect(parseTime(text)).toBe(ms));

  it.each([
    '',
    'now',
    '2013-10-07T13:30:00', // without a zone
    '2013-02-30',
    '2013-13-01T00:00:00Z',
    '1e9',
    '0',
    '-1000',
    '1709251200', // seconds of 2024
    '631151999999', // milliseconds, one before the smallest number
    '99999999999999999',
    '883612800000000', // microseconds of 1998
    '1709251200000000000', // nanoseconds of 2024
    '07.10.2013',
  ])('refuses %p', (text) => expect(parseTime(text)).toBeUndefined());

  it('is undone by isoTime', () => expect(parseTime(isoTime(open))).toBe(open));
});
