/** Where the session Redis has the data of a session, and the slots of each symbol by trading day and state. */
import { z } from 'zod';
import { count, date, texts, time } from '../values.js';

const storedInterval = z.strictObject({
  name: z.string(),
  isBase: z.boolean(),
  isComputed: z.boolean().describe('false: upkeep does not derive bars of this interval'),
});

const storedDay = z.strictObject({
  date,
  isHistory: z.boolean().describe('before the first day of the spec'),
  segments: z.array(z.strictObject({ open: time, close: time })),
  slots: z.record(z.string(), count).describe('number of slots by interval'),
});

const partition = z.strictObject({
  number: count,
  base: z.string().describe('prefix of the names of its keys'),
  stamp: z.string().describe('value of the field `incarnation` in its meta hash'),
  symbols: texts.describe('symbols that can be read; symbols that are joining are left out'),
});

/** What a program needs to read a session directly from the session Redis. */
export const layoutAnswer = z.strictObject({
  id: z.string(),
  incarnation: z.string().describe('changes when the session is deleted and its id is used again'),
  version: count.describe('number of times that symbols were added or removed'),
  keyPrefix: z.string(),
  wakeChannel: z.string().describe('Redis channel of changes: of a watermark, the control, a consumer or a fed stream'),
  keys: z.record(z.string(), z.string()).describe('templates of key names; {base} is the `base` of the partition'),
  datasets: texts.describe('the source, then the datasets that fill its gaps; records refer to them by index'),
  intervals: z.array(storedInterval).describe('the base interval first'),
  days: z.array(storedDay).describe('all trading days, oldest first, retained or not'),
  partitions: z.array(partition).describe('in the order of their numbers'),
});
export type LayoutAnswer = z.output<typeof layoutAnswer>;

/** One number for each of the `days`; left out when all are 0. */
const dayCounts = z.array(count).optional();

const countsByState = z.strictObject({
  streamed: dayCounts,
  backfilled: dayCounts,
  noTrade: dayCounts,
  absent: dayCounts,
  unfillable: dayCounts,
});

const retainedDay = z.strictObject({
  date,
  open: time.describe('open time of the first slot'),
  close: time.describe('close time of the last slot; exclusive'),
  expected: count.describe('slots of the day'),
  visible: count.describe('slots of the day that the view shows; 0 for a day that the view does not reach'),
});

const symbolDays = z.strictObject({
  symbol: z.string(),
  counts: countsByState.describe(
    'visible slots by state, one number for each day; the other visible slots are missing',
  ),
});

export const daysAnswer = z.strictObject({
  zone: z.string().describe('IANA time zone of the calendar; UTC when this service does not know the calendar'),
  days: z.array(retainedDay).describe('retained trading days of the session, oldest first'),
  symbols: z.array(symbolDays).describe('one page of symbols, sorted'),
  next: z.string().nullable().describe('the value of `after` for the next page; null on the last one'),
});
export type DaysAnswer = z.output<typeof daysAnswer>;
