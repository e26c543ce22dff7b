/**
 * Reads times by a pattern such as `MM/dd/yyyy HH:mm`. A pattern of digits, literals, AM or PM and offsets is compiled
 * into steps over the bytes. Luxon reads any other pattern, which takes about 5 µs per row.
 */
import { DateTime } from 'luxon';
import { UsageError } from '../../terminal/index.js';
import { digitsAt, digitCountAt, midnightOf, offsetAt, wallTimeOf } from './iso-time.js';
import type { RowTime, TimeParser, WallClock } from './wall-time.js';

/** Reads the digits of one field. */
interface DigitStep {
  /** Its place in {@link TimeParts}. */
  field: number;
  /** Fewest and most digits of the field. */
  min: number;
  max: number;
  /** Digits that the fields right after this one need at least. Set for a field of one or two digits (`withReserved`). */
  reserved?: number;
}
/** One part of a pattern: a field, a byte that must be there, an offset from UTC, or AM or PM. */
type Step = DigitStep | { literal: number } | { offset: true } | { halfDay: true };

type TimeParts = [year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number];
/** The values of parts that a pattern lacks. Those of the date are never used: a pattern must have it. */
const PART_DEFAULTS: Readonly<TimeParts> = [1970, 1, 1, 0, 0, 0, 0];
const [YEAR, MONTH, DAY, HOUR] = [0, 1, 2, 3] as const;
/** The letter of each part; `h` is an hour, too. */
const LETTERS = 'yMdHmsS';
/** Tokens of digits: one letter reads one or two digits, several letters read as many digits as letters. */
const DIGIT_TOKEN = /^(yyyy|yy|MM?|dd?|HH?|hh?|mm?|ss?|SSS)$/;
const OFFSET_TOKENS = new Set(['Z', 'ZZ', 'ZZZ']);
/** The parts of a pattern: quoted texts, repetitions of one letter, and single other characters. */
const PATTERN_PART = /'[^']*'|([A-Za-z])\1*|[^A-Za-z']/g;
/** The last year of two digits that is in this century, as in Luxon: 60 is 2060, 61 is 1961. */
const LAST_SHORT_YEAR = 60;
const [SPACE, UPPER_Z, LOWER_A, LOWER_M, LOWER_P] = [32, 90, 97, 109, 112];
const LOWER_CASE_BIT = 0x20; // set in lower-case letters of ASCII

/**
 * The parser for a pattern in Luxon's tokens; text in single quotes is literal.
 * @param clock for times without an offset @throws UsageError for a pattern of digits without year, month or day
 */
export function patternTime(pattern: string, clock: WallClock): TimeParser {
  const steps = compile(pattern);
  if (steps === undefined) return luxonTime(pattern, clock);
  const isComplete = [YEAR, MONTH, DAY].every((field) => steps.some((step) => 'field' in step && step.field === field));
  if (!isComplete) throw new UsageError(`--time-format: expected a pattern with year, month and day, was "${pattern}"`);
  return (bytes, start, end) => timeBySteps(steps, bytes, start, end, clock);
}

/** The steps of a pattern; undefined when it has tokens that only Luxon reads. */
function compile(pattern: string): Step[] | undefined {
  const steps: Step[] = [];
  for (const [part] of pattern.matchAll(PATTERN_PART)) {
    const stepsOfPart = compilePart(part);
    if (stepsOfPart === undefined) return undefined;
    steps.push(...stepsOfPart);
  }
  return withReserved(steps);
}

/** The steps of one part of a pattern; undefined for a token that only Luxon reads. */
function compilePart(part: string): Step[] | undefined {
  if (DIGIT_TOKEN.test(part)) {
    const field = LETTERS.indexOf(part.charAt(0).replace('h', 'H'));
    return [{ field, min: part.length, max: Math.max(2, part.length) }];
  }
  if (OFFSET_TOKENS.has(part)) return [{ offset: true }];
  if (part === 'a') return [{ halfDay: true }];
  if (/^[A-Za-z]/.test(part)) return undefined;
  return Array.from(Buffer.from(part.replaceAll("'", '')), (literal) => ({ literal }));
}

