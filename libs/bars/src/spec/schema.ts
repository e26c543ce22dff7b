/** The zod schema of a session spec: form, limits and default of each field. Checks that need several fields: ./checks.ts. Pure. */
import { z } from 'zod';
import { PRICES } from '../bar.js';
import { INTERVAL_WORDS, isInterval } from '../interval.js';
import { isDate } from '../calendar/index.js';

/** A session has at most this many symbols. */
export const SYMBOLS_MAX = 5_000;
/** An id is part of URLs and of Redis keys. */
export const SESSION_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DATASET_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The names of vendors, in either case: `BACpB` is not `BACPB`. No `.` and `..`: they are path segments in a URL. */
export const SYMBOL_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9._\-/^=:+@#&$~]{1,64}$/;

/** The words of error messages for what {@link SYMBOL_PATTERN} accepts. */
export const SYMBOL_WORDS = 'a symbol of 1 to 64 letters, digits and . _ - / ^ = : + @ # & $ ~ (not . or ..)';

/** A history has at most this many trading days. */
export const HISTORY_DAYS_MAX = 1_000;

const whole = (min: number, max: number) =>
  z.int('a whole number').min(min, `at least ${min}`).max(max, `at most ${max}`);

// `words` say what was expected, also when the value is no text.
const text = (words: string, isValid: (value: string) => boolean) => z.string(words).refine(isValid, words);
const matching = (pattern: RegExp, words: string) => z.string(words).regex(pattern, words);
const interval = text(INTERVAL_WORDS, isInterval);
const date = text('a date, YYYY-MM-DD', isDate);
const dataset = matching(DATASET_PATTERN, `a dataset name, ${DATASET_PATTERN.source}`);
/** Parameters of a union of objects. The words are an `example` for a value that is no object, else the `names` of the forms. */
const forms = (names: string, example: string) => ({
  error: ({ code }: { code?: string }) => (code === 'invalid_type' ? `an object such as ${example}` : names),
});

/** One object for both forms of a history, with and without `bars`, so that each problem can name its field. */
const historySchema = z.strictObject({
  trailingDays: whole(0, HISTORY_DAYS_MAX).optional().describe('trading days before the first one; 0 by default'),
  bars: whole(1, 100_000).optional().describe('or: as many days as give each symbol this many bars'),
  interval: interval.optional().describe('of the bars'),
  retainDays: whole(0, 10_000)
    .default(0)
    .describe('finished trading days that are retained, besides the one that streams; 0 retains all'),
});

/** A list of symbols, or `dataset` for all symbols of the source when the session is created. */
const symbols = z.union(
  [
    z.literal('dataset'),
    z
      .array(matching(SYMBOL_PATTERN, SYMBOL_WORDS))
      .min(1, 'at least 1 symbol')
      .max(SYMBOLS_MAX, `at most ${SYMBOLS_MAX} symbols`),
  ],
  'a list of symbols, or "dataset" for all symbols of the source',
);

/** Where the bars come from: the rows of a dataset, or a feed, to which bars may come out of order by at most `latenessSeconds`. */
const source = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('dataset'), dataset }),
    z.strictObject({ type: z.literal('feed'), latenessSeconds: whole(0, 86_400).default(0) }),
  ],
  forms('"dataset" or "feed"', '{ "type": "dataset", "dataset": "NAME" }'),
);

/**
 * How the clock moves: as fast as possible, at `speed` × real time (pace.ts), or in lockstep: at most `window` base bars
 * ahead of the slowest consumer, after `consumers` consumers have joined. After `heartbeatSeconds` of silence from a consumer, the
 * session drops it or waits for it (`onSilence`).
 */
