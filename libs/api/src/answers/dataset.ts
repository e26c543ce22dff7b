/** Datasets, and how well they cover a calendar. */
import { z } from 'zod';
import { count, date, time } from '../values.js';

export const datasetLineAnswer = z.strictObject({
  name: z.string(),
  symbols: count.describe('symbols with a bar'),
  first: time.nullable().describe('open time of the first bar; null without one'),
  last: time.nullable().describe('open time of the last bar'),
  version: z.string().describe('changes whenever a row of the dataset changes'),
});

export const datasetPageAnswer = z.strictObject({ datasets: z.array(datasetLineAnswer) });
export type DatasetPageAnswer = z.output<typeof datasetPageAnswer>;

export const datasetAnswer = datasetLineAnswer.extend({
  rows: count,
  symbols: z
    .array(z.strictObject({ symbol: z.string(), first: time, last: time }))
    .describe('with the open times of their first and last bar, sorted by name'),
  prices: z.enum(['positive', 'any']).describe('any: some bars may have negative prices or prices of 0'),
  withoutVolume: z.boolean().describe('some bars came without a volume, and have 0'),
  quarantined: z
    .strictObject({
      rows: count,
      reasons: z.record(z.string(), count),
      examples: z.array(
        z.strictObject({
          symbol: z.string(),
          time: time.nullable(),
          reason: z.string(),
          close: z.number().nullable(),
          volume: z.number().nullable(),
        }),
      ),
    })
    .describe('records that were refused or that conflict with a stored bar, by reason, with the first ones'),
});
export type DatasetAnswerBody = z.output<typeof datasetAnswer>;

export const coverageAnswer = z.strictObject({
  dataset: z.string(),
  calendar: z.string(),
  hours: z.enum(['regular', 'extended']),
  days: z.array(z.strictObject({ date, expected: count.describe('one-minute bars that the calendar expects') })),
  symbols: z
    .array(
      z.strictObject({
        symbol: z.string(),
        rows: z.array(count).describe('rows of each of the days, in their order'),
        outside: count.describe('rows between the local midnights of the first and last day that have no slot'),
        extended: count.describe('rows in extended hours of the calendar that are not requested'),
      }),
    )
    .describe('a page, sorted by name'),
  nextAfter: z.string().nullable().describe('the value of `after` for the next page; null on the last one'),
});
export type CoverageAnswer = z.output<typeof coverageAnswer>;
