/** Bars, gaps, metrics and digest: what the data of one symbol looks like in an answer. */
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
