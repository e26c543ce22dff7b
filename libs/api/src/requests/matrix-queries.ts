/** The query strings of routes that describe the data of a whole session. */
import { SESSION_ID_PATTERN } from '@barkeep/bars';
import { z } from 'zod';
import { checkDates, dateRange, interval, PAGE_MAX, symbolList, view, wholeParameter } from './parameters.js';
import { TIME_EXPECTED, timeInput } from './time-input.js';

const DAYS_PAGE = 100;

/** A page of the matrix of symbols and trading days. */
export const daysQuery = z
  .strictObject({
    symbols: symbolList.optional().meta({ description: 'comma list; all symbols when left out', example: 'SPY,IBM' }),
    ...dateRange,
    after: z.string().max(64).optional().meta({ description: 'the `next` of an earlier page' }),
    limit: wholeParameter(1, PAGE_MAX).default(DAYS_PAGE).meta({ description: 'symbols in one answer' }),
    view,
  })
  .superRefine(checkDates);
export type DaysQuery = z.output<typeof daysQuery>;

/** The other session of a comparison. */
export const differenceQuery = z.strictObject({
  with: z
    .string()
    .regex(SESSION_ID_PATTERN, 'the id of a session')
    .meta({ description: 'the other session', example: 'second-run' }),
  view: view.describe('both views have the same answer'),
});
export type DifferenceQuery = z.output<typeof differenceQuery>;

/** The bars of an export; open times, end exclusive. */
export const exportQuery = z
  .strictObject({
    format: z.enum(['csv', 'ndjson'], 'csv or ndjson').default('csv'),
    interval,
    symbols: symbolList.optional().meta({ description: 'comma list; all symbols when left out', example: 'SPY,IBM' }),
    from: timeInput.optional().meta({ description: `${TIME_EXPECTED}; the first bar when left out` }),
    to: timeInput.optional().meta({ description: 'exclusive; the clock when left out' }),
  })
  .superRefine(({ from, to }, context) => {
    if (from === undefined || to === undefined || to > from) return;
    context.addIssue({ code: 'custom', path: ['to'], message: 'a time after from' });
  });
export type ExportQuery = z.output<typeof exportQuery>;
