import { areMostlyApart, shortSpacingOf, spacingOf } from './spacing.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** These times of each of ten days. @param texts such as `09:30` */
function onTenDays(...texts: string[]): number[] {
  const times = texts.map((text) => Date.parse(`1970-01-01T${text}Z`));
  return Array.from({ length: 10 }, (_, day) => times.map((time) => day * DAY_MS + time)).flat();
}
const minutesOf = (ms: number | undefined): number | undefined => ms && ms / MINUTE_MS;

it('spacingOf finds the spacing of bars also when the break at noon is no multiple of it', () => {
  const inHongKong = onTenDays('09:30', '10:30', '11:30', '13:00', '14:00', '15:00');
  const inTokyo = onTenDays('09:00', '10:00', '11:00', '12:30', '13:30', '14:30');
  const inShanghai = onTenDays('09:30', '10:30', '13:00', '14:00');
  const withinDays = inShanghai.slice(1, -2); // begins and ends within a day, at 10:30
  for (const times of [inHongKong, inTokyo, inShanghai, withinDays]) expect(minutesOf(spacingOf(times))).toBe(60);
  const halfHours = onTenDays('09:30', '10:00', '10:30', '11:00', '11:30', '13:00', '13:30');
  expect(minutesOf(spacingOf(halfHours))).toBe(30);
});

it('spacingOf finds the spacing of two bars a day also when daylight saving time begins', () => {
  const winter = onTenDays('09:30', '13:30');
  const summer = winter.map((time) => time + 10 * DAY_MS - 60 * MINUTE_MS);
  expect(minutesOf(spacingOf([...winter, ...summer]))).toBe(240);
});

it('spacingOf returns the common divisor when bars are missing', () => {
  // Minutes 0 and 5, then every tenth minute from 15 on.
  const times = [0, 5, ...Array.from({ length: 25 }, (_, index) => 15 + 10 * index)];
  expect(minutesOf(spacingOf(times.map((minute) => minute * MINUTE_MS)))).toBe(5);
});

it('shortSpacingOf takes two bars that are a minute apart for bars of a minute; five minutes may be a hole', () => {
  expect(shortSpacingOf([0, MINUTE_MS])).toBe(MINUTE_MS);
  expect(shortSpacingOf([0, 5 * MINUTE_MS])).toBeUndefined();
});

it('areMostlyApart is true when only the last bar of each day is shorter', () => {
  const closesInNewYork = onTenDays('10:30', '11:30', '12:30', '13:30', '14:30', '15:30', '16:00');
  expect(areMostlyApart(closesInNewYork, 60 * MINUTE_MS)).toBe(true);
  expect(areMostlyApart(closesInNewYork, 30 * MINUTE_MS)).toBe(false);
  const halfHoursWithHoles = onTenDays('09:30', '10:00', '11:00', '11:30', '12:00', '13:30');
  expect(areMostlyApart(halfHoursWithHoles, 60 * MINUTE_MS)).toBe(false);
});
