/**
 * The query strings and headers that routes accept, and the body of a call that runs upkeep: one strict schema each. A parameter that
 * the schema does not have is refused, so that a misspelt parameter is an error and not ignored.
 */
import * as bars from '@barkeep/bars';
import { isEventType, SESSION_EVENT_TYPES } from '@barkeep/session-data';
import { z } from 'zod';
import {
  checkDateRange,
  checkTimeRange,
  dateParameter,
  fill,
  interval,
  PAGE_MAX,
  refuse,
  symbolList,
  TIME_EXPECTED,
  timeParameter,
  view,
  wholeParameter,
} from './parameters.js';

export const BARS_MAX = 10_000;
const BARS_DEFAULT = 100;
/** Symbols on a page of the matrix of days, when the query names no number. */
const DAYS_PAGE = 100;

export const viewQuery = z.strictObject({ view });

export const metricsQuery = z.strictObject({
  view,
  date: z.iso
    .date('a trading day of the session, such as 2024-03-06')
    .optional()
    .meta({ description: 'counts, gaps and session figures of this trading day alone', example: '2024-03-06' }),
});

export const noQuery = z.strictObject({});

export const createQuery = z.strictObject({
  start: z
    .enum(['true', 'false'], 'true or false')
    .default('false')
    .transform((word) => word === 'true'),
});

export const listQuery = z.strictObject({
  state: z.enum(bars.SESSION_STATES, `one of ${bars.SESSION_STATES.join(', ')}`).optional(),
  limit: wholeParameter(1, PAGE_MAX).default(50),
  cursor: z.string().max(512, 'a nextCursor from an earlier page').optional(),
  view,
});

/** The other session of a comparison. */
export const differenceQuery = z.strictObject({
  with: z
    .string()
    .regex(bars.SESSION_ID_PATTERN, 'the id of a session')
    .meta({ description: 'the other session', example: 'second-run' }),
  view: view.describe('both views have the same answer'),
});

export const intervalQuery = z.strictObject({ interval, fill });

export const symbolsQuery = z.strictObject({ symbols: symbolList, interval, fill });

/** The first event to send, and the types to send; all types when `types` is left out. */
export const eventsQuery = z.strictObject({
  view,
  from: z
    .enum(['now', 'beginning'], 'now or beginning')
    .default('now')
    .meta({ description: 'now: events from the time of the call on; beginning: from the oldest retained event' }),
  types: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().refine(isEventType, `one of ${SESSION_EVENT_TYPES.join(', ')}`)))
    .transform((names) => new Set(names.filter(isEventType)))
    .optional()
    .meta({ description: 'event types, separated by commas', example: 'clock,day-closed,state' }),
});

/** Either the newest `last` bars, or those that open in `[from, to)`. Without any of the three: the newest 100 bars. */
export const barsQuery = z
  .strictObject({
    interval,
    fill,
    last: wholeParameter(1, BARS_MAX)
      .optional()
      .meta({
        description: `number of the newest bars (slots, with fill=forward); ${BARS_DEFAULT} without this and from`,
      }),
    from: timeParameter(`${TIME_EXPECTED}; openTime of the first bar`, '2024-03-06T14:30:00Z'),
    to: timeParameter('exclusive; the clock when left out', '2024-03-06T21:00:00Z'),
  })
  .superRefine(({ last, from, to }, context) => {
    const isRange = from !== undefined || to !== undefined;
    if (last !== undefined && isRange) refuse(context, 'last', 'either last, or from and to');
    if (last === undefined && isRange && from === undefined) refuse(context, 'from', 'a time, since to is given');
  })
  .superRefine(checkTimeRange)
  .transform(({ last, from, to, ...rest }) => {
    if (from === undefined) return { ...rest, last: last ?? BARS_DEFAULT };
    return { ...rest, from, to: to ?? Number.MAX_SAFE_INTEGER }; // without `to`, the clock is the end of every read
  });

