/**
 * The session spec: what a user asks for, checked once and turned into one shape with every default filled in.
 * All problems are reported together, each with its field, what was expected and what came. Pure.
 */
import { z } from 'zod';
import { calendarNamed, UnknownCalendarError, type Calendar, type TradingDay } from './calendar/index.js';
import { canonicalHistory, historyProblems, historySchema } from './history-spec.js';
import { INTERVAL_WORDS, isDerivable, isInterval, parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

export const SYMBOLS_MAX = 5_000;
export const SYMBOL_PATTERN = /^[A-Z0-9._-]{1,32}$/;
export const SESSION_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DATASET_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Stands for the dataset of bars that were fed. */
const FEED = 'feed';
const SLOTS_A_DAY_MAX = 65_535;

/** One thing that is wrong with an input. */
export interface FieldProblem {
  /** Path of the field, such as `upkeep.everySeconds` or `symbols[3]`; empty for the whole. */
  field: string;
  expected: string;
  was: string;
}

export class SessionSpecError extends Error {
  override readonly name = 'SessionSpecError';
  constructor(readonly problems: readonly FieldProblem[]) {
    super(problems.map((p) => `${p.field || 'spec'}: expected ${p.expected}, was ${p.was}`).join('; '));
  }
}

const interval = z.string().refine(isInterval, INTERVAL_WORDS);
const date = z.string().refine(isDate, 'a date, YYYY-MM-DD');
const dataset = z.string().regex(DATASET_PATTERN, `a dataset name, ${DATASET_PATTERN.source}`);
const seconds = (min: number, max: number) =>
  z.int('a whole number').min(min, `at least ${min}`).max(max, `at most ${max}`);
const speed = z.number('a number').min(0.1, 'at least 0.1').max(100_000, 'at most 100000');
/** Where the bars come from: rows of a dataset, or whoever feeds them; a feed's streams may be `latenessSeconds` out of order. */
const source = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('dataset'), dataset }),
    z.strictObject({ type: z.literal('feed'), latenessSeconds: seconds(0, 86_400).default(0) }),
  ],
  '"dataset" or "feed"',
);
/**
 * How the clock runs: as fast as it can, at `speed` × real time (pace.ts), or in lockstep: at most `window` base bars ahead
 * of the slowest consumer, once `consumers` have joined. A consumer that is silent for `heartbeatSeconds` is dropped, or
 * holds the session (`onSilence`).
 */
const pace = z.discriminatedUnion(
  'mode',
  [
    z.strictObject({ mode: z.literal('max') }),
    z.strictObject({
      mode: z.literal('clock'),
      speed,
      overrun: z.enum(['wait', 'fail'], '"wait" or "fail"').default('wait'),
    }),
    z.strictObject({
      mode: z.literal('lockstep'),
      window: seconds(1, 100_000).default(30),
      consumers: seconds(0, 1_000).default(1),
      heartbeatSeconds: seconds(1, 86_400).default(30),
      onSilence: z.enum(['drop', 'hold'], '"drop" or "hold"').default('drop'),
    }),
  ],
  '"max", "clock" or "lockstep"',
);

/** Defaults of the `upkeep` part that the environment may set (`DATA_UPKEEP_*`). */
export interface UpkeepDefaults {
  enabled: boolean;
  everySeconds: number;
  retryMissingBars: boolean;
  maxRetries: number;
  derivedIntervals: readonly string[];
  autoComputeDerived: boolean;
}

export const UPKEEP_DEFAULTS: UpkeepDefaults = {
  enabled: true,
  everySeconds: 60,
  retryMissingBars: true,
  maxRetries: 5,
  derivedIntervals: ['5m', '15m'],
  autoComputeDerived: true,
};

