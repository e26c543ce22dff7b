/** Converts dates to days since 1970-01-01, without a time zone, and the wall times of a zone to UTC. */
import { IANAZone } from 'luxon';

/** Thrown for a text that is not a date of the Gregorian calendar in the form `YYYY-MM-DD`. */
export class CalendarDateError extends Error {
  override readonly name = 'CalendarDateError';
  constructor(readonly date: string) {
    super(`expected a date YYYY-MM-DD, was ${JSON.stringify(date)}`);
  }
}

export const MINUTE_MS = 60_000;
/** Minutes of a day in wall time, when the clocks do not change. */
export const DAY_MINUTES = 1_440;
/** Milliseconds of a day in UTC. */
export const DAY_MS = 86_400_000;

/** Names of the weekdays in calendar files, in ISO order. */
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

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

/** Epoch ms of a text that begins with a date `YYYY-MM-DD`, as `Date.parse` reads it; NaN when the month does not have that day. */
export function parseIsoTime(text: string): number {
  const isInMonth = text.slice(8, 10) <= '28' || isDate(text.slice(0, 10)); // every month has a day 28
  return isInMonth ? Date.parse(text) : Number.NaN;
}

/** The date `YYYY-MM-DD` of a day, counted from 1970-01-01. */
export function dateOf(epochDay: number): string {
  return new Date(epochDay * DAY_MS).toISOString().slice(0, 10);
}

/** The weekday of a day, counted from 1970-01-01. */
export function weekdayOf(epochDay: number): Weekday {
  return WEEKDAYS[(new Date(epochDay * DAY_MS).getUTCDay() + 6) % 7]!; // `getUTCDay` counts from Sunday
}

/** An offset is cached for each span of this length. No zone changes its offset and changes it back within a week. */
const SPAN_MS = 7 * DAY_MS;

/** The wall clock of one zone. It caches offsets, because a look-up takes microseconds, and a calendar has decades of days. */
export class ZoneClock {
  readonly #zone: IANAZone;
  /** By number of the span since 1970: the offset at its start. */
  readonly #spanOffsetsMs = new Map<number, number>();

  /** @param zone an IANA name that `IANAZone.isValidZone` accepts */
  constructor(zone: string) {
    this.#zone = IANAZone.create(zone);
  }

  /**
   * Epoch ms UTC of a wall time, which is given as the epoch ms that it would be in UTC. A later wall time never maps to an earlier moment.
   * In New York, for example, 02:30 on 2024-03-10 is skipped: it maps to the moment at which the clocks go forward, 07:00 UTC.
   * 01:30 on 2024-11-03 occurs twice: it maps to the first time, 05:30 UTC.
   */
  toUtcMs(wallMs: number): number {
    const before = this.#offsetMs(wallMs - DAY_MS);
    const after = this.#offsetMs(wallMs + DAY_MS);
    if (before === after) return wallMs - before;
    // The clocks change near this time. A larger offset gives an earlier moment, so it is tried first.
    const [small, large] = before < after ? [before, after] : [after, before];
    if (this.#offsetMs(wallMs - large) === large) return wallMs - large;
    if (this.#offsetMs(wallMs - small) === small) return wallMs - small;
    return this.#changeBetween(wallMs - large, wallMs - small); // the wall time is skipped
  }

  /** The minute in `(fromMs, toMs]` at which the offset changes, by binary search. */
  #changeBetween(fromMs: number, toMs: number): number {
    const [oldOffset, minutes] = [this.#offsetMs(fromMs), (toMs - fromMs) / MINUTE_MS];
    let [unchanged, changed] = [0, minutes];
    while (changed - unchanged > 1) {
      const middle = Math.floor((unchanged + changed) / 2);
      if (this.#offsetMs(fromMs + middle * MINUTE_MS) === oldOffset) unchanged = middle;
      else changed = middle;
    }
    return fromMs + changed * MINUTE_MS;
  }

  /** The zone's offset from UTC at a moment. When the offsets at both ends of its span are equal, the whole span has this offset. */
  #offsetMs(utcMs: number): number {
    const span = Math.floor(utcMs / SPAN_MS);
    const offset = this.#spanOffsetMs(span);
    return this.#spanOffsetMs(span + 1) === offset ? offset : this.#zoneOffsetMs(utcMs);
  }

  #spanOffsetMs(span: number): number {
    const known = this.#spanOffsetsMs.get(span);
    if (known !== undefined) return known;
    const offset = this.#zoneOffsetMs(span * SPAN_MS);
    this.#spanOffsetsMs.set(span, offset);
    return offset;
  }

  #zoneOffsetMs(utcMs: number): number {
    return this.#zone.offset(utcMs) * MINUTE_MS;
  }
}
