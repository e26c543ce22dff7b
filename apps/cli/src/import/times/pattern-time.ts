/**
 * Reads times by a pattern such as `MM/dd/yyyy HH:mm`. A pattern of digits, literals, AM or PM and offsets is compiled
 * into a list of functions, one for each part of the pattern, which read bytes. Luxon reads any other pattern, which takes about 5 µs
 * per row.
 */
import { DateTime } from 'luxon';
import { UsageError } from '../../terminal/index.js';
import { digitsAt, digitCountAt, midnightOf, offsetAt, wallTimeOf } from './iso-time.js';
import type { RowTime, TimeParser, WallClock } from './wall-time.js';

/** A text that is being read, and what was read of it. */
interface PatternText {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  /** Year, month, day, hour, minute, second and ms; those that the pattern lacks are 0. */
  readonly values: [number, number, number, number, number, number, number];
  offsetMinutes?: number;
  /** The letter of AM or PM, which may come before the hour. */
  halfDay?: number;
}
/** Reads the text of one part of a pattern and moves `at` behind it. Returns false when the text does not fit. */
type Step = (text: PatternText) => boolean;

/** The place in `PatternText.values` that a letter of the pattern stands for. */
const PLACES: Record<string, number> = { y: 0, M: 1, d: 2, H: 3, h: 3, m: 4, s: 5, S: 6 };
const [YEAR, HOUR] = [0, 3] as const;
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
  const parts: readonly string[] = pattern.match(PATTERN_PART) ?? [];
  const steps: Step[] = [];
  for (const [index, part] of parts.entries()) {
    const step = stepOf(part, parts.slice(index + 1));
    if (step === undefined) return luxonTime(pattern, clock);
    steps.push(step);
  }
  const isComplete = ['y', 'M', 'd'].every((letter) => parts.some((part) => part.startsWith(letter)));
  if (!isComplete) throw new UsageError(`--time-format: expected a pattern with year, month and day, was "${pattern}"`);
  return (bytes, start, end) => timeBySteps(steps, bytes, start, end, clock);
}

/** The step that reads a part of a pattern; undefined for a token that only Luxon reads. @param next the parts after it */
function stepOf(part: string, next: readonly string[]): Step | undefined {
  if (DIGIT_TOKEN.test(part)) return digitStep(part, digitsAfter(next));
  if (OFFSET_TOKENS.has(part)) return readOffset;
  if (part === 'a') return readHalfDay;
  return /^[A-Za-z]/.test(part) ? undefined : literalStep(Buffer.from(part.replaceAll("'", '')));
}

/** The fewest digits that fields without a separator before them take from the text. @param next the parts of the pattern from there on */
function digitsAfter(next: readonly string[]): number {
  const firstOther = next.findIndex((part) => !DIGIT_TOKEN.test(part));
  return next.slice(0, firstOther < 0 ? next.length : firstOther).join('').length;
}

/**
 * The step that reads a field of digits. In the pattern `Hmm` the text 930 is 9:30: the field `H` leaves two digits to `mm`.
 * @param reserved the digits that the field leaves to the ones right after it
 */
function digitStep(token: string, reserved: number): Step {
  const field = PLACES[token.charAt(0)]!;
  return (text) => {
    const { bytes, at, end, values } = text;
    const mayHaveTwo = token.length === 1 && digitCountAt(bytes, at, end) >= 2 + reserved;
    const length = mayHaveTwo ? 2 : token.length;
    const value = at + length <= end ? digitsAt(bytes, at, length) : -1;
    if (value < 0) return false;
    values[field] = value;
    if (token === 'yy') values[YEAR] += value > LAST_SHORT_YEAR ? 1900 : 2000;
    text.at += length;
    return true;
  };
}

function literalStep(literal: Uint8Array): Step {
  return (text) => literal.every((byte) => text.bytes[text.at++] === byte);
}

/** Reads an offset from UTC. It reads to the end of the text: no part of a pattern can come after it. */
function readOffset(text: PatternText): boolean {
  const { bytes, at, end } = text;
  text.offsetMinutes = bytes[at] === UPPER_Z && at + 1 === end ? 0 : offsetAt(bytes, at, end);
  text.at = end;
  return text.offsetMinutes !== undefined;
}

function readHalfDay(text: PatternText): boolean {
  const [letter, m] = [text.bytes[text.at++], text.bytes[text.at++]].map((byte = 0) => byte | LOWER_CASE_BIT);
  text.halfDay = letter;
  return m === LOWER_M && (letter === LOWER_A || letter === LOWER_P);
}

/** Reads a time by the steps of its pattern. Blanks around it are ignored. */
function timeBySteps(steps: readonly Step[], bytes: Uint8Array, start: number, end: number, clock: WallClock): RowTime {
  let [from, to] = [start, end];
  while (from < to && bytes[from] === SPACE) from++;
  while (to > from && bytes[to - 1] === SPACE) to--;
  const text: PatternText = { bytes, at: from, end: to, values: [0, 0, 0, 0, 0, 0, 0] };
  for (const step of steps) if (!step(text)) return 'unreadable-time';
  const { values, halfDay, offsetMinutes } = text;
  if (halfDay !== undefined) {
    if (values[HOUR] < 1 || values[HOUR] > 12) return 'unreadable-time';
    values[HOUR] = (values[HOUR] % 12) + (halfDay === LOWER_P ? 12 : 0); // 12 AM is hour 0
  }
  const [year, month, day, hour, minute, second, ms] = values;
  const wallMs = wallTimeOf(midnightOf(year, month, day), hour, minute, second, ms);
  if (text.at !== to || Number.isNaN(wallMs)) return 'unreadable-time';
  return offsetMinutes === undefined ? clock.toUtc(wallMs) : wallMs - offsetMinutes * 60_000;
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
