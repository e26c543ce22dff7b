/** The body of a call that runs upkeep. */
import { SYMBOL_PATTERN, SYMBOL_WORDS, SYMBOLS_MAX } from '@barkeep/bars';
import { z } from 'zod';
import { checkDates, dateRange } from './parameters.js';

export const upkeepInput = z
  .strictObject({
    symbols: z
      .array(z.string().regex(SYMBOL_PATTERN, SYMBOL_WORDS))
      .min(1, 'at least 1 symbol')
      .max(SYMBOLS_MAX, `at most ${SYMBOLS_MAX} symbols`)
      .optional()
      .describe('all symbols when left out'),
    ...dateRange,
    dryRun: z.boolean().default(false).describe('true: answer what would be requested, and request nothing'),
  })
  .superRefine(checkDates);
export type UpkeepInput = z.output<typeof upkeepInput>;