/** The zod schema of a spec with these upkeep defaults; {@link parseSessionSpec} adds what one field alone can't show. */
export function sessionSpecSchema(defaults: UpkeepDefaults = UPKEEP_DEFAULTS) {
  return z.strictObject({
    id: z.string().regex(SESSION_ID_PATTERN, `an id, ${SESSION_ID_PATTERN.source}`).optional(),
    symbols: z
      .array(z.string().regex(SYMBOL_PATTERN, `a symbol, ${SYMBOL_PATTERN.source}`))
      .min(1, 'at least 1 symbol')
      .max(SYMBOLS_MAX, `at most ${SYMBOLS_MAX} symbols`),
    calendar: z.string().default('XNYS'),
    hours: z.enum(['regular', 'extended'], 'regular or extended').default('regular'),
    start: date,
    end: date,
    baseInterval: interval.default('1m'),
    derivedIntervals: z
      .array(interval)
      .max(16, 'at most 16 intervals')
      .default([...defaults.derivedIntervals]),
    source,
    backfill: z.array(dataset).max(8, 'at most 8 datasets').default([]),
    pace: pace.default({ mode: 'max' }),
    feed: z.strictObject({ timeoutSeconds: seconds(1, 86_400).default(60) }).prefault({}),
    history: historySchema.prefault({}),
    upkeep: z
      .strictObject({
        enabled: z.boolean().default(defaults.enabled),
        everySeconds: seconds(1, 86_400).default(defaults.everySeconds),
        barrier: z
          .union(
            [z.enum(['day', 'none']), z.strictObject({ minutes: seconds(1, 1_440) })],
            '"day", "none" or { "minutes": 1 to 1440 }',
          )
          .default('day'),
        retryMissingBars: z.boolean().default(defaults.retryMissingBars),
        maxRetries: seconds(1, 100).default(defaults.maxRetries),
        autoComputeDerived: z.boolean().default(defaults.autoComputeDerived),
      })
      .prefault({}),
    retentionHours: z.number('a number of hours').min(0, 'at least 0').max(87_600, 'at most 87600').default(24),
  });
}

/** Made once for each object of defaults: zod compiles a schema where it is first used, which takes some milliseconds. */
const schemas = new WeakMap<UpkeepDefaults, ReturnType<typeof sessionSpecSchema>>();

function schemaFor(defaults: UpkeepDefaults): ReturnType<typeof sessionSpecSchema> {
  let schema = schemas.get(defaults);
  if (!schema) schemas.set(defaults, (schema = sessionSpecSchema(defaults)));
  return schema;
}

/** A checked spec with every default filled in; intervals have their canonical names, in ascending order. */
export type SessionSpec = z.output<ReturnType<typeof sessionSpecSchema>>;

/** The name under which a session's streamed bars are known: that of its dataset, or `feed`. */
export function sourceName(spec: Pick<SessionSpec, 'source'>): string {
  return spec.source.type === 'feed' ? FEED : spec.source.dataset;
}

/**
 * Checks a spec and fills in its defaults.
 * @throws SessionSpecError with every problem found
 */
export function parseSessionSpec(input: unknown, defaults: UpkeepDefaults = UPKEEP_DEFAULTS): SessionSpec {
  const parsed = schemaFor(defaults).safeParse(input, { reportInput: true });
  if (!parsed.success) throw new SessionSpecError(problemsOf(parsed.error, input));
  const problems = crossChecks(parsed.data); // before the intervals are put in order: a problem names the place it came from
  if (problems.length > 0) throw new SessionSpecError(problems);
  return canonical(parsed.data);
}

function canonical(spec: SessionSpec): SessionSpec {
  const derived = new Map(spec.derivedIntervals.map((text) => [parseInterval(text).name, parseInterval(text)]));
  return {
    ...spec,
    baseInterval: parseInterval(spec.baseInterval).name,
    derivedIntervals: [...derived.values()].sort((a, b) => a.ms - b.ms).map(({ name }) => name),
    history: canonicalHistory(spec.history),
  };
}

