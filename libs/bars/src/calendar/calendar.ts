/**
 * Trading calendars: which `[open, close)` segments a venue trades on a date. They are data files (data/*.json) and one
 * algorithm (calendar-rules.ts, calendar-days.ts); this module is their public face.
 */
import { CalendarBook } from './book.js';
import type { Calendar } from './days.js';

export { CalendarBook } from './book.js';
export { Calendar } from './days.js';
export * from './errors.js';
export { parseCalendar, parseCalendars } from './parse.js';
export { calendarJsonSchema } from './schema.js';
export type { Hours, Segment, TradingDay } from './trading-day.js';

// One book a process, set once when it starts and not handed through: a spec is checked and a layout is worked out in many
// places, and two of them with different books would see different slots in the same bytes.
let book = new CalendarBook();

/** The calendar of that name, such as `XNYS` or `24/7`. @throws {UnknownCalendarError} which lists the known names */
export function calendarNamed(id: string): Calendar {
  return book.named(id);
}

/** The names of all calendars that this process knows, the shipped ones first. */
export function calendarIds(): string[] {
  return book.ids();
}

/**
 * Makes this process know the calendars of a book, such as a user's own beside the shipped ones. To be called once, at the
 * start, before anything asks for a calendar; every process that works on a session has to know its calendar.
 */
export function useCalendars(calendars: CalendarBook): void {
  book = calendars;
}
