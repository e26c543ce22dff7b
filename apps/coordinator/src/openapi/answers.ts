/** The shapes of the answers, as zod schemas: the OpenAPI document is made from them, and tests check real answers against them. */
import { SESSION_STATES } from '@barkeep/bar-repository';
import { sessionSpecSchema } from '@barkeep/bars';
import { z } from 'zod';

const time = z.iso.datetime().describe('ISO 8601, UTC');
const slots = z.int().min(0);

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
  sourceCount: slots.describe('base bars that went in'),
  expectedCount: slots.describe('base bars that the calendar expects in it'),
});
export type BarView = z.output<typeof barAnswer>;

const counts = {
  expected: slots,
  filled: slots.describe('streamed + backfilled'),
  streamed: slots,
  backfilled: slots,
  noTrade: slots.describe('empty, and a complete source confirms that nothing traded'),
  unfillable: slots.describe('empty, and given up after maxRetries asks'),
  absent: slots.describe('empty; asked for and cleanly answered without it'),
  missing: slots.describe('empty, and not asked for yet'),
};

const outsideCounts = {
  outside: slots.describe('rows of the source that have no slot, in hours that the calendar does not know'),
  extended: slots.describe('rows of the source in extended hours of the calendar that the session does not have'),
};

export const metricsAnswer = z.strictObject({
  symbol: z.string(),
  barQuality: z.number().min(0).max(100).describe('filled / expected before the clock, in percent'),
  ...counts,
  gapCount: slots,
  largestGap: slots.describe('bars in the largest gap'),
  watermark: time,
  date: z.iso
    .date()
    .nullable()
    .describe('the trading day that the clock is in, or the one that was requested; null before the first slot'),
  sessionHigh: z.number().nullable().describe('of that trading day, up to the clock; null without a bar'),
  sessionLow: z.number().nullable(),
  sessionVolume: z.number(),
  runHigh: z.number().nullable().describe('of all days of the session, up to the clock; null without a bar'),
  runLow: z.number().nullable(),
  runVolume: z.number(),
  refused: z.record(z.string(), slots).describe('refused bars of the run by reason'),
  ...outsideCounts,
  outsideExamples: z.array(time).describe('open times of the first rows without a slot'),
});
export type MetricsView = z.output<typeof metricsAnswer>;

export const gapAnswer = z.strictObject({
  start: time,
  end: time.describe('exclusive'),
  bars: slots,
  status: z.enum(['missing', 'absent', 'unfillable', 'no-trade']),
  attempts: slots,
  lastError: z.string().nullable(),
});
export type GapView = z.output<typeof gapAnswer>;

