/** Datasets, and how well they cover a calendar. */
import { z } from 'zod';
import { count, date, time } from '../values.js';

const datasetLineAnswer = z.strictObject({
  name: z.string(),
  symbols: count.describe('symbols with a bar'),
  first: time.nullable().describe('open time of the first bar; null when there is none'),
  last: time.nullable().describe('open time of the last bar; null when there is none'),
  version: z.string().describe('changes whenever a row of the dataset changes'),
});

export const datasetPageAnswer = z.strictObject({ datasets: z.array(datasetLineAnswer) });
export type DatasetPageAnswer = z.output<typeof datasetPageAnswer>;

const quarantinedRow = z.strictObject({
  symbol: z.string(),
  time: time.nullable(),
  reason: z.string(),
  close: z.number().nullable(),
  volume: z.number().nullable(),
});

/** One dataset with its symbols and its quarantine. */
export const datasetAnswer = datasetLineAnswer.extend({
  rows: count,
  symbols: z
    .array(z.strictObject({ symbol: z.string(), first: time, last: time }))
    .describe('sorted by name, each with the open times of its first and last bar'),
  prices: z.enum(['positive', 'any']).describe('any: some bars may have negative prices or prices of 0'),
  withoutVolume: z.boolean().describe('true when some bars came without a volume; their volume is 0'),
  quarantined: z
    .strictObject({ rows: count, reasons: z.record(z.string(), count), examples: z.array(quarantinedRow) })
    .describe('records that were refused or conflict with a stored bar: their number, by reason, and the first ones'),
});
export type DatasetAnswerBody = z.output<typeof datasetAnswer>;

const coverageDay = z.strictObject({
  date,
  expected: count.describe('bars that the calendar expects, at the interval of the dataset'),
});

const coveredSymbol = z.strictObject({
  symbol: z.string(),
  rows: z.array(count).describe('rows on each of the `days`, in the same order'),
  outside: count.describe('rows from the first to the last of the `days`, local time, that have no slot'),
  extended: count.describe('rows in extended hours of the calendar, when only regular hours are requested'),
});

/** A page of the rows of a dataset, by symbol and trading day of a calendar. */
export const coverageAnswer = z.strictObject({
  dataset: z.string(),
  calendar: z.string(),
  hours: z.enum(['regular', 'extended']),
  days: z.array(coverageDay),
  symbols: z.array(coveredSymbol).describe('one page of symbols, sorted by name'),
  nextAfter: z.string().nullable().describe('the value of `after` for the next page; null on the last one'),
});
export type CoverageAnswer = z.output<typeof coverageAnswer>;
