import { isoTime, parseTime, symbolList } from './parameters.js';

describe('parseTime', () => {
  const time = Date.UTC(2013, 9, 7, 13, 30);
  it.each([
    ['2013-10-07T13:30:00Z', time],
    ['2013-10-07T13:30Z', time],
    ['2013-10-07T13:30:00.000Z', time],
    ['2013-10-07T09:30:00-04:00', time],
    ['2013-10-07T15:30:00 02:00', time], // a + that the query string did not escape
    [String(time), time],
    ['2013-10-07', Date.UTC(2013, 9, 7)],
    ['1969-12-31', -86_400_000], // before 1970 is valid as text, not as a number
    ['631152000000', Date.UTC(1990, 0)], // the smallest number that counts as milliseconds: smaller ones are probably seconds
  ])('takes %s', (text, ms) => expect(parseTime(text)).toBe(ms));

  it.each([
    '',
    'now',
    '2013-10-07T13:30:00', // without a zone
    '2013-02-30',
    '2013-13-01T00:00:00Z',
    '1e9', // not only digits
    '-1000',
    '0', // this and the next two are below the smallest number
    '1709251200', // seconds of 2024
    '631151999999',
    '99999999999999999', // above the largest time
    '883612800000000', // microseconds of 1998
    '1709251200000000000', // nanoseconds of 2024
    '07.10.2013',
  ])('refuses %p', (text) => expect(parseTime(text)).toBeUndefined());

  it('is undone by isoTime', () => expect(parseTime(isoTime(time))).toBe(time));
});

test('a list of symbols has each symbol once', () => {
  expect(symbolList.parse('SPY,IBM,SPY,BRK/B')).toEqual(['SPY', 'IBM', 'BRK/B']);
  expect(symbolList.safeParse('SPY,,IBM').success).toBe(false);
});
