/**
 * A calendar file: a venue's hours in its own wall time. Defines the form of each field, and finds the wall-time segments of a day.
 * docs/calendar.schema.json is made from this schema, and a test compares them. The module parse.ts finds contradictions between
 * fields, and days.ts converts times to UTC.
 */
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { DAY_MINUTES, WEEKDAYS, isDate, type Weekday, epochDayOf, weekdayOf } from './time.js';

const textUpTo = (max: number) => z.string().max(max, `at most ${max} characters`);
/** A list of at most `max` items. @param noun the word for the items in an error, plural */
const listUpTo = <Item extends z.ZodType>(max: number, noun: string, item: Item) =>
  z.array(item).max(max, `at most ${max} ${noun}`);

const calendarId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9/._-]{0,31}$/, 'an id of up to 32 letters, digits and / . _ -');
const date = z.string().refine(isDate, 'a date YYYY-MM-DD').meta({ format: 'date' });
const wallTime = z
  .string()
  .regex(
    /^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)(?:[+-]1d)?$/,
    'a time HH:MM up to 24:00, with -1d for the day before or +1d for the day after',
  )
  .describe("Wall time in the venue's zone, on the trading date; -1d is the day before it, +1d the day after.");

const segment = z.strictObject({ open: wallTime, close: wallTime.describe('The first moment without trading.') });
const segments = listUpTo(16, 'segments', segment).min(1, 'at least 1 segment');
const extended = segments
  .optional()
  .describe('Extended hours: the regular hours together with pre-market and after-market.');
const dates = listUpTo(20_000, 'dates', date);
const name = textUpTo(200).min(1, 'a name');
const weekdayName = z.enum(WEEKDAYS, `one of ${WEEKDAYS.join(', ')}`);
const weekdays = listUpTo(7, 'weekdays', weekdayName).min(1, 'at least 1 weekday');

export const calendarFileSchema = z.strictObject({
  $schema: z.string().optional(),
  id: calendarId.describe('The name that sessions use, such as XNYS.'),
  name,
  aliases: listUpTo(16, 'aliases', calendarId)
    .optional()
    .describe('Further names of this calendar: venues with exactly the same hours.'),
  source: textUpTo(1000).optional().describe('Where the hours are from, and what these sources leave open.'),
  zone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'an IANA time zone such as America/New_York')
    .describe('IANA time zone of all wall times in this file.'),
  firstDate: date.describe('First date with known hours. Sessions cannot start before it.'),
  lastDate: date.describe('Last date with known hours, included.'),
  hours: listUpTo(100, 'entries', z.strictObject({ from: date, weekdays, segments, extended }))
    .min(1, 'at least 1 entry')
    .describe(
      'The normal week. An entry applies from its date until the next entry with a later date. Entries with the same date are for different weekdays.',
    ),
  specialDays: listUpTo(1000, 'entries', z.strictObject({ name, segments, extended, dates }))
    .optional()
    .describe(
      'Dates with different hours: early closes, late opens, trading on a weekend. These hours replace those of the normal week and holidays.',
    ),
  holidays: dates.optional().describe('Dates without trading that the normal week would have.'),
});

/** The content of a calendar file whose fields are valid. */
export type CalendarFile = z.infer<typeof calendarFileSchema>;

export type FileSegments = CalendarFile['hours'][number]['segments'];

/** `[openMinute, closeMinute)` from midnight of the trading date, in wall time; negative on the previous evening. */
export interface WallSegment {
  openMinute: number;
  closeMinute: number;
}

/** The segments of one kind of day. `extended` is undefined when the venue has no extended hours. */
export interface WallDay {
  regular: readonly WallSegment[];
  extended: readonly WallSegment[] | undefined;
}

/** A normal week that applies from a day on. */
interface Period {
  /** Days after 1970-01-01. */
  fromDay: number;
  /** The hours of each weekday; a weekday without an entry is closed. */
  week: Map<Weekday, WallDay>;
}

/** Minutes from midnight of the trading date to a wall time of a calendar file: 570 for `'09:30'`, -420 for `'17:00-1d'`. */
function minuteOf(text: string): number {
  const shiftDays = Number(text.slice(5, 7)); // `-1` or `+1`; empty, so 0, on the trading date itself
  return shiftDays * DAY_MINUTES + Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** Segments of a calendar file in minutes. */
export function wallSegmentsOf(segmentsInFile: FileSegments): WallSegment[] {
  return segmentsInFile.map(({ open, close }) => ({ openMinute: minuteOf(open), closeMinute: minuteOf(close) }));
}

function wallDayOf(hours: { segments: FileSegments; extended?: FileSegments | undefined }): WallDay {
  return {
    regular: wallSegmentsOf(hours.segments),
    extended: hours.extended === undefined ? undefined : wallSegmentsOf(hours.extended),
  };
}

/** The rules of a file, by day. A special day takes precedence over a holiday, and a holiday over the latest period's normal week. */
export class CalendarRules {
  readonly #periods: readonly Period[];
  readonly #specialDays = new Map<number, WallDay>();
  readonly #holidays: ReadonlySet<number>;

  constructor(file: CalendarFile) {
    this.#periods = periodsOf(file);
    for (const special of file.specialDays ?? []) {
      const hours = wallDayOf(special);
      for (const day of special.dates.map(epochDayOf)) this.#specialDays.set(day, hours);
    }
    this.#holidays = new Set((file.holidays ?? []).map(epochDayOf));
  }

  /** The hours of a trading date, given as days after 1970-01-01; `undefined` when the venue is closed. */
  hoursOn(epochDay: number): WallDay | undefined {
    const special = this.#specialDays.get(epochDay);
    if (special !== undefined) return special;
    if (this.#holidays.has(epochDay)) return undefined;
    return this.#periods.find(({ fromDay }) => fromDay <= epochDay)?.week.get(weekdayOf(epochDay));
  }
}

/** The periods of a file, latest first. Entries with the same first date are one period. */
function periodsOf(file: CalendarFile): Period[] {
  const periods = new Map<number, Period>();
  for (const entry of file.hours) {
    const fromDay = epochDayOf(entry.from);
    const period = periods.get(fromDay) ?? { fromDay, week: new Map<Weekday, WallDay>() };
    for (const weekday of entry.weekdays) period.week.set(weekday, wallDayOf(entry));
    periods.set(fromDay, period);
  }
  return [...periods.values()].sort((left, right) => right.fromDay - left.fromDay);
}