/** How many bars of the symbol the store had at the feeder's last call. The maximum is the largest that `wholeParameter` can read. */
const seen = wholeParameter(0, 999_999_999).optional().meta({
  description: '`stored` of the last answer: when the store has fewer bars, the call is refused as fed-bars-lost',
  example: 3890,
});

export const feedQuery = z.strictObject({
  through: timeParameter(`${TIME_EXPECTED}; no further bars until then`, '2013-10-07T20:00:00Z'),
  seen,
});

export const feedEndQuery = z.strictObject({ seen });

/** Trading dates of a session, both included. */
const sessionDates = {
  from: dateParameter('2024-03-04', 'the first date of the session when left out'),
  to: dateParameter('2024-03-08', 'included; the last date when left out'),
};

const optionalSymbols = symbolList
  .optional()
  .meta({ description: 'separated by commas; all symbols when left out', example: 'ALPHA,EMBER' });

/** A page of the matrix of symbols and trading days. */
export const daysQuery = z
  .strictObject({
    symbols: optionalSymbols,
    ...sessionDates,
    after: z.string().max(64).optional().meta({ description: 'the `next` of an earlier page' }),
    limit: wholeParameter(1, PAGE_MAX).default(DAYS_PAGE).meta({ description: 'symbols in one answer' }),
    view,
  })
  .superRefine(checkDateRange);

/** A page of the rows of a dataset by symbol and day. Dates are trading dates, both included. */
export const coverageQuery = z
  .strictObject({
    calendar: z
      .string()
      .default('XNYS')
      .refine((id) => bars.calendarIds().includes(id), 'the id of a calendar, such as XNYS'),
    hours: z.enum(['regular', 'extended'], 'regular or extended').default('regular'),
    from: dateParameter('2024-03-04', 'the date of the first bar when left out'),
    to: dateParameter('2024-03-08', 'included; the date of the last bar when left out'),
    limit: wholeParameter(1, PAGE_MAX).default(PAGE_MAX).meta({ description: 'symbols in one answer' }),
    after: z.string().max(64).optional().meta({ description: 'the nextAfter of an earlier page' }),
  })
  .superRefine(checkDateRange)
  .superRefine(({ calendar, hours }, context) => {
    // An unknown calendar was already refused above.
    if (hours === 'regular' || !bars.calendarIds().includes(calendar) || bars.calendarNamed(calendar).hasExtendedHours)
      return;
    refuse(context, 'hours', `regular, as ${calendar} has no extended hours`);
  });

export const exportQuery = z
  .strictObject({
    format: z.enum(['csv', 'ndjson'], 'csv or ndjson').default('csv'),
    interval,
    symbols: optionalSymbols,
    from: timeParameter(`${TIME_EXPECTED}; the first bar when left out`),
    to: timeParameter('exclusive; the clock when left out'),
  })
  .superRefine(checkTimeRange);

/** The body of a call that runs upkeep; dates are included. */
export const upkeepInput = z
  .strictObject({
    symbols: z
      .array(z.string().regex(bars.SYMBOL_PATTERN, bars.SYMBOL_WORDS))
      .min(1, 'at least 1 symbol')
      .max(bars.SYMBOLS_MAX, `at most ${bars.SYMBOLS_MAX} symbols`)
      .optional()
      .describe('all symbols when left out'),
    ...sessionDates,
    dryRun: z.boolean().default(false).describe('true: answer what would be requested, and request nothing'),
  })
  .superRefine(checkDateRange);

export const idempotencyKeyHeader = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
  .meta({ description: 'any text of 1 to 255 visible ASCII characters; the same key and spec give the same session' });

export const lastEventIdHeader = z
  .string()
  .meta({ description: 'the id of the last event that was received; it takes precedence over `from`' });

export type ListQuery = z.output<typeof listQuery>;
export type CoverageQuery = z.output<typeof coverageQuery>;
export type UpkeepInput = z.output<typeof upkeepInput>;
