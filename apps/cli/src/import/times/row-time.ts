/**
 * Reads the time of a row: ISO 8601, dates in digits, epochs, or a pattern of the user. Dates without a time of day and day numbers of
 * Excel are refused with reasons of their own.
 */
import { decimalAt } from '../rows/index.js';
import { anyEpochAt, EPOCH_UNITS, epochAt } from './epoch-time.js';
import { dateAt, digitsAt, digitCountAt, instantAt, isoTimeAt, wallTimeOf } from './iso-time.js';
import { patternTime } from './pattern-time.js';
import { clockOf, type RowTime, type TimeParser, type WallClock } from './wall-time.js';

/** Characters of a date such as 2024-03-04. */
const DATE_LENGTH = 10;
/** Digits of a date without separators: yyyyMMdd. */
const DATE_DIGITS = 8;
/** Digits that begin with a date in this range are read as one; others are read as an epoch. */
const [DATE_MIN_MS, DATE_END_MS] = [Date.UTC(1900, 0, 1), Date.UTC(2100, 0, 1)];
const [SPACE, MINUS, DOT, SLASH, COLON, UPPER_T] = [32, 45, 46, 47, 58, 84];
/** What may stand between date and time. */
const SEPARATORS = new Set([SPACE, MINUS, UPPER_T]);

/**
 * Makes the parser for one column.
 * @param format `auto` recognises ISO, digits and epochs; `iso`, `s`, `ms`, `us` and `ns` name one of them; anything else is a pattern
 *   such as `MM/dd/yyyy HH:mm`
 * @param clock converts times without an offset
 */
export function timeParser(format: string, clock: WallClock): TimeParser {
  const unit = EPOCH_UNITS[format];
  if (unit !== undefined) return (bytes, start, end) => epochAt(bytes, start, end, unit);
  if (format === 'iso') return (bytes, start, end) => isoTimeAt(bytes, start, end, clock);
  if (format !== 'auto') return patternTime(format, clock);
  return (bytes, start, end) => {
    let [from, to] = [start, end];
    while (from < to && bytes[from] === SPACE) from++;
    while (to > from && bytes[to - 1] === SPACE) to--;
    const separator = bytes[from + 4]; // after the year of a date; a number may have a dot there
    const isDate = separator === MINUS || separator === SLASH || (separator === DOT && bytes[from + 7] === DOT);
    if (!isDate) return digitsTimeAt(bytes, from, to, clock) ?? anyEpochAt(bytes, from, to);
    return to - from <= DATE_LENGTH ? dateProblem(bytes, from, to) : isoTimeAt(bytes, from, to, clock);
  };
}

/** Epoch ms of a time, read as UTC where it has no zone; NaN for a text that is not a time. */
export function instantOf(text = ''): number {
  const time = timeParser('auto', clockOf('UTC'))(Buffer.from(text), 0, Buffer.byteLength(text));
  return typeof time === 'number' ? time : Number.NaN;
}

/** Why a text of at most {@link DATE_LENGTH} characters is not a time. */
function dateProblem(bytes: Uint8Array, start: number, end: number): RowTime {
  return end - start === DATE_LENGTH && digitsAt(bytes, start, 4) > 0 ? 'date-without-time' : 'unreadable-time';
}

/**
 * The time of `yyyyMMddHHmm[ss[SSS]]`, `yyyyMMdd HH:mm[:ss[.SSS]]`, `yyyyMMdd Hmm[ss]` or `yyyyMMddTHHmmss`, with an
 * optional offset or zone. The milliseconds must be 0. Undefined for other numbers, which may be epochs.
 */
function digitsTimeAt(bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime | undefined {
  const midnight = digitsDateAt(bytes, start, end);
  if (midnight === undefined) return undefined;
  const dateEnd = start + DATE_DIGITS;
  if (dateEnd === end) return 'date-without-time';
  let timeStart = dateEnd;
  while (timeStart < end && SEPARATORS.has(bytes[timeStart]!)) timeStart++;
  const digitCount = digitCountAt(bytes, timeStart, end); // up to a colon, if there is one
  const hasShortHour = timeStart > dateEnd && (digitCount === 3 || digitCount === 5); // 930 is 09:30, 93015 is 09:30:15
  const [wallMs, timeEnd] = timeOfDayAt(bytes, timeStart, end, midnight, hasShortHour);
  if (Number.isNaN(wallMs)) return undefined;
  const hasDot = bytes[timeEnd] === DOT;
  const hasMilliseconds = hasDot || digitCount === 9; // HHmmssSSS has nine digits
  if (!hasMilliseconds) return instantAt(bytes, timeEnd, end, wallMs, clock);
  const fractionStart = hasDot ? timeEnd + 1 : timeEnd;
  const fractionEnd = fractionStart + digitCountAt(bytes, fractionStart, end);
  if (decimalAt(bytes, fractionStart, fractionEnd) !== 0) return undefined; // also when no digit follows the dot
  return instantAt(bytes, fractionEnd, end, wallMs, clock);
}

/**
 * Reads hour, minute and perhaps second, with or without colons. Each has two digits; a short hour has one.
 * @returns the wall time, NaN when it is none, and where its text ends
 */
function timeOfDayAt(bytes: Uint8Array, start: number, end: number, midnight: number, hasShortHour: boolean) {
  const parts: number[] = [];
  let at = start;
  for (let length = hasShortHour ? 1 : 2; at + length <= end && parts.length < 3; length = 2) {
    const part = digitsAt(bytes, at, length);
    if (part < 0) break;
    parts.push(part);
    at += length;
    if (bytes[at] === COLON && parts.length < 3) at++;
  }
  const [hour = -1, minute = -1, second = 0] = parts;
  return [wallTimeOf(midnight, hour, minute, second, 0), at] as const;
}

/** Midnight of the date that a number begins with, epoch ms; undefined for a number that is rather an epoch. */
function digitsDateAt(bytes: Uint8Array, start: number, end: number): number | undefined {
  const length = end - start;
  // The lengths of digits alone: yyyyMMdd, yyyyMMddHHmm, …ss and …SSS.
  const hasDateLength = length === 8 || length === 12 || length === 14 || length === 17;
  const isSeparated = length > 12 && digitsAt(bytes, start + DATE_DIGITS, 1) < 0; // a blank, `-` or `T` after the date
  if (!hasDateLength && !isSeparated) return undefined;
  const midnight = dateAt(bytes, start, 0);
  return midnight >= DATE_MIN_MS && midnight < DATE_END_MS ? midnight : undefined;
}
