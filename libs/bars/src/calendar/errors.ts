/** The errors of calendars: one class for each cause, with expected and actual values as fields. */
import type { FieldProblem } from '../field-problems.js';

/** No calendar has that name; `knownIds` are the known names. */
export class UnknownCalendarError extends Error {
  override readonly name = 'UnknownCalendarError';
  constructor(
    readonly id: string,
    readonly knownIds: readonly string[],
  ) {
    super(`expected a calendar of ${knownIds.join(', ')}, was ${JSON.stringify(id)}`);
  }
}

/** Two calendars have the same name, so that a session's hours would depend on which one is found first. */
export class DuplicateCalendarError extends Error {
  override readonly name = 'DuplicateCalendarError';
  constructor(readonly id: string) {
    super(`expected a calendar id that is not in use, was ${JSON.stringify(id)}`);
  }
}

/** A date before `firstDate` or after `lastDate` of a calendar; both are the outermost known dates. */
export class CalendarRangeError extends Error {
  override readonly name = 'CalendarRangeError';
  constructor(
    readonly calendarId: string,
    readonly date: string,
    readonly firstDate: string,
    readonly lastDate: string,
  ) {
    super(`expected a date from ${firstDate} to ${lastDate}, the limits of calendar ${calendarId}, was ${date}`);
  }
}

/** A text that is not a date of the Gregorian calendar in the form `YYYY-MM-DD`. */
export class CalendarDateError extends Error {
  override readonly name = 'CalendarDateError';
  constructor(readonly date: string) {
    super(`expected a date YYYY-MM-DD, was ${JSON.stringify(date)}`);
  }
}

/** Extended hours of a calendar that has none. */
export class ExtendedHoursError extends Error {
  override readonly name = 'ExtendedHoursError';
  constructor(readonly calendarId: string) {
    super(`expected hours "regular", as calendar ${calendarId} has no extended hours, was "extended"`);
  }
}

/** A calendar file that cannot be used; `problems` lists everything that is wrong with it. */
export class CalendarDataError extends Error {
  override readonly name = 'CalendarDataError';
  constructor(readonly problems: readonly FieldProblem[]) {
    super(problems.map(({ field, expected, was }) => `${field}: expected ${expected}, was ${was}`).join('\n'));
  }
}
