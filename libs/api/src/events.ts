/**
 * The data of each event of `GET /v1/sessions/{id}/events`. The names and fields are those of session-data; the compiler
 * checks that they agree. Times are ISO 8601 here, and epoch milliseconds in session-data.
 */
import { SESSION_STATES } from '@barkeep/bars';
import type { SessionEvent, SessionEventType } from '@barkeep/session-data';
import { z } from 'zod';
import { count, date, slotCounts, texts, time } from './values.js';

type TimeField = 'at' | 'time' | 'position' | 'nextTryAt';
/** The fields of an event as the API shows them: without its type, and with times as text. */
type Shown<E> = { [F in keyof E as Exclude<F, 'type'>]: F extends TimeField ? string : E[F] };
type Schemas = { [T in SessionEventType]: z.ZodType<Shown<Extract<SessionEvent, { type: T }>>> };

const at = time.describe('when the store recorded the event, wall clock');
const day = { at, time: time.describe('simulated time'), date, symbols: count };
const consumer = { at, time, consumer: z.string(), position: time };
const barsBySymbol = z.record(z.string(), count);
const settled = z.strictObject({ noTrade: count, unfillable: count, absent: count });

export const eventAnswers = {
  clock: z.strictObject({ at, time }).describe('the clock moved'),
  'day-opened': z
    .strictObject({
      ...day,
      expected: count,
      waitedMs: z.number().describe('from the last close until the first bars of this day were stored; 0 if earlier'),
    })
    .describe('the clock reached the first open of a trading day'),
  'day-closing': z.strictObject({ ...day, ...slotCounts }).describe('the last bar of a trading day begins'),
  'day-closed': z.strictObject({ ...day, ...slotCounts }).describe('the clock reached the close of a trading day'),
  'day-timed-out': z
    .strictObject({ at, time, date, timeoutMs: count })
    .describe('the source was silent for feed.timeoutSeconds; the rest of the day is empty'),
  state: z
    .strictObject({ at, state: z.enum([...SESSION_STATES, 'deleted']), error: z.string().optional() })
    .describe('the state of the session changed; deleted is the last one'),
  'consumer-joined': z.strictObject(consumer).describe('a named consumer joined, or a dropped one is back'),
  'consumer-left': z.strictObject({ ...consumer, reason: z.string() }).describe('a consumer left, or was removed'),
  'consumer-dropped': z.strictObject({ ...consumer, silentMs: count }).describe('a consumer was silent for too long'),
  'stream-silent': z.strictObject({ at, time, symbol: z.string() }).describe('the feed of a symbol is silent'),
  'gap-found': z.strictObject({ at, date, symbols: barsBySymbol }).describe('empty slots, by symbol'),
  'gap-filled': z.strictObject({ at, date, symbols: barsBySymbol }).describe('filled slots, by symbol'),
  'gap-settled': z
    .strictObject({ at, date, symbols: z.record(z.string(), settled) })
    .describe('slots that became no-trade, unfillable or absent, by symbol'),
  'late-bars': z.strictObject({ at, date, symbols: barsBySymbol }).describe('fed bars before the frontier, by symbol'),
  'repository-failed': z
    .strictObject({ at, repository: z.string(), error: z.string(), nextTryAt: time })
    .describe('only in the view of an operator: a repository failed; its slots wait for the next attempt'),
  'repository-recovered': z
    .strictObject({ at, repository: z.string(), failedMs: count })
    .describe('only in the view of an operator: a repository that had failed answered again'),
  derived: z.strictObject({ at, date, symbols: texts }).describe('their derived bars were written or changed'),
  quality: z
    .strictObject({ at, date, symbols: count, ...slotCounts, barQuality: z.number() })
    .describe('upkeep has finished a day of one partition, or a later repair changed the day'),
} as const satisfies Schemas;
