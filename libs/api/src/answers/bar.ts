/** The bars of a session: bars, gaps, metrics and digest of what it has, the first difference of two sessions, and feeding. */
import { z } from 'zod';
import { count, date, outsideCounts, sha256, slotCounts, time } from '../values.js';

export const barAnswer = z.strictObject({
  openTime: time,
  closeTime: time.describe(
    'exclusive end of the bar, never after the clock; of a derived bar that is still forming, the end of its last closed base slot',
  ),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  origin: z
    .enum(['streamed', 'backfilled', 'derived', 'historical', 'filled-forward'])
    .describe('filled-forward: an empty slot, shown with the last close; only with fill=forward'),
  complete: z.boolean().describe('true when every expected base bar went in; false while it is forming'),
  sourceCount: count.describe('base bars that went in'),
  expectedCount: count.describe('base bars that the calendar expects in it'),
});
export type AnsweredBar = z.output<typeof barAnswer>;

export const metricsAnswer = z.strictObject({
  symbol: z.string(),
  barQuality: z.number().min(0).max(100).describe('filled / expected before the clock, in percent'),
  ...slotCounts,
  gapCount: count,
  largestGap: count.describe('bars in the largest gap'),
  watermark: time,
  date: date
    .nullable()
    .describe('the trading day that the clock is in, or the one that was requested; null before the first slot'),
  sessionHigh: z.number().nullable().describe('of that trading day, up to the clock; null without a bar'),
  sessionLow: z.number().nullable(),
  sessionVolume: z.number(),
  runHigh: z.number().nullable().describe('of all days of the session, up to the clock; null without a bar'),
  runLow: z.number().nullable(),
  runVolume: z.number(),
  refused: z.record(z.string(), count).describe('refused bars of the run by reason'),
  ...outsideCounts,
  outsideExamples: z.array(time).describe('open times of the first rows without a slot'),
});
export type MetricsAnswer = z.output<typeof metricsAnswer>;

export const gapAnswer = z.strictObject({
  start: time.describe('open time of its first slot'),
  end: time.describe('close time of its last slot; exclusive'),
  bars: count.describe('slots in it'),
  status: z.enum(['missing', 'absent', 'unfillable', 'no-trade']),
  attempts: count.describe('how many requests to repositories it took so far'),
  lastError: z.string().nullable().describe('the message of the last repository failure'),
});
/** One gap of a symbol. */
export type GapAnswer = z.output<typeof gapAnswer>;

export const digestAnswer = z.strictObject({
  digest: sha256.describe('SHA-256 over all chunks in key order'),
  chunks: count,
  bars: count,
});
export type DigestAnswer = z.output<typeof digestAnswer>;

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
