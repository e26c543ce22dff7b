/**
 * Reads the time of a row: ISO 8601 with or without an offset, epoch seconds to nanoseconds, or a given pattern.
 * Fast for the two usual shapes (ISO and digits), which are read from the bytes. Knows nothing of files or columns.
 */
import { DateTime } from 'luxon';
import { decimalAt, digitsAt } from './decimal.js';
import { type Instant, WallClock } from './wall-time.js';

/** `auto` tells ISO from epoch numbers by their look; anything unknown is a Luxon pattern such as `MM/dd/yyyy HH:mm`. */
export const TIME_FORMATS = ['auto', 'iso', 's', 'ms', 'us', 'ns'] as const;

/** Epoch ms, or why the time cannot be used. */
export type RowTime = Instant | 'unreadable-time';
export type TimeParser = (bytes: Uint8Array, start: number, end: number) => RowTime;

const EPOCH_UNIT_MS: Record<string, number> = { s: 1000, ms: 1, us: 1 / 1000, ns: 1 / 1_000_000 };
const [SPACE, MINUS, PLUS, DOT, SLASH, COLON, UPPER_T, UPPER_Z] = [32, 45, 43, 46, 47, 58, 84, 90];

/** Makes the parser for one column; `clock` answers for times that carry no offset. */
export function timeParser(format: string, clock: WallClock): TimeParser {
  const isoTime: TimeParser = (bytes, start, end) => isoTimeAt(bytes, start, end, clock);
  if (format === 'iso') return isoTime;
  const unitMs = EPOCH_UNIT_MS[format];
  if (unitMs !== undefined) return (bytes, start, end) => epochAt(bytes, start, end, unitMs);
  if (format !== 'auto') return patternTime(format, clock);
  return (bytes, start, end) => {
    const separator = bytes[start + 4];
    if (separator === MINUS || separator === SLASH) return isoTime(bytes, start, end);
    const value = decimalAt(bytes, start, end);
    return Number.isFinite(value) ? epochAt(bytes, start, end, epochUnitMs(value)) : 'unreadable-time';
  };
}

/** Seconds until the year 5138, then milliseconds, microseconds, nanoseconds: no two can be confused after 1973. */
function epochUnitMs(value: number): number {
  if (value < 1e11) return 1000;
  if (value < 1e14) return 1;
  return value < 1e17 ? 1 / 1000 : 1 / 1_000_000;
}

function epochAt(bytes: Uint8Array, start: number, end: number, unitMs: number): RowTime {
  const value = decimalAt(bytes, start, end);
  return Number.isFinite(value) ? Math.round(value * unitMs) : 'unreadable-time';
}

/** `YYYY-MM-DD[T| ]HH:MM[:SS[.fraction]][Z|±HH[:]MM]`, also with slashes in the date. */
function isoTimeAt(bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime {
  const date = isoDateAt(bytes, start, end);
  if (Number.isNaN(date)) return 'unreadable-time';
  const hour = digitsAt(bytes, start + 11, 2);
  const minute = digitsAt(bytes, start + 14, 2);
  const joined = bytes[start + 10] === UPPER_T || bytes[start + 10] === SPACE;
  if (!joined || bytes[start + 13] !== COLON || hour < 0 || hour > 23 || minute < 0 || minute > 59) {
    return 'unreadable-time';
  }
  let ms = date + hour * 3_600_000 + minute * 60_000;
  let at = start + 16;
  if (bytes[at] === COLON && at < end) {
    const second = digitsAt(bytes, at + 1, 2);
    if (second < 0 || second > 59 || at + 3 > end) return 'unreadable-time';
    ms += second * 1000;
    at += 3;
    if (bytes[at] === DOT && at < end) {
      const fractionStart = at++;
      while (at < end && digitsAt(bytes, at, 1) >= 0) at++;
      const fraction = decimalAt(bytes, fractionStart, at);
      if (Number.isNaN(fraction)) return 'unreadable-time';
      ms += Math.round(fraction * 1000);
    }
  }
  if (at > end) return 'unreadable-time';
  return at === end ? clock.toUtc(ms) : withOffset(bytes, at, end, ms);
}

function isoDateAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 16 || bytes[start + 4] !== bytes[start + 7]) return Number.NaN;
  const year = digitsAt(bytes, start, 4);
  const month = digitsAt(bytes, start + 5, 2);
  const day = digitsAt(bytes, start + 8, 2);
  if (year < 1 || month < 1 || day < 1) return Number.NaN;
  const date = Date.UTC(year, month - 1, day);
  return new Date(date).getUTCDate() === day && month <= 12 ? date : Number.NaN;
}

function withOffset(bytes: Uint8Array, at: number, end: number, wallMs: number): RowTime {
  if (bytes[at] === UPPER_Z) return end === at + 1 ? wallMs : 'unreadable-time';
  const sign = bytes[at] === PLUS ? 1 : bytes[at] === MINUS ? -1 : 0;
  const hours = digitsAt(bytes, at + 1, 2);
  const minutesStart = bytes[at + 3] === COLON ? at + 4 : at + 3;
  const minutes = end === at + 3 ? 0 : digitsAt(bytes, minutesStart, 2);
  const whole = end === at + 3 || end === minutesStart + 2;
  if (sign === 0 || hours < 0 || minutes < 0 || !whole) return 'unreadable-time';
  return wallMs - sign * (hours * 60 + minutes) * 60_000;
}

/** The slow way, for any other format: about 5 µs a row. */
function patternTime(pattern: string, clock: WallClock): TimeParser {
  return (bytes, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString('utf8').trim();
    const parsed = DateTime.fromFormat(text, pattern, { zone: 'utc', setZone: true, locale: 'en-US' });
    if (!parsed.isValid) return 'unreadable-time';
    return hasOffset(pattern) ? parsed.toMillis() : clock.toUtc(parsed.toMillis());
  };
}

function hasOffset(pattern: string): boolean {
  return /[ZzXx]/.test(pattern.replace(/'[^']*'/g, ''));
}
