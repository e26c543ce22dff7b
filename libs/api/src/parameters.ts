/**
 * Parameters that several routes take. A time is ISO 8601 with a zone, a date (midnight UTC), or epoch milliseconds. A number before
 * 1990 or after the year 5138 is refused, because it is probably in seconds or microseconds. ISO texts of any date are valid. Pure.
 */
import { FILLS, INTERVAL_WORDS, isInterval, SYMBOL_PATTERN, SYMBOL_WORDS, SYMBOLS_MAX } from '@barkeep/bars';
import { z } from 'zod';

export const PAGE_MAX = 500;

/** A whole number in a query string, in `[min, max]`. */
export function wholeParameter(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .pipe(z.number().min(min, expected).max(max, expected))
    .meta({ type: 'integer', minimum: min, maximum: max });
}

export const interval = z
  .string()
  .refine(isInterval, INTERVAL_WORDS)
  .optional()
  .meta({ description: 'the base interval when left out', example: '5m' });

export const fill = z
  .enum(FILLS, `one of ${FILLS.join(', ')}`)
  .default('none')
  .meta({ description: 'forward shows an empty slot with the last close, volume 0 and origin filled-forward' });

export const view = z.enum(['strategy', 'operator'], 'strategy or operator').default('strategy').meta({
  description:
    'strategy: nothing that depends on what is after the clock; operator: everything up to the frontier, with an admin key where keys are set',
});

/** Symbols, separated by commas; one that is named several times counts once. */
export const symbolList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.string().regex(SYMBOL_PATTERN, SYMBOL_WORDS)))
  .transform((symbols) => [...new Set(symbols)])
  .pipe(z.array(z.string()).max(SYMBOLS_MAX, `at most ${SYMBOLS_MAX} symbols`))
  .meta({ description: 'symbols, separated by commas', example: 'ALPHA,EMBER' });

/** A trading date. @param description which date is meant when the parameter is left out */
export function dateParameter(example: string, description: string) {
  return z.iso.date(`a date, such as ${example}`).optional().meta({ description });
}

/** Adds the problem of a field that is wrong together with other fields. */
export function refuse(context: z.RefinementCtx, field: string, expected: string): void {
  context.addIssue({ code: 'custom', path: [field], message: expected });
}

/** Refuses a range of dates that ends before it begins. Dates of the form YYYY-MM-DD are in the right order as texts. */
export function checkDateRange({ from, to }: { from?: string; to?: string }, context: z.RefinementCtx): void {
  if (from !== undefined && to !== undefined && to < from) refuse(context, 'to', 'a date that is not before from');
}

/** Refuses a range of times, epoch ms, that does not end after its begin. */
export function checkTimeRange({ from, to }: { from?: number; to?: number }, context: z.RefinementCtx): void {
  if (from !== undefined && to !== undefined && to <= from) refuse(context, 'to', 'a time after from');
}

/** The smallest number that is taken as epoch ms: 1990-01-01. Times of this century in epoch seconds are smaller numbers. */
const EPOCH_MS_MIN = 631_152_000_000;
/** The first number that is too large to be epoch ms: in the year 5138. Times from 1990 on in epoch microseconds are larger numbers. */
const EPOCH_MS_END = 1e14;
const WHOLE_NUMBER = /^-?\d+$/;
const isoTimes = z.union([
  z.iso.date(),
  z.iso.datetime({ offset: true }),
  z.iso.datetime({ offset: true, precision: -1 }), // without seconds
]);

/** What {@link parseTime} accepts, for error messages. */
export const TIME_EXPECTED = `an ISO 8601 time with a zone, a date or epoch milliseconds (a number from ${EPOCH_MS_MIN}, not seconds or microseconds)`;

/** Whether a number can be epoch milliseconds, and not seconds, microseconds or nanoseconds. */
export function isEpochMs(ms: number): boolean {
  return ms >= EPOCH_MS_MIN && ms < EPOCH_MS_END;
}

/** The time in epoch milliseconds; undefined when the text is no time, or a number that is not in milliseconds. */
export function parseTime(text: string): number | undefined {
  if (WHOLE_NUMBER.test(text)) {
    const ms = Number(text);
    return isEpochMs(ms) ? ms : undefined;
  }
  // In a query string an unescaped "+02:00" arrives as " 02:00".
  const iso = text.replace(' ', '+');
  if (!isoTimes.safeParse(iso).success) return undefined;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

const timeInput = z.string().transform((text, context) => {
  const ms = parseTime(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: TIME_EXPECTED });
  return z.NEVER;
});

/** A time in a query string; its output is epoch milliseconds. */
export function timeParameter(description: string, example?: string) {
  return timeInput.optional().meta({ description, ...(example !== undefined && { example }) });
}

/** A time as ISO 8601 in UTC, such as `2013-10-07T13:30:00.000Z`. @param ms epoch ms */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
