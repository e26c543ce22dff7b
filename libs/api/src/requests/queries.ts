/**
 * The query strings and headers that routes take: one strict schema each. A parameter that the schema does not name is
 * refused, so that a misspelt parameter is an error instead of a surprise.
 */
import { SESSION_ID_PATTERN, SESSION_STATES } from '@barkeep/bars';
import { isEventType, SESSION_EVENT_TYPES } from '@barkeep/session-data';
import { z } from 'zod';
import { fill, interval, PAGE_MAX, symbolList, TIME_EXPECTED, timeInput, view, wholeParameter } from './parameters.js';

/** Most bars that one answer has. */
export const BARS_MAX = 10_000;
const BARS_DEFAULT = 100;

/** For routes with two views. */
export const viewQuery = z.strictObject({ view });

export const metricsQuery = z.strictObject({
  view,
  date: z.iso
    .date('a trading day of the session, such as 2013-10-07')
    .optional()
    .meta({ description: 'counts, gaps and session figures of this trading day alone', example: '2013-10-07' }),
});

/** For routes that take no query. */
export const noQuery = z.strictObject({});

export const createQuery = z.strictObject({
  start: z
    .enum(['true', 'false'], 'true or false')
    .default('false')
    .transform((word) => word === 'true'),
});

export const listQuery = z.strictObject({
  state: z.enum(SESSION_STATES, `one of ${SESSION_STATES.join(', ')}`).optional(),
  limit: wholeParameter(1, PAGE_MAX).default(50),
  cursor: z.string().max(512, 'a nextCursor from an earlier page').optional(),
  view,
});

/** The other session of a comparison. */
export const differenceQuery = z.strictObject({
  with: z
    .string()
    .regex(SESSION_ID_PATTERN, 'the id of a session')
    .meta({ description: 'the other session', example: 'second-run' }),
  view: view.describe('both views have the same answer'),
});

export const intervalQuery = z.strictObject({ interval, fill });

export const symbolsQuery = z.strictObject({ symbols: symbolList, interval, fill });

/** Where events begin, and their types; all types when `types` is left out. */
export const eventsQuery = z.strictObject({
  view,
  from: z
    .enum(['now', 'beginning'], 'now or beginning')
    .default('now')
    .meta({ description: 'now: events from here on; beginning: from the oldest event that is retained' }),
  types: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().refine(isEventType, `one of ${SESSION_EVENT_TYPES.join(', ')}`)))
    .transform((names) => new Set(names.filter(isEventType)))
    .optional()
    .meta({ description: 'comma list', example: 'clock,day-closed,state' }),
});

/** Either the `last` bars, or those that open in `[from, to)`; without either the last 100. */
export const barsQuery = z
  .strictObject({
    interval,
    fill,
    last: wholeParameter(1, BARS_MAX)
      .optional()
      .meta({
        description: `how many of the newest bars (slots, with fill=forward); ${BARS_DEFAULT} when neither this nor from is given`,
      }),
    from: timeInput
      .optional()
      .meta({ description: `${TIME_EXPECTED}; openTime of the first bar`, example: '2013-10-07T13:30:00Z' }),
    to: timeInput
      .optional()
      .meta({ description: 'exclusive; the clock when left out', example: '2013-10-07T20:00:00Z' }),
  })
  .superRefine((query, context) => {
    const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const { last, from, to } = query;
    if (last !== undefined && (from !== undefined || to !== undefined)) wrong('last', 'either last, or from and to');
    if (to !== undefined && from === undefined && last === undefined) wrong('from', 'a time, since to is given');
    if (from !== undefined && to !== undefined && to <= from) wrong('to', 'a time after from');
  })
  .transform(({ last, from, to, ...rest }) =>
    from === undefined ? { ...rest, last: last ?? BARS_DEFAULT } : { ...rest, from, to: to ?? Number.MAX_SAFE_INTEGER },
  );

/** How many bars of the symbol a feeder knows to be stored. */
const seen = wholeParameter(0, 999_999_999).optional().meta({
  description:
    '`stored` of the last answer that this feeder got: with fewer bars in the store the call is refused as fed-bars-lost',
  example: 3890,
});

export const feedQuery = z.strictObject({
  through: timeInput.optional().meta({
    description: `${TIME_EXPECTED}; up to then the stream has no further bars`,
    example: '2013-10-07T20:00:00Z',
  }),
  seen,
});

export const feedEndQuery = z.strictObject({ seen });

/** The headers that routes read; Node gives their names in lower case. */
export const idempotencyKeyHeader = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
  .meta({ description: 'any text of 1 to 255 visible ASCII characters; the same key and spec give the same session' });

export const lastEventIdHeader = z
  .string()
  .meta({ description: 'the id of the last event that was received; it takes precedence over `from`' });

export type MetricsQuery = z.output<typeof metricsQuery>;
export type ViewQuery = z.output<typeof viewQuery>;
export type DifferenceQuery = z.output<typeof differenceQuery>;
export type CreateQuery = z.output<typeof createQuery>;
export type ListQuery = z.output<typeof listQuery>;
export type IntervalQuery = z.output<typeof intervalQuery>;
export type SymbolsQuery = z.output<typeof symbolsQuery>;
export type FeedQuery = z.output<typeof feedQuery>;
export type FeedEndQuery = z.output<typeof feedEndQuery>;
export type EventsQuery = z.output<typeof eventsQuery>;
export type ParsedBarsQuery = z.output<typeof barsQuery>;
