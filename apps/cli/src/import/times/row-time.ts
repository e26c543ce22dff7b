/**
 * Reads the time of a row: ISO 8601, dates in digits, epoch seconds to nanoseconds, or a pattern of the user. A number that no epoch unit
 * puts between 1990 and 2100 is unreadable. Dates without a time of day and day numbers of Excel are refused with reasons of their own.
 */
import { decimalAt } from '../rows/index.js';
import { digitsAt, digitCountAt, instantAt, isoTimeAt, midnightOf, roundedMs, wallTimeOf } from './iso-time.js';
import { patternTime } from './pattern-time.js';
import { clockOf, type RowTime, type TimeParser, type WallClock } from './wall-time.js';

/** Milliseconds per nanosecond. */
const NS_MS = 1 / 1_000_000;
/** Milliseconds per unit, by the unit's name. */
const EPOCH_UNIT_MS: Record<string, number> = { s: 1000, ms: 1, us: 1 / 1000, ns: NS_MS };
const EPOCH_UNITS_MS = Object.values(EPOCH_UNIT_MS);
/** Digits of a recent epoch in seconds, milliseconds, microseconds and nanoseconds. */
const [S_DIGITS, MS_DIGITS, US_DIGITS, NS_DIGITS] = [10, 13, 16, 19];
/** Characters of a date such as 2024-03-04. */
const DATE_LENGTH = 10;
/** Digits of a date without separators: yyyyMMdd. */
const DATE_DIGITS = 8;
const [SPACE, MINUS, DOT, SLASH, NINE, COLON, UPPER_E, UPPER_T] = [32, 45, 46, 47, 57, 58, 69, 84];
const DAY_MS = 86_400_000;
/** An epoch without a given unit must be in this range. */
const PLAUSIBLE_MIN_MS = Date.UTC(1990, 0, 1);
/** A later start for nanoseconds: ticks of .NET from 2000 to 2100 would be nanoseconds of 1990. */
const PLAUSIBLE_NS_MIN_MS = Date.UTC(1991, 0, 1);
const PLAUSIBLE_MAX_MS = Date.UTC(2100, 0, 1);
/** 1970-01-01 in Excel's day numbers, which count from 1899-12-30. */
const EXCEL_EPOCH_DAY = 25_569;
/** The plausible range of times in Excel's day numbers. */
const EXCEL_MIN = PLAUSIBLE_MIN_MS / DAY_MS + EXCEL_EPOCH_DAY;
const EXCEL_MAX = PLAUSIBLE_MAX_MS / DAY_MS + EXCEL_EPOCH_DAY;

/**
 * Makes the parser for one column.
 * @param format `auto` recognises ISO, digits and epochs; `iso`, `s`, `ms`, `us` and `ns` name one of them; anything else is a pattern
 *   such as `MM/dd/yyyy HH:mm`
 * @param clock converts times without an offset
 */
export function timeParser(format: string, clock: WallClock): TimeParser {
  const unitMs = EPOCH_UNIT_MS[format];
  if (unitMs !== undefined) return (bytes, start, end) => epochAt(bytes, start, end, unitMs);
  if (format === 'iso') return (bytes, start, end) => isoTimeAt(bytes, start, end, clock);
  if (format !== 'auto') return patternTime(format, clock);
  return (bytes, start, end) => {
    let [from, to] = [start, end];
    while (from < to && bytes[from] === SPACE) from++;
    while (to > from && bytes[to - 1] === SPACE) to--;
    const separator = bytes[from + 4]; // after the year of a date; a number may have a dot there
    const isDate = separator === MINUS || separator === SLASH || (separator === DOT && bytes[from + 7] === DOT);
    if (!isDate) return numberAt(bytes, from, to, clock);
    return to - from <= DATE_LENGTH ? dateProblem(bytes, from, to) : isoTimeAt(bytes, from, to, clock);
  };
}

/** Epoch ms of a time, read as UTC where it has no zone; NaN for a text that is not a time. */
export function instantOf(text = ''): number {
  const time = timeParser('auto', clockOf('UTC'))(Buffer.from(text), 0, Buffer.byteLength(text));
  return typeof time === 'number' ? time : Number.NaN;
}

/** Reads an epoch of the given unit. */
function epochAt(bytes: Uint8Array, start: number, end: number, unitMs: number): RowTime {
  const value = decimalAt(bytes, start, end);
  if (!Number.isFinite(value)) return 'unreadable-time';
  const isPlausibleIn = (unit: number): boolean => value * unit >= PLAUSIBLE_MIN_MS && value * unit < PLAUSIBLE_MAX_MS;
  // A value that is plausible only in another unit has that unit: seconds read as milliseconds are in January 1970.
  if (!isPlausibleIn(unitMs) && EPOCH_UNITS_MS.some(isPlausibleIn)) return 'unreadable-time';
  // Recent microseconds and nanoseconds are read digit by digit, because a double would round them.
  const isLong = unitMs < 1 && end - start === (unitMs === NS_MS ? NS_DIGITS : US_DIGITS);
  const exactMs = isLong ? wholeEpochAt(bytes, start, end - start) : -1;
  return exactMs >= 0 ? exactMs : roundedMs(value * unitMs, endsInNines(bytes, start, end));
}

/** Whether a number has a fraction of nines only: the last moment before the next unit, which is rounded down ({@link roundedMs}). */
function endsInNines(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end;
  while (at > start && bytes[at - 1] === NINE) at--;
  return at < end && bytes[at - 1] === DOT;
}

