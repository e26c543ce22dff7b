/** The requests for a range of days, of a session or of a dataset, and the body of a call that runs upkeep. */
import { calendarIds, calendarNamed, SYMBOL_PATTERN, SYMBOL_WORDS, SYMBOLS_MAX } from '@barkeep/bars';
import { z } from 'zod';
import {
  checkDates,
  dateParameter,
  interval,
  PAGE_MAX,
  symbolList,
  TIME_EXPECTED,
  timeInput,
  view,
  wholeParameter,
} from './parameters.js';

const DAYS_PAGE = 100;

/** Trading dates of a session, both included. */
const sessionDates = {
  from: dateParameter('2013-10-07', 'the first date of the session when left out'),
  to: dateParameter('2013-10-11', 'included; the last date when left out'),
};

const someSymbols = symbolList
  .optional()
  .meta({ description: 'comma list; all symbols when left out', example: 'SPY,IBM' });

/** A page of the matrix of symbols and trading days. */
export const daysQuery = z
  .strictObject({
    symbols: someSymbols,
    ...sessionDates,
    after: z.string().max(64).optional().meta({ description: 'the `next` of an earlier page' }),
    limit: wholeParameter(1, PAGE_MAX).default(DAYS_PAGE).meta({ description: 'symbols in one answer' }),
    view,
  })
  .superRefine(checkDates);
export type DaysQuery = z.output<typeof daysQuery>;

/** A page of the rows of a dataset by symbol and day. Dates are trading dates, both included. */
export const coverageQuery = z
  .strictObject({
    calendar: z
      .string()
      .default('XNYS')
      .refine((id) => calendarIds().includes(id), 'the id of a calendar, such as XNYS'),
    hours: z.enum(['regular', 'extended'], 'regular or extended').default('regular'),
    from: dateParameter('2013-10-07', 'that of the first bar when left out'),
    to: dateParameter('2013-10-11', 'included; that of the last bar when left out'),
    limit: wholeParameter(1, PAGE_MAX).default(PAGE_MAX).meta({ description: 'symbols in one answer' }),
    after: z.string().max(64).optional().meta({ description: 'the nextAfter of an earlier page' }),
  })
  .superRefine(checkDates)
  .superRefine(({ calendar, hours }, context) => {
    if (hours === 'regular' || !calendarIds().includes(calendar) || calendarNamed(calendar).hasExtendedHours) return;
    const message = `regular, as ${calendar} has no extended hours`;
    context.addIssue({ code: 'custom', path: ['hours'], message });
  });
export type CoverageQuery = z.output<typeof coverageQuery>;

/** The bars of an export; open times, end exclusive. */
export const exportQuery = z
  .strictObject({
    format: z.enum(['csv', 'ndjson'], 'csv or ndjson').default('csv'),
    interval,
    symbols: someSymbols,
    from: timeInput.optional().meta({ description: `${TIME_EXPECTED}; the first bar when left out` }),
    to: timeInput.optional().meta({ description: 'exclusive; the clock when left out' }),
  })
  .superRefine(({ from, to }, context) => {
    if (from === undefined || to === undefined || to > from) return;
    context.addIssue({ code: 'custom', path: ['to'], message: 'a time after from' });
  });
export type ExportQuery = z.output<typeof exportQuery>;

/** The body of a call that runs upkeep. */
export const upkeepInput = z
  .strictObject({
    symbols: z
      .array(z.string().regex(SYMBOL_PATTERN, SYMBOL_WORDS))
      .min(1, 'at least 1 symbol')
      .max(SYMBOLS_MAX, `at most ${SYMBOLS_MAX} symbols`)
      .optional()
      .describe('all symbols when left out'),
    ...sessionDates,
    dryRun: z.boolean().default(false).describe('true: answer what would be requested, and request nothing'),
  })
  .superRefine(checkDates);
export type UpkeepInput = z.output<typeof upkeepInput>;
