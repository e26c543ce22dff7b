/** Where the data of a session is in the session Redis. */
import { z } from 'zod';
import { barAnswer } from './bar.js';
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

export const differenceAnswer = z.strictObject({
  equal: z.boolean(),
  first: z
    .strictObject({
      symbol: z.string(),
      date,
      slotTime: time.describe('open time of the slot'),
      mine: barAnswer.nullable().describe('null where the session has no bar'),
      other: barAnswer.nullable(),
    })
    .nullable()
    .describe('the first base bar that differs, by time and then by symbol'),
  compared: z.strictObject({
    symbols: count.describe('symbols that both sessions have'),
    days: count.describe('whole days that both sessions have and both clocks have closed, up to the first difference'),
  }),
});
export type DifferenceAnswer = z.output<typeof differenceAnswer>;
