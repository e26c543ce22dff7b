/** Answers about a session's bars: bars, gaps, metrics, digest, the first difference between two sessions, and the result of feeding. */
import { z } from 'zod';
import { count, date, outsideCounts, sha256, slotCounts, time } from '../values.js';

/** The prices and the volume of a bar. */
const barValues = { open: z.number(), high: z.number(), low: z.number(), close: z.number(), volume: z.number() };

export const barAnswer = z.strictObject({
  openTime: time,
  closeTime: time.describe('exclusive end; of a bar that is still forming, the end of its last closed base slot'),
  ...barValues,
  origin: z
    .enum(['streamed', 'backfilled', 'derived', 'historical', 'filled-forward'])
    .describe(
      'historical: on a day before the session starts; filled-forward: an empty slot, shown with the last close',
    ),
  complete: z.boolean().describe('false when an expected base bar is missing in the bar, or the bar is still forming'),
  sourceCount: count.describe('number of base bars that the bar was made of'),
  expectedCount: count.describe('number of base bars that the calendar expects in the bar'),
});
export type AnsweredBar = z.output<typeof barAnswer>;

/** Shared endings of descriptions: the fields `session…` cover one trading day, the fields `run…` the whole session. */
const OF_DAY = 'of the trading day in `date` (not of the whole session), up to the clock';
const OF_RUN = 'of all retained days of the session, up to the clock';

/** Counts and figures of one symbol, in the session or on one trading day. */
export const metricsAnswer = z.strictObject({
  symbol: z.string(),
  barQuality: z.number().min(0).max(100).describe('filled / (expected − noTrade), up to the clock, in percent'),
  ...slotCounts,
  gapCount: count.describe('number of gaps'),
  largestGap: count.describe('slots in the largest gap'),
  watermark: time.describe('time up to which upkeep has finished; see the glossary'),
  date: date.nullable().describe('trading day of the clock, or the one that was requested; null before the first slot'),
  sessionHigh: z.number().nullable().describe(`highest price ${OF_DAY}; null without a bar`),
  sessionLow: z.number().nullable().describe(`lowest price ${OF_DAY}; null without a bar`),
  sessionVolume: z.number().describe(`volume ${OF_DAY}`),
  runHigh: z.number().nullable().describe(`highest price ${OF_RUN}; null without a bar`),
  runLow: z.number().nullable().describe(`lowest price ${OF_RUN}; null without a bar`),
  runVolume: z.number().describe(`volume ${OF_RUN}`),
  refused: z.record(z.string(), count).describe('number of refused bars in the whole session, by reason'),
  ...outsideCounts,
  outsideExamples: z.array(time).describe('open times of the first rows without a slot'),
});
export type MetricsAnswer = z.output<typeof metricsAnswer>;

/** One gap of a symbol: adjacent slots without a bar. */
export const gapAnswer = z.strictObject({
  start: time.describe("open time of the gap's first slot"),
  end: time.describe("close time of the gap's last slot; exclusive"),
  bars: count.describe('number of missing bars, one for each slot of the gap'),
  // The enum has all states of an empty slot. No gap in an answer has the last one: a no-trade slot is not part of a gap.
  status: z
    .enum(['missing', 'absent', 'unfillable', 'no-trade'])
    .describe('missing: not requested yet; absent: answered without the bar, or no repository; unfillable: given up'),
  attempts: count.describe('how many times the repositories have answered without these bars'),
  lastError: z.string().nullable().describe('the message of the last repository failure'),
});
export type GapAnswer = z.output<typeof gapAnswer>;

export const digestAnswer = z.strictObject({
  digest: sha256.describe('SHA-256 of all chunks, in the order of their keys'),
  chunks: count,
  bars: count,
});
export type DigestAnswer = z.output<typeof digestAnswer>;

/** The comparison of two sessions; `first` is null when `equal` is true. */
export const differenceAnswer = z.strictObject({
  equal: z.boolean(),
  first: z
    .strictObject({
      symbol: z.string(),
      date,
      slotTime: time.describe('open time of the slot'),
      mine: barAnswer.nullable().describe('the bar in the session of the URL; null when it has none'),
      other: barAnswer.nullable().describe('the bar in the session that it is compared with; null when it has none'),
    })
    .nullable()
    .describe('the first base bar that differs, by time and then by symbol'),
  compared: z.strictObject({
    symbols: count.describe('symbols that both sessions have'),
    days: count.describe('days that both sessions have and both clocks have closed, up to the first difference'),
  }),
});
export type DifferenceAnswer = z.output<typeof differenceAnswer>;

/**
 * One bar in a feed request, as the OpenAPI document describes it. `openTime` is optional here, because a bar may have its time in the
 * field `time` instead; a bar needs one of the two. Other fields are ignored.
 */
export const fedBarInput = z.looseObject({
  openTime: z
    .union([z.string(), z.number()])
    .describe('ISO 8601 with a zone, or epoch milliseconds; required, unless the field `time` has it instead')
    .optional(),
  ...barValues,
});

const feedProblem = z.strictObject({
  index: count.describe('position of the bar in the body, counted from 0'),
  line: z.int().min(1).optional().describe('line number in an NDJSON body, counted from 1'),
  reason: z.string(),
  openTime: time.optional(),
  detail: z.string().optional(),
});

export const fedAnswer = z.strictObject({
  accepted: count.describe('bars written into empty slots'),
  duplicates: count.describe('bars whose slot already holds an equal bar'),
  late: count.describe('accepted bars whose slot the frontier had already passed'),
  conflicts: count.describe('bars whose slot holds a different bar, which stays; the fed bar is quarantined'),
  refused: z.record(z.string(), count).describe('bars that cannot be stored, by reason; they are quarantined'),
  problems: z.array(feedProblem).max(100).describe('the first 100 bars that were refused or in conflict'),
  stored: count
    .optional()
    .describe('fed bars of the symbol so far; left out when the call had no bars and no `through`'),
});
export type FedAnswer = z.output<typeof fedAnswer>;

export const feedEndAnswer = z.strictObject({ id: z.string(), symbol: z.string(), ended: z.literal(true) });
export type FeedEndAnswer = z.output<typeof feedEndAnswer>;