/** Why a text of at most {@link DATE_LENGTH} characters is not a time. */
function dateProblem(bytes: Uint8Array, start: number, end: number): RowTime {
  return end - start === DATE_LENGTH && digitsAt(bytes, start, 4) > 0 ? 'date-without-time' : 'unreadable-time';
}

/** Reads a number: a time that begins with digits of a date (`20240220…`), an epoch or a day number of Excel. */
function numberAt(bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime {
  const length = end - start;
  // The lengths of yyyyMMdd, yyyyMMddHHmm, …ss and …SSS.
  const hasDateLength = length === 8 || length === 12 || length === 14 || length === 17;
  const isSeparated = !hasDateLength && length > 12 && digitsAt(bytes, start + DATE_DIGITS, 1) < 0; // yyyyMMddTHHmmss
  if (hasDateLength || isSeparated) {
    const time = digitsTimeAt(bytes, start, end, clock);
    if (time !== undefined) return time;
  }
  const hasEpochLength = length === S_DIGITS || length === MS_DIGITS || length === US_DIGITS || length === NS_DIGITS;
  const exactMs = hasEpochLength ? wholeEpochAt(bytes, start, length) : -1;
  // An epoch of 1990 is left to the loop below, because nanoseconds of that year are not plausible and other units are.
  if (exactMs >= PLAUSIBLE_NS_MIN_MS && exactMs < PLAUSIBLE_MAX_MS) return exactMs;
  const value = decimalAt(bytes, start, end);
  if (!Number.isFinite(value)) return 'unreadable-time';
  if (bytes[end - 4] === UPPER_E && isRoundedEpoch(Buffer.from(bytes.subarray(start, end)).toString('latin1')))
    return 'unreadable-time';
  for (const unitMs of EPOCH_UNITS_MS) {
    const ms = value * unitMs;
    const min = unitMs === NS_MS ? PLAUSIBLE_NS_MIN_MS : PLAUSIBLE_MIN_MS;
    if (ms >= min && ms < PLAUSIBLE_MAX_MS) return roundedMs(ms, endsInNines(bytes, start, end));
  }
  return value >= EXCEL_MIN && value < EXCEL_MAX ? 'excel-serial' : 'unreadable-time';
}

/** True for an epoch that a spreadsheet has rounded to some hours, as it shows long numbers: 1.70956E+12. */
export function isRoundedEpoch(text: string): boolean {
  return /^\d(\.\d{1,5})?E\+\d\d$/.test(text);
}

/** Milliseconds of an epoch, whose length gives its unit ({@link S_DIGITS} and so on); negative for a text that is not all digits. */
function wholeEpochAt(bytes: Uint8Array, start: number, length: number): number {
  if (length === S_DIGITS) return digitsAt(bytes, start, S_DIGITS) * 1000;
  const ms = digitsAt(bytes, start, MS_DIGITS); // the first 13 digits of µs and ns are the milliseconds
  if (length === MS_DIGITS || ms < 0) return ms;
  const restLength = length - MS_DIGITS;
  const rest = digitsAt(bytes, start + MS_DIGITS, restLength);
  const perMs = 10 ** restLength;
  return rest < 0 ? -1 : ms + roundedMs(rest / perMs, rest === perMs - 1);
}

/**
 * The time of `yyyyMMddHHmm[ss[SSS]]`, `yyyyMMdd HH:mm[:ss[.SSS]]`, `yyyyMMdd Hmm[ss]` or `yyyyMMddTHHmmss`, with an
 * optional offset or zone. The milliseconds must be 0. Undefined for other numbers, which may be epochs.
 */
function digitsTimeAt(bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime | undefined {
  const midnight = dayAt(bytes, start);
  if (midnight === undefined) return undefined;
  const dateEnd = start + DATE_DIGITS;
  let at = dateEnd;
  if (at === end) return 'date-without-time';
  while (at < end && (bytes[at] === SPACE || bytes[at] === MINUS || bytes[at] === UPPER_T)) at++;
  const digitCount = digitCountAt(bytes, at, end);
  const hasShortHour = at > dateEnd && (digitCount === 3 || digitCount === 5); // 930 is 09:30
  // Hour, minute and second have two digits each, with or without colons. A short hour has one digit.
  const parts: number[] = [];
  for (let length = hasShortHour ? 1 : 2; at + length <= end && parts.length < 3; length = 2) {
    const part = digitsAt(bytes, at, length);
    if (part < 0) break;
    parts.push(part);
    at += length;
    if (bytes[at] === COLON && parts.length < 3) at++;
  }
  const [hour = -1, minute = -1, second = 0] = parts;
  const wallMs = wallTimeOf(midnight, hour, minute, second, 0);
  if (Number.isNaN(wallMs)) return undefined;
  const hasDot = bytes[at] === DOT;
  if (!hasDot && digitCount !== 9) return instantAt(bytes, at, end, wallMs, clock); // HHmmssSSS has nine digits
  if (hasDot) at++;
  const fractionEnd = at + digitCountAt(bytes, at, end);
  if (decimalAt(bytes, at, fractionEnd) !== 0) return undefined; // also when no digit follows the dot
  return instantAt(bytes, fractionEnd, end, wallMs, clock);
}

/** Midnight of `yyyyMMdd`, epoch ms; undefined when it is not a date from 1900 to 2099. */
function dayAt(bytes: Uint8Array, start: number): number | undefined {
  const year = digitsAt(bytes, start, 4);
  const month = digitsAt(bytes, start + 4, 2);
  const day = digitsAt(bytes, start + 6, 2);
  const midnight = year < 1900 || year >= 2100 ? Number.NaN : midnightOf(year, month, day);
  return Number.isNaN(midnight) ? undefined : midnight;
}
