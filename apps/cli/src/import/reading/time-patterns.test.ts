/** The patterns that a refusal suggests read the times of their file. */
import { timeParser, WallClock } from '../times/index.js';
import { timePatterns } from './time-patterns.js';

const TIME = Date.UTC(2024, 2, 4, 14, 30);

it.each([
  ['04.03.2024 14:30:00', ['d.M.yyyy H:mm:ss']],
  ['4.3.24 14:30', ['d.M.yy H:mm']],
  ['2024/3/4 14:30:00.000000', ['yyyy/M/d H:mm:ss.u']],
  ['2024/3/4T14:30:00.000', ["yyyy/M/d'T'H:mm:ss.SSS"]],
  ['3/4/2024 02:30:00 PM', ['M/d/yyyy h:mm:ss a', 'd/M/yyyy h:mm:ss a']],
  ['03-04-2024 2:30PM', ['M-d-yyyy h:mma', 'd-M-yyyy h:mma']],
])('%s is read by a suggested pattern', (text, patterns) => {
  expect(timePatterns(text)).toEqual(patterns);
  const bytes = Buffer.from(text);
  const times = patterns.map((pattern) => timeParser(pattern, new WallClock('UTC'))(bytes, 0, bytes.length));
  expect(times).toContain(TIME);
});

it('only one pattern is suggested when a number above 12 must be the day', () => {
  expect(timePatterns('13/03/2024 14:30')).toEqual(['d/M/yyyy H:mm']);
  expect(timePatterns('03/13/2024 14:30')).toEqual(['M/d/yyyy H:mm']);
});

it.each(['', '4 Mar 2024 14:30', '2024/3/4 14:30 PM', '14:30', '04.03.2024', '1.5'])(
  'no pattern is suggested for "%s"',
  (text) => {
    expect(timePatterns(text)).toEqual([]);
  },
);
