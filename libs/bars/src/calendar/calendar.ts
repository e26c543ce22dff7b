/**
 * The calendars of this process, by name. One book for the whole process, set once at its start: specs are checked and
 * layouts computed in many places, and with different books they would see different slots in the same bytes.
 */
import { CalendarBook } from './book.js';
import type { Calendar } from './days.js';

let book = new CalendarBook();

/** The calendar with that name, such as `XNYS` or `24/7`. @throws {UnknownCalendarError} with the known names */
export function calendarNamed(id: string): Calendar {
  return book.named(id);
}

/** The names of all calendars of this process, the shipped ones first. */
export function calendarIds(): string[] {
  return book.ids();
}

/**
 * Uses the calendars of a book, such as a user's own besides the shipped ones. Call it once, at the start of the process,
 * before any look-up. Every process that works on a session must use the same calendars.
 */
export function useCalendars(calendars: CalendarBook): void {
  book = calendars;
}
