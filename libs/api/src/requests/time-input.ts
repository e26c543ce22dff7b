/** Times as requests give them: ISO 8601 with a zone, a date (midnight UTC), or epoch milliseconds. Pure. */
import { z } from 'zod';

const EPOCH_MS = /^-?\d{1,15}$/;
const isoTimes = z.union([
  z.iso.date(),
  z.iso.datetime({ offset: true }),
  z.iso.datetime({ offset: true, precision: -1 }), // without seconds
]);

/** What {@link parseTime} takes, in words. */
export const TIME_EXPECTED = 'an ISO 8601 time with a zone, a date or epoch milliseconds';

/** The time in epoch milliseconds; undefined when the text is no time. */
export function parseTime(text: string): number | undefined {
  if (EPOCH_MS.test(text)) return Number(text);
  // In a query string an unescaped "+02:00" arrives as " 02:00".
  const iso = text.replace(' ', '+');
  if (!isoTimes.safeParse(iso).success) return undefined;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Zod schema of a time in a query string; its output is epoch milliseconds. */
export const timeInput = z.string().transform((text, context) => {
  const ms = parseTime(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: TIME_EXPECTED });
  return z.NEVER;
});

/** `2013-10-07T13:30:00.000Z` */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
