/** Parameters that several routes take. */
import { FILLS, INTERVAL_WORDS, isInterval, SYMBOL_PATTERN, SYMBOL_WORDS, SYMBOLS_MAX } from '@barkeep/bars';
import { z } from 'zod';

/** Most entries of a page. */
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
    'strategy: nothing that depends on what is after the clock; operator: everything up to the frontier, with a key of BARKEEP_ADMIN_KEYS where keys are set',
});

/** Symbols, separated by commas. */
export const symbolList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.string().regex(SYMBOL_PATTERN, SYMBOL_WORDS)).max(SYMBOLS_MAX, `at most ${SYMBOLS_MAX} symbols`))
  .meta({ description: 'comma list', example: 'SPY,IBM' });

/** A trading date. @param description what it is when it is left out */
export function dateParameter(example: string, description: string) {
  return z.iso.date(`a date, such as ${example}`).optional().meta({ description });
}

/** Refuses a range that ends before it begins. */
export function checkDates(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (from === undefined || to === undefined || to >= from) return;
  context.addIssue({ code: 'custom', path: ['to'], message: 'a date that is not before from' });
}
