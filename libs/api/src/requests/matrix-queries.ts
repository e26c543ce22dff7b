/** The queries of routes that describe the data of a whole session. */
import { z } from 'zod';
import { checkDates, count, dateRange, PAGE_MAX, symbolList, view } from './parameters.js';

const DAYS_PAGE = 100;

/** A page of the matrix of symbols and trading days. */
export const daysQuery = z
  .strictObject({
    symbols: symbolList.optional().meta({ description: 'comma list; all symbols when left out', example: 'SPY,IBM' }),
    ...dateRange,
    after: z.string().max(64).optional().meta({ description: 'the `next` of an earlier page' }),
    limit: count(1, PAGE_MAX).default(DAYS_PAGE).meta({ description: 'symbols in one answer' }),
    view,
  })
  .superRefine(checkDates);
export type DaysQuery = z.output<typeof daysQuery>;