/** What can only be seen when several fields, or a calendar, are looked at together. */
function crossChecks(spec: SessionSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const wrong = (field: string, expected: string, was: unknown) => problems.push({ field, expected, was: shown(was) });
  const seen = new Set<string>();
  spec.symbols.forEach((symbol, i) => {
    if (seen.has(symbol)) wrong(`symbols[${i}]`, 'each symbol once', symbol);
    seen.add(symbol);
  });
  const base = parseInterval(spec.baseInterval);
  if (base.daily) wrong('baseInterval', 'minutes or hours', spec.baseInterval);
  else {
    spec.derivedIntervals.forEach((text, i) => {
      if (!isDerivable(parseInterval(text), base)) {
        wrong(`derivedIntervals[${i}]`, `a whole multiple of ${base.name}`, text);
      }
    });
  }
  for (const { field, expected, was } of historyProblems(spec)) wrong(field, expected, was);
  if (spec.source.type === 'feed') feedProblems(spec, wrong);
  if (spec.end < spec.start) wrong('end', `a date not before start, ${spec.start}`, spec.end);
  const days = daysOrProblem(spec, wrong);
  if (days?.length === 0 && spec.start <= spec.end)
    wrong('start', 'at least one trading day up to end', `${spec.start} to ${spec.end}`);
  const first = days?.[0];
  if (first && !base.daily && new DayGrid(first, base).slotCount > SLOTS_A_DAY_MAX) {
    wrong('baseInterval', `at most ${SLOTS_A_DAY_MAX} bars a day`, spec.baseInterval);
  }
  return problems;
}

/** A feed brings no bars from before the session, and its name is not that of a dataset. */
function feedProblems(
  { history, backfill }: SessionSpec,
  wrong: (field: string, expected: string, was: unknown) => void,
): void {
  const { trailingDays = 0, bars } = history;
  if (trailingDays > 0) wrong('history.trailingDays', '0 in a session that is fed', trailingDays);
  if (bars !== undefined) wrong('history.bars', 'no such field in a session that is fed', bars);
  backfill.forEach((name, i) => {
    if (name === FEED) wrong(`backfill[${i}]`, `another dataset than "${FEED}" in a session that is fed`, name);
  });
}

function daysOrProblem(
  spec: SessionSpec,
  wrong: (field: string, expected: string, was: unknown) => void,
): TradingDay[] | undefined {
  let calendar: Calendar;
  try {
    calendar = calendarNamed(spec.calendar);
  } catch (error) {
    if (!(error instanceof UnknownCalendarError)) throw error;
    wrong('calendar', `one of ${error.knownIds.join(', ')}`, spec.calendar);
    return undefined;
  }
  if (spec.hours === 'extended' && !calendar.hasExtendedHours) {
    wrong('hours', `regular (${calendar.id} has no extended hours)`, spec.hours);
    return undefined;
  }
  const limits = `a date from ${calendar.firstDate} to ${calendar.lastDate}, the known range of ${calendar.id}`;
  const outside = (['start', 'end'] as const).filter(
    (field) => spec[field] < calendar.firstDate || spec[field] > calendar.lastDate,
  );
  for (const field of outside) wrong(field, limits, spec[field]);
  return outside.length > 0 ? undefined : calendar.tradingDays(spec.start, spec.end, spec.hours);
}

/** The problems of a zod error with our words; `input` is what was parsed. */
export function problemsOf(error: z.ZodError, input: unknown): FieldProblem[] {
  return error.issues.flatMap((issue): FieldProblem[] => {
    const field = fieldPath(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: field ? `${field}.${key}` : key,
        expected: 'no such field',
        was: shown(valueAt(input, [...issue.path, key])),
      }));
    }
    const was = valueAt(input, issue.path);
    const hasOwnWords = issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input');
    const expected = hasOwnWords ? issue.message : issue.expected;
    return [{ field, expected, was: was === undefined ? 'nothing' : shown(was) }];
  });
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

/** A value as an error message shows it, on one line, at most 80 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text); // 30 February is another day, or none
}
