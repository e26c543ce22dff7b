/** What a session has of each symbol on each trading day. */
import { z } from 'zod';
import { count, date, time } from '../values.js';

const numbers = z.array(count).optional();

export const daysAnswer = z.strictObject({
  zone: z.string().describe('IANA time zone of the calendar; UTC when this service does not know the calendar'),
  days: z
    .array(
      z.strictObject({
        date,
        open: time.describe('of its first slot'),
        close: time.describe('of its last slot; exclusive'),
        expected: count.describe('slots of the day'),
        visible: count.describe('slots of the day that the view shows: 0 for a day after it'),
      }),
    )
    .describe('retained trading days of the session, oldest first'),
  symbols: z
    .array(
      z.strictObject({
        symbol: z.string(),
        counts: z
          .strictObject({
            streamed: numbers,
            backfilled: numbers,
            noTrade: numbers,
            absent: numbers,
            unfillable: numbers,
          })
          .describe(
            'visible slots by state, one number for each day; a state that no day has is left out. The other visible slots are missing',
          ),
      }),
    )
    .describe('a page, sorted by symbol'),
  next: z.string().nullable().describe('the value of `after` for the next page; null on the last one'),
});
export type DaysAnswer = z.output<typeof daysAnswer>;
