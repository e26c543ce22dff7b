/** Feeding bars: what a fed bar looks like, and what became of those that were sent. */
import { z } from 'zod';
import { count, time } from '../values.js';

/** One bar as it is fed; further fields are ignored. */
export const fedBarInput = z.looseObject({
  openTime: z
    .union([z.string(), z.number()])
    .describe('or `time`; ISO 8601 with a zone, or epoch milliseconds')
    .optional(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});

export const fedAnswer = z.strictObject({
  accepted: count.describe('written into empty slots'),
  duplicates: count.describe('the slot holds the same bar'),
  late: count.describe('of the accepted ones, those whose slots the frontier had passed'),
  conflicts: count.describe('the slot holds another bar, which stays; the fed bar is quarantined'),
  refused: z.record(z.string(), count).describe('bars that cannot be stored, by reason; they are quarantined'),
  problems: z
    .array(
      z.strictObject({
        index: count.describe('place of the bar in the body, from 0'),
        line: z.int().min(1).optional().describe('of NDJSON, from 1'),
        reason: z.string(),
        openTime: time.optional(),
        detail: z.string().optional(),
      }),
    )
    .max(100)
    .describe('the first 100 bars that were refused or in conflict'),
  stored: count
    .optional()
    .describe(
      'bars of the symbol that were fed and stored so far; absent when the call had neither bars nor `through`',
    ),
});
export type FedAnswer = z.output<typeof fedAnswer>;

export const feedEndAnswer = z.strictObject({ id: z.string(), symbol: z.string(), ended: z.literal(true) });
export type FeedEndAnswer = z.output<typeof feedEndAnswer>;
