/**
 * Trading calendars: which `[open, close)` segments a venue trades on a date. They are data files (calendars/*.json) and one
 * algorithm (calendar-rules.ts, calendar-days.ts); this module is their public face.
 */
import { CalendarBook } from './calendar-book.js';
import type { Calendar } from './calendar-days.js';

export { CalendarBook } from './calendar-book.js';
export { Calendar } from './calendar-days.js';
export * from './calendar-errors.js';
export { parseCalendar } from './calendar-parse.js';
export { calendarJsonSchema } from './calendar-schema.js';
export type { Hours, Segment, TradingDay } from './calendar-trading-day.js';

const shipped = new CalendarBook();

/** The shipped calendar of that name, such as `XNYS` or `24/7`. @throws {UnknownCalendarError} which lists the known names */
export function calendarNamed(id: string): Calendar {
  return shipped.named(id);
}

/** The names of all shipped calendars. */
export function calendarIds(): string[] {
  return shipped.ids();
}
