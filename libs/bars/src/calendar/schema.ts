/**
 * The form of a calendar file: a venue's hours as data, in the venue's own wall time.
 * Guarantees the form of each field (docs/calendar.schema.json is made from this schema, and a test compares them).
 * Not responsible for contradictions between fields (checks.ts) nor for their meaning in time (rules.ts).
 */
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { WEEKDAYS, isDate } from './dates.js';

const calendarId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9/._-]{0,31}$/, {
  error: 'an id of up to 32 letters, digits and / . _ -',
});
const date = z.string().refine(isDate, { error: 'a date YYYY-MM-DD' }).meta({ format: 'date' });
const wallTime = z
  .string()
  .regex(/^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)(?:[+-]1d)?$/, {
    error: 'a time HH:MM up to 24:00, with -1d for the day before or +1d for the day after',
  })
  .describe("Wall time in the venue's zone, on the trading date; -1d is the day before it, +1d the day after.");

const segments = z
  .array(z.strictObject({ open: wallTime, close: wallTime.describe('The first moment without trading.') }))
  .min(1)
  .max(16);
const extended = segments.optional().describe('Pre- and after-market together with the regular hours.');
const dates = z.array(date).max(20_000);

/** The zod schema of a calendar file. */
export const calendarFileSchema = z.strictObject({
  $schema: z.string().optional(),
  id: calendarId.describe('The name that sessions use, such as XNYS.'),
  name: z.string().min(1).max(200),
  aliases: z.array(calendarId).max(16).optional().describe('Other venues with exactly the same hours.'),
  source: z.string().max(1000).optional().describe('Where the data is from, and what is undecided about it.'),
  zone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), { error: 'an IANA time zone such as America/New_York' })
    .describe('IANA time zone of all wall times in this file.'),
  firstDate: date.describe('First date with known hours. Sessions cannot start before it.'),
  lastDate: date.describe('Last date with known hours, included.'),
  hours: z
    .array(z.strictObject({ from: date, weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7), segments, extended }))
    .min(1)
    .max(100)
    .describe(
      'The normal week from a date on, until an entry with a later date. Entries with the same date are for different weekdays.',
    ),
  specialDays: z
    .array(z.strictObject({ name: z.string().min(1).max(200), segments, extended, dates }))
    .max(1000)
    .optional()
    .describe('Dates with hours of their own: early closes, late opens, sessions on a weekend.'),
  holidays: dates.optional().describe('Dates of the normal week without trading.'),
});

/** A calendar file of the right form. */
export type CalendarFile = z.infer<typeof calendarFileSchema>;

/** Segments of a calendar file. */
export type FileSegments = CalendarFile['hours'][number]['segments'];
