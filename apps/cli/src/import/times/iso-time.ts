/** Reads ISO 8601 times from bytes, with or without an offset. Pure. */
import { decimalAt, digitsAt as readDigits } from '../rows/index.js';
import type { RowTime } from './parsed-time.js';
import type { WallClock } from './wall-time.js';

/** A local binding: re-exports are getters in CommonJS, which are slow when they are read for every digit. */
const digitsAt = readDigits;

const [SPACE, MINUS, PLUS, DOT, COLON, UPPER_T, UPPER_U, UPPER_Z] = [32, 45, 43, 46, 58, 84, 85, 90];

/** `YYYY-MM-DD[T| ]HH:MM[:SS[.fraction]][ ][Z|±HH[:]MM]`; slashes and dots may separate the date. */
export function isoTimeAt(bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime {
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
  if (bytes[at] === SPACE) at++;
  return at >= end ? clock.toUtc(ms) : withOffset(bytes, at, end, ms);
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
  if (bytes[at] === UPPER_U) return isUtcAt(bytes, at, end) ? wallMs : 'unreadable-time';
  if (bytes[at] === UPPER_Z) return end === at + 1 ? wallMs : 'unreadable-time';
  const sign = bytes[at] === PLUS ? 1 : bytes[at] === MINUS ? -1 : 0;
  const hours = digitsAt(bytes, at + 1, 2);
  const minutesStart = bytes[at + 3] === COLON ? at + 4 : at + 3;
  const minutes = end === at + 3 ? 0 : digitsAt(bytes, minutesStart, 2);
  const whole = end === at + 3 || end === minutesStart + 2;
  if (sign === 0 || hours < 0 || minutes < 0 || !whole) return 'unreadable-time';
  return wallMs - sign * (hours * 60 + minutes) * 60_000;
}

function isUtcAt(bytes: Uint8Array, at: number, end: number): boolean {
  return end === at + 3 && bytes[at + 1] === 84 && bytes[at + 2] === 67;
}