export const digestAnswer = z.strictObject({
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 over all chunks in key order'),
  chunks: slots,
  bars: slots,
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const consumerAnswer = z.strictObject({
  name: z.string(),
  state: z
    .enum(['active', 'silent', 'dropped', 'left'])
    .describe('silent: nothing was heard of it for pace.heartbeatSeconds; dropped: and it holds the clock no more'),
  time: time.describe('it has been through every step up to here'),
  steps: slots.describe('steps that were delivered to it'),
  bars: slots.describe('bars that were delivered to it'),
  deliveredHash: sha256.describe('chained SHA-256 of what was delivered to it; zeros at first'),
  seenAt: time.describe('when it was last heard of, wall clock'),
});
export type ConsumerAnswer = z.output<typeof consumerAnswer>;

export const certifiedConsumerAnswer = consumerAnswer.omit({ state: true, seenAt: true });
export type CertifiedConsumer = z.output<typeof certifiedConsumerAnswer>;

export const certificateAnswer = z.strictObject({
  session: z.string(),
  spec: sessionSpecSchema().describe('without its id'),
  daysHash: sha256.describe('of the trading days that the session was created with'),
  datasets: z.array(z.string()).describe('by their number in the bars'),
  from: z
    .enum(['store', 'kept'])
    .describe('kept: the store is gone, and this is what it held when the session was complete'),
  storedAt: time.nullable().describe('when one was kept; null when none was'),
  changedSince: z.array(z.iso.date()).describe('days that were repaired after one was kept'),
  complete: z.boolean().describe('every day that is kept is whole'),
  days: z.array(
    z.strictObject({
      date: z.iso.date(),
      open: time,
      close: time,
      digest: sha256.describe('over the chunks of the day'),
      counts: z.strictObject(counts),
    }),
  ),
  digest: sha256.describe('of the chain of days'),
  consumers: z
    .array(certifiedConsumerAnswer)
    .describe('what was delivered to those who followed it, by name; in no digest'),
});

export const historyAnswer = z.strictObject({
  days: z.int().min(0).describe('trading days before the first one of the session'),
  firstDate: z.iso.date().nullable().describe('the oldest of them'),
  calendarBegins: z.boolean().describe('more was asked for, and the calendar knows nothing before firstDate'),
  bars: z
    .record(z.string(), slots)
    .nullable()
    .describe('of each symbol, of the interval that the spec names, otherwise the base; null until all are there'),
});

export const waitingForAnswer = z.strictObject({
  kind: z.enum(['repository', 'worker', 'consumers', 'feed', 'pace', 'server', 'symbols']),
  what: z.array(z.string()).describe('names of what it waits for'),
  since: time.nullable(),
  detail: z.string().describe('one sentence for people'),
  nextTryAt: time.nullable().describe('null when the next attempt depends on others'),
});

export const sessionAnswer = z.strictObject({
  id: z.string(),
  state: z.enum(SESSION_STATES),
  spec: sessionSpecSchema(),
  symbols: z.array(z.string()).describe('the symbols that it has now, those that are joining included'),
  clock: time.nullable(),
  frontier: time.nullable(),
  watermark: time.nullable(),
  progress: z.number().min(0).max(1),
  error: z.string().nullable(),
  waitingFor: waitingForAnswer.nullable().describe('null while it does not wait'),
  warnings: z.array(z.string()).describe('for example a symbol that no dataset knows'),
  counts: z.strictObject({ ...counts, refused: slots, ...outsideCounts }),
  history: historyAnswer.nullable().describe('null when the spec asks for none'),
  pace: z.strictObject({
    overruns: slots.describe('times that the clock fell behind its pace'),
    lagMs: z.number().min(0).describe('how far it is behind'),
  }),
  prefetch: z.strictObject({
    hits: slots.describe('day changes that waited for no rows'),
    misses: slots.describe('day changes that did'),
    bytes: slots.describe('bytes of bars that were read before their turn'),
  }),
  timedOutDays: z.array(z.string()).describe('days whose source was silent for feed.timeoutSeconds'),
  consumers: z.array(consumerAnswer).describe('who follows it, by name; those that left or were dropped included'),
  createdAt: time,
  updatedAt: time,
  completedAt: time.nullable(),
});

export const sessionPageAnswer = z.strictObject({
  sessions: z.array(sessionAnswer),
  nextCursor: z.string().nullable(),
});

export const symbolAnswer = z.strictObject({
  id: z.string(),
  symbol: z.string(),
  state: z
    .enum(['joining', 'present'])
    .describe('joining: the clock is held until the symbol is whole up to it; readers get 404 for it until then'),
});
export type SymbolView = z.output<typeof symbolAnswer>;

/** One bar as it is fed; further fields are left alone. */
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
  accepted: slots.describe('written into empty slots'),
  duplicates: slots.describe('the slot holds the same bar'),
  late: slots.describe('of the accepted ones, those whose slots the frontier had passed'),
  conflicts: slots.describe('the slot holds another bar, which stays; quarantined'),
  refused: z.record(z.string(), slots).describe('bars that cannot be stored, by reason'),
  problems: z
    .array(
      z.strictObject({
        index: slots.describe('place of the bar in the body, from 0'),
        line: z.int().min(1).optional().describe('of NDJSON, from 1'),
        reason: z.string(),
        openTime: time.optional(),
        detail: z.string().optional(),
      }),
    )
    .max(100)
    .describe('the first 100 bars that were refused or in conflict'),
});
export type FedView = z.output<typeof fedAnswer>;

export const feedEndAnswer = z.strictObject({ id: z.string(), symbol: z.string(), ended: z.literal(true) });
export type FeedEndView = z.output<typeof feedEndAnswer>;

export const upkeepAnswer = z.strictObject({ id: z.string(), requested: z.literal(true) });

export const readyAnswer = z.strictObject({
  status: z.literal('ready'),
  checks: z.record(z.string(), z.enum(['up', 'down'])),
});
export const liveAnswer = z.strictObject({ status: z.literal('live') });

export const problemAnswer = z.strictObject({
  type: z.string().describe('stable name of the cause, urn:barkeep:problem:…'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional(),
  requestId: z.string().optional().describe('names the request in the log of the service'),
  problems: z.array(z.strictObject({ field: z.string(), expected: z.string(), was: z.string() })).optional(),
  checks: z.record(z.string(), z.string()).optional(),
});
