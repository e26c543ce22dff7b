/**
 * The form of a calendar file: a venue's hours in its own wall time. docs/calendar.schema.json is made from this schema, and a test
 * compares them. The module parse.ts finds contradictions between fields.
 */
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { WEEKDAYS, isDate } from './time.js';

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
