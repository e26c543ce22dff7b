/** Reads ISO 8601 times from bytes, with or without an offset, and computes dates without slow Date objects. */
import { namedClock, type RowTime, type WallClock } from './wall-time.js';

const DAY_MS = 86_400_000;
/** Days before each month, from January on, in a year that begins in March, so that the leap day is its last day. */
const DAYS_BEFORE_MONTH = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468;

/** Midnight UTC of a date of the Gregorian calendar, epoch ms; NaN for a date that does not exist. @param month from 1 */
export function midnightOf(year: number, month: number, day: number): number {
  const isLeapDay = month === 2 && day === 29 && (year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0));
  if (!(day >= 1 && (day <= DAYS_IN_MONTH[month - 1]! || isLeapDay))) return Number.NaN;
  const marchYear = month > 2 ? year : year - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return (marchYear * 365 + leapDays + DAYS_BEFORE_MONTH[month - 1]! + day - 1 - EPOCH_DAY) * DAY_MS;
}

/** A midnight plus a time of day, in ms; NaN for a time of day that does not exist. 24:00 is the end of the day. */
export function wallTimeOf(midnight: number, hour: number, minute: number, second: number, ms: number): number {
  const exists = hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
  if (!exists || (hour === 24 && minute + second + ms > 0)) return Number.NaN;
  return midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
}

const [SPACE, MINUS, PLUS, DOT, COLON, UPPER_T, UPPER_Z] = [32, 45, 43, 46, 58, 84, 90];

/** The widest offset from UTC that a zone has. */
const OFFSET_MAX_MINUTES = 14 * 60;
/** Places in `YYYY-MM-DDTHH:MM`. */
const [YEAR_END, MONTH_END, DAY_END, HOUR_AT, HOUR_END, MINUTE_AT, MINUTE_END] = [4, 7, 10, 11, 13, 14, 16];

/** Reads `YYYY-MM-DD[T| ]HH:MM[:SS[.fraction]]`, with an optional offset or zone. The date may have slashes or dots. */
export function isoTimeAt(bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime {
  const hasSeparators =
    bytes[start + YEAR_END] === bytes[start + MONTH_END] &&
    (bytes[start + DAY_END] === UPPER_T || bytes[start + DAY_END] === SPACE) &&
    bytes[start + HOUR_END] === COLON;
  if (!hasSeparators) return 'unreadable-time';
  let at = start + MINUTE_END;
  // A part that is not a number becomes -1 or NaN; `wallMs` is then NaN.
  let second = 0;
  let ms = 0;
  if (bytes[at] === COLON && at < end) {
    second = digitsAt(bytes, at + 1, 2);
    at += 3;
    if (bytes[at] === DOT && at < end) {
      const count = digitCountAt(bytes, at + 1, end);
      ms = fractionMs(bytes, at + 1, count);
      at += 1 + count;
    }
  }
  const hour = digitsAt(bytes, start + HOUR_AT, 2);
  const minute = digitsAt(bytes, start + MINUTE_AT, 2);
  const wallMs = wallTimeOf(dateAt(bytes, start, 1), hour, minute, second, ms);
  if (at > end || Number.isNaN(wallMs)) return 'unreadable-time';
  return at === end ? clock.toUtc(wallMs) : instantAt(bytes, at, end, wallMs, clock);
}

/** The milliseconds of a fraction of a second that has `count` digits; NaN when it has none. */
function fractionMs(bytes: Uint8Array, start: number, count: number): number {
  const numerator = digitsAt(bytes, start, count);
  const denominator = 10 ** count;
  return count === 0 ? Number.NaN : roundedMs((numerator / denominator) * 1000, numerator === denominator - 1);
}

/** Rounds to a whole ms, but cuts off a fraction that is all nines: 14:30:59.999999 is the close of a bar, 14:31 the next one's open. */
export function roundedMs(ms: number, hasOnlyNines: boolean): number {
  return hasOnlyNines ? Math.floor(ms) : Math.round(ms);
}

/** Converts a wall time to an instant, by the offset or zone in `bytes[at, end)`, or by `clock` when there is none. */
export function instantAt(bytes: Uint8Array, at: number, end: number, wallMs: number, clock: WallClock): RowTime {
  let start = at;
  while (start < end && bytes[start] === SPACE) start++;
  if (start === end) return clock.toUtc(wallMs);
  const first = bytes[start];
  if (first === UPPER_Z && end === start + 1) return wallMs;
  if (first === PLUS || first === MINUS) {
    const minutes = offsetAt(bytes, start, end);
    return minutes === undefined ? 'unreadable-time' : wallMs - minutes * 60_000;
  }
  // Interactive Brokers writes a zone after the time: 20240304 09:30:00 US/Eastern.
  const zone = namedClock(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
  return zone === undefined ? 'unreadable-time' : zone.toUtc(wallMs);
}

/** Minutes of `±HH`, `±HHMM` or `±HH:MM`, which must end at `end`; undefined for other text and offsets of no zone. */
export function offsetAt(bytes: Uint8Array, at: number, end: number): number | undefined {
  const isMinus = bytes[at] === MINUS;
  if (!isMinus && bytes[at] !== PLUS) return undefined;
  const hours = digitsAt(bytes, at + 1, 2);
  const hoursEnd = at + 3;
  const minutesAt = bytes[hoursEnd] === COLON ? hoursEnd + 1 : hoursEnd;
  const minutes = end === hoursEnd ? 0 : digitsAt(bytes, minutesAt, 2);
  const endsThere = end === hoursEnd || end === minutesAt + 2;
  const total = hours * 60 + minutes;
  if (hours < 0 || minutes < 0 || minutes > 59 || !endsThere || total > OFFSET_MAX_MINUTES) return undefined;
  return isMinus ? -total : total;
}

/** Midnight of a date, epoch ms; NaN when it does not exist. @param gap bytes between its parts: 0 for `yyyyMMdd`, 1 for `yyyy-MM-dd` */
export function dateAt(bytes: Uint8Array, start: number, gap: 0 | 1): number {
  const year = digitsAt(bytes, start, 4);
  const month = digitsAt(bytes, start + 4 + gap, 2);
  const day = digitsAt(bytes, start + 6 + 2 * gap, 2);
  return year < 1 ? Number.NaN : midnightOf(year, month, day);
}

/** The whole number of `length` digits at `start`, or -1 when one of them is not a digit. */
export function digitsAt(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let at = start; at < start + length; at++) {
    const digit = (bytes[at] ?? 0) - 48; // the code of 0
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Number of digits that follow each other from `at` on. */
export function digitCountAt(bytes: Uint8Array, at: number, end: number): number {
  let count = 0;
  while (at + count < end && digitsAt(bytes, at + count, 1) >= 0) count++;
  return count;
}
