/**
 * Dates as numbers: converts between `YYYY-MM-DD` and days since 1970-01-01, without any time zone.
 * Guarantees: refuses a string that is not a date, instead of rounding it to another day. Not responsible for wall times.
 */
import { CalendarDateError } from './errors.js';

/** Milliseconds of a day in UTC. */
export const DAY_MS = 86_400_000;

/** Names of the weekdays in calendar files, in ISO order. */
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** One of {@link WEEKDAYS}. */
export type Weekday = (typeof WEEKDAYS)[number];

/** Days from 1970-01-01 to a date `YYYY-MM-DD`. @throws {CalendarDateError} for anything else, 2013-02-30 included */
export function epochDayOf(date: string): number {
  if (!isDate(date)) throw new CalendarDateError(date);
  return Date.parse(date) / DAY_MS;
}

/** Whether a text is a date of the Gregorian calendar, written `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // V8 parses 02-30 as 03-02, so the result must convert back to the same text.
  return !Number.isNaN(ms) && dateOf(ms / DAY_MS) === text;
}

/** The date `YYYY-MM-DD` of a day, counted from 1970-01-01. */
export function dateOf(epochDay: number): string {
  return new Date(epochDay * DAY_MS).toISOString().slice(0, 10);
}

/** The weekday of a day; day 0, 1970-01-01, was a Thursday. */
export function weekdayOf(epochDay: number): Weekday {
  return WEEKDAYS[(((epochDay + 3) % 7) + 7) % 7] ?? 'Mon';
}
