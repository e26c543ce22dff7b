/** Dates and times of day, without a Date object: a million rows have a million dates. Pure. */

const DAY_MS = 86_400_000;
/** Days before each month of a year that begins in March. */
const DAYS_BEFORE = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468;

/** Midnight UTC of a date of the Gregorian calendar, epoch ms; NaN for a date that does not exist. @param month from 1 */
export function midnightOf(year: number, month: number, day: number): number {
  const isLeapDay = month === 2 && day === 29 && (year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0));
  if (!(day >= 1 && (day <= DAYS_IN_MONTH[month - 1]! || isLeapDay))) return Number.NaN;
  const marchYear = month > 2 ? year : year - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return (marchYear * 365 + leapDays + DAYS_BEFORE[month - 1]! + day - 1 - EPOCH_DAY) * DAY_MS;
}

/** The wall time after a midnight, as if it were UTC; NaN for a time of day that does not exist. 24:00 is the end of the day. */
export function wallTimeOf(midnight: number, hour: number, minute: number, second: number, ms: number): number {
  const exists = hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
  if (!exists || (hour === 24 && minute + second + ms > 0)) return Number.NaN;
  return midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
}
