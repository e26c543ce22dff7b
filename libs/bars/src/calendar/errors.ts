/**
 * What can be wrong with calendars: one class per cause, each with what was expected and what came as fields.
 */

/** No calendar of that name is known; `knownIds` are the names that would do. */
export class UnknownCalendarError extends Error {
  override readonly name = 'UnknownCalendarError';
  constructor(
    readonly id: string,
    readonly knownIds: readonly string[],
  ) {
    super(`expected a calendar of ${knownIds.join(', ')}, was ${JSON.stringify(id)}`);
  }
}

/** Two calendars claim one name, so that a session's calendar would depend on which was found first. */
export class DuplicateCalendarError extends Error {
  override readonly name = 'DuplicateCalendarError';
  constructor(readonly id: string) {
    super(`expected a calendar id that is not in use, was ${JSON.stringify(id)}`);
  }
}

/** A date for which the calendar has no data: before `firstDate` or after `lastDate` (both are still known). */
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

/** Something that is not a date of the Gregorian calendar written `YYYY-MM-DD`. */
export class CalendarDateError extends Error {
  override readonly name = 'CalendarDateError';
  constructor(readonly date: string) {
    super(`expected a date YYYY-MM-DD, was ${JSON.stringify(date)}`);
  }
}

/** Extended hours were asked of a venue whose calendar has none. */
export class ExtendedHoursError extends Error {
  override readonly name = 'ExtendedHoursError';
  constructor(readonly calendarId: string) {
    super(`expected hours "regular", as calendar ${calendarId} has no extended hours, was "extended"`);
  }
}

/** One thing wrong in a calendar file; `field` is a path as in `hours[0].segments[1].close`. */
export interface CalendarProblem {
  field: string;
  expected: string;
  was: string;
}

/** A calendar file that cannot be used; `problems` holds all that is wrong with it, not only the first. */
export class CalendarDataError extends Error {
  override readonly name = 'CalendarDataError';
  constructor(readonly problems: readonly CalendarProblem[]) {
    super(problems.map(({ field, expected, was }) => `${field}: expected ${expected}, was ${was}`).join('\n'));
  }
}