/** Sets `reserved` in each field of one or two digits, from the fields that follow it without a literal between them. */
function withReserved(steps: readonly Step[]): Step[] {
  return steps.map((step, index) => {
    if (!('field' in step) || step.min === step.max) return step;
    let reserved = 0;
    for (const next of steps.slice(index + 1)) {
      if (!('field' in next)) break;
      reserved += next.min;
    }
    return { ...step, reserved };
  });
}

/** Reads a time by the steps of its pattern. Blanks around it are ignored. */
function timeBySteps(steps: readonly Step[], bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime {
  let at = start;
  let stop = end;
  while (at < stop && bytes[at] === SPACE) at++;
  while (stop > at && bytes[stop - 1] === SPACE) stop--;
  const values: TimeParts = [...PART_DEFAULTS];
  let offsetMinutes: number | undefined;
  let halfDay: number | undefined; // the letter of AM or PM, which may come before the hour
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]!;
    if ('literal' in step) {
      if (bytes[at++] !== step.literal) return 'unreadable-time';
    } else if ('field' in step) {
      const length = step.min === step.max ? step.min : lengthAt(step, bytes, at, stop);
      const value = at + length <= stop ? digitsAt(bytes, at, length) : -1;
      if (value < 0) return 'unreadable-time';
      at += length;
      values[step.field] = value;
      const isShortYear = step.field === YEAR && length === 2;
      if (isShortYear) values[YEAR] = value + (value > LAST_SHORT_YEAR ? 1900 : 2000);
    } else if ('halfDay' in step) {
      halfDay = (bytes[at] ?? 0) | LOWER_CASE_BIT;
      const hasM = ((bytes[at + 1] ?? 0) | LOWER_CASE_BIT) === LOWER_M;
      if (!hasM || (halfDay !== LOWER_A && halfDay !== LOWER_P)) return 'unreadable-time';
      at += 2;
    } else {
      offsetMinutes = bytes[at] === UPPER_Z && at + 1 === stop ? 0 : offsetAt(bytes, at, stop);
      if (offsetMinutes === undefined) return 'unreadable-time';
      at = stop; // an offset must be the last part
    }
  }
  if (halfDay !== undefined) {
    if (values[HOUR] < 1 || values[HOUR] > 12) return 'unreadable-time';
    values[HOUR] = (values[HOUR] % 12) + (halfDay === LOWER_P ? 12 : 0); // 12 AM is hour 0
  }
  const [year, month, day, hour, minute, second, ms] = values;
  const wallMs = wallTimeOf(midnightOf(year, month, day), hour, minute, second, ms);
  if (at !== stop || Number.isNaN(wallMs)) return 'unreadable-time';
  return offsetMinutes === undefined ? clock.toUtc(wallMs) : wallMs - offsetMinutes * 60_000;
}

/** How many digits a field reads. It leaves the reserved ones to the next fields: in 930, `Hmm` reads the hour 9. */
function lengthAt({ min, max, reserved = 0 }: DigitStep, bytes: Uint8Array, at: number, stop: number): number {
  const digits = Math.min(max + reserved, digitCountAt(bytes, at, stop));
  return Math.max(min, Math.min(max, digits - reserved));
}

/** The parser for a pattern that has tokens of other kinds, such as names of months. */
function luxonTime(pattern: string, clock: WallClock): TimeParser {
  const isInstant = /[ZzXx]/.test(pattern.replace(/'[^']*'/g, '')); // an offset, a zone or an epoch
  return (bytes, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString('utf8').trim();
    const parsed = DateTime.fromFormat(text, pattern, { zone: 'utc', setZone: true, locale: 'en-US' });
    if (!parsed.isValid) return 'unreadable-time';
    return isInstant ? parsed.toMillis() : clock.toUtc(parsed.toMillis());
  };
}
