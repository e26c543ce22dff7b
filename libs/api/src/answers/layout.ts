/** Where the data of a session is in the session Redis, and what it has of each symbol on each trading day. */
import { z } from 'zod';
import { count, date, time } from '../values.js';

export const layoutAnswer = z.strictObject({
  id: z.string(),
  incarnation: z.string().describe('another one when the id is used again'),
  version: count.describe('number of changes of its symbols'),
  keyPrefix: z.string(),
  wakeChannel: z
    .string()
    .describe('a message on it says that a watermark, the control, a consumer or a fed stream has changed'),
  keys: z
    .record(z.string(), z.string())
    .describe('names of the keys that a reader may use, with {base} of the partition, {interval}, {symbol} and {date}'),
  datasets: z.array(z.string()).describe('by their number in the records: the source, then those that fill its gaps'),
  intervals: z
    .array(
      z.strictObject({
        name: z.string(),
        isBase: z.boolean(),
        isComputed: z.boolean().describe('false: upkeep does not derive it'),
      }),
    )
    .describe('the base interval first'),
  days: z
    .array(
      z.strictObject({
        date,
        isHistory: z.boolean().describe('before the first day of the spec'),
        segments: z.array(z.strictObject({ open: time, close: time })),
        slots: z.record(z.string(), count).describe('of each interval'),
      }),
    )
    .describe('all trading days, oldest first, retained or not'),
  partitions: z
    .array(
      z.strictObject({
        number: count,
        base: z.string().describe('what the names of its keys begin with'),
        stamp: z.string().describe('what its meta hash has in `incarnation`'),
        symbols: z.array(z.string()).describe('without those that are joining'),
      }),
    )
    .describe('by number'),
});
export type LayoutAnswer = z.output<typeof layoutAnswer>;

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