const pace = z.discriminatedUnion(
  'mode',
  [
    z.strictObject({ mode: z.literal('max') }),
    z.strictObject({
      mode: z.literal('clock'),
      speed: z.number('a number').min(0.1, 'at least 0.1').max(100_000, 'at most 100000'),
      overrun: z.enum(['wait', 'fail'], '"wait" or "fail"').default('wait'),
    }),
    z.strictObject({
      mode: z.literal('lockstep'),
      window: whole(1, 100_000).default(30),
      consumers: whole(0, 1_000).default(1),
      heartbeatSeconds: whole(1, 86_400).default(30),
      onSilence: z.enum(['drop', 'hold'], '"drop" or "hold"').default('drop'),
    }),
  ],
  forms('"max", "clock" or "lockstep"', '{ "mode": "max" }'),
);

/** Defaults of the `upkeep` part when the environment sets none (`DATA_UPKEEP_*`). */
export const UPKEEP_DEFAULTS = {
  enabled: true,
  everySeconds: 60,
  retryMissingBars: true,
  maxRetries: 5,
  derivedIntervals: ['5m', '15m'] as readonly string[],
  autoComputeDerived: true,
};
export type UpkeepDefaults = typeof UPKEEP_DEFAULTS;

function newSchema(defaults: UpkeepDefaults) {
  return z.strictObject({
    id: matching(SESSION_ID_PATTERN, `an id, ${SESSION_ID_PATTERN.source}`).optional(),
    symbols,
    calendar: z.string('the name of a calendar').default('XNYS'),
    hours: z.enum(['regular', 'extended'], 'regular or extended').default('regular'),
    start: date,
    end: date,
    baseInterval: interval.default('1m'),
    derivedIntervals: z
      .array(interval, 'a list of intervals')
      .max(16, 'at most 16 intervals')
      .default([...defaults.derivedIntervals]),
    source,
    backfill: z.array(dataset, 'a list of datasets').max(8, 'at most 8 datasets').default([]),
    prices: z
      .enum(PRICES, '"positive" or "any"')
      .default('positive')
      .describe('positive: a negative price or a price of 0 is refused; any: both are valid'),
    pace: pace.default({ mode: 'max' }),
    feed: z.strictObject({ timeoutSeconds: whole(1, 86_400).default(60) }).prefault({}),
    history: historySchema.prefault({}),
    upkeep: z
      .strictObject({
        enabled: z.boolean().default(defaults.enabled),
        everySeconds: whole(1, 86_400).default(defaults.everySeconds),
        barrier: z
          .union(
            [z.enum(['day', 'none']), z.strictObject({ minutes: whole(1, 1_440) })],
            '"day", "none" or { "minutes": 1 to 1440 }',
          )
          .default('day'),
        retryMissingBars: z.boolean().default(defaults.retryMissingBars),
        maxRetries: whole(1, 100).default(defaults.maxRetries),
        /** When a repository failed in every attempt: wait for it, mark its slots absent and continue, or fail the session. */
        onFailure: z.enum(['wait', 'continue', 'fail'], '"wait", "continue" or "fail"').default('wait'),
        autoComputeDerived: z.boolean().default(defaults.autoComputeDerived),
      })
      .prefault({}),
    retentionHours: z.number('a number of hours').min(0, 'at least 0').max(87_600, 'at most 87600').default(24),
  });
}

/** A checked spec whose symbols may still be `dataset`. Intervals have their canonical names, in ascending order. */
export type SessionRequest = z.output<ReturnType<typeof newSchema>>;

/** The spec that a session keeps: checked, with every default filled in and a list of symbols. */
export type SessionSpec = Omit<SessionRequest, 'symbols'> & { symbols: string[] };

/** By object of defaults, because zod compiles a schema at its first use, which takes milliseconds. */
const schemas = new WeakMap<UpkeepDefaults, ReturnType<typeof newSchema>>();

/** The schema of a spec, with these defaults of its `upkeep` part. */
export function sessionSpecSchema(defaults = UPKEEP_DEFAULTS): ReturnType<typeof newSchema> {
  let schema = schemas.get(defaults);
  if (!schema) schemas.set(defaults, (schema = newSchema(defaults)));
  return schema;
}
