import { areMostlyApart, shortSpacingOf, spacingOf } from './spacing.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Times on ten days. @param minutes of each day; 570 is 09:30 */
const onTenDays = (...minutes: number[]): number[] =>
  Array.from({ length: 10 }, (_, day) => minutes.map((minute) => day * DAY_MS + minute * MINUTE_MS)).flat();
const minutesOf = (ms: number | undefined): number | undefined => ms && ms / MINUTE_MS;

it('spacingOf finds the spacing of bars also when the break at noon is no multiple of it', () => {
  expect(minutesOf(spacingOf(onTenDays(570, 630, 690, 780, 840, 900)))).toBe(60); // Hong Kong
  expect(minutesOf(spacingOf(onTenDays(540, 600, 660, 750, 810, 870)))).toBe(60); // Tokyo
  expect(minutesOf(spacingOf(onTenDays(570, 630, 780, 840)))).toBe(60); // Shanghai
  expect(minutesOf(spacingOf(onTenDays(570, 630, 780, 840).slice(1, -2)))).toBe(60); // from 10:30 to 10:30
  expect(minutesOf(spacingOf(onTenDays(570, 600, 630, 660, 690, 780, 810)))).toBe(30);
});

it('spacingOf finds the spacing of two bars a day also when daylight saving time begins', () => {
  const winter = onTenDays(570, 810);
  const summer = winter.map((time) => time + 10 * DAY_MS - 60 * MINUTE_MS);
  expect(minutesOf(spacingOf([...winter, ...summer]))).toBe(240);
});

it('spacingOf returns the common divisor when bars are missing', () => {
  // Minutes 0 and 5, then every tenth minute from 15 on.
  const times = [0, 5, ...Array.from({ length: 25 }, (_, index) => 15 + 10 * index)];
  expect(minutesOf(spacingOf(times.map((minute) => minute * MINUTE_MS)))).toBe(5);
});

it('shortSpacingOf knows the spacing of two bars when it is a minute, and not when it is five', () => {
  expect(shortSpacingOf([0, MINUTE_MS])).toBe(MINUTE_MS);
  expect(shortSpacingOf([0, 5 * MINUTE_MS])).toBeUndefined();
});

it('areMostlyApart is true when only the last bar of each day is shorter', () => {
  const closes = onTenDays(630, 690, 750, 810, 870, 930, 960); // New York: the last bar has 30 minutes
  expect(areMostlyApart(closes, 60 * MINUTE_MS)).toBe(true);
  expect(areMostlyApart(closes, 30 * MINUTE_MS)).toBe(false);
  expect(areMostlyApart(onTenDays(570, 600, 660, 690, 720, 810), 60 * MINUTE_MS)).toBe(false);
});
