/** A session, its consumers, its symbols and its certificate. */
import { SESSION_STATES, sessionSpecSchema } from '@barkeep/bars';
import { z } from 'zod';
import { count, date, outsideCounts, sha256, slotCounts, texts, time } from '../values.js';

const consumerAnswer = z.strictObject({
  name: z.string(),
  state: z
    .enum(['active', 'silent', 'dropped', 'left'])
    .describe('silent: no heartbeat for pace.heartbeatSeconds; dropped: silent, and the clock no longer waits for it'),
  time: time.describe('the consumer has processed every step up to this time'),
  steps: count.describe('steps that were delivered to it'),
  bars: count.describe('bars that were delivered to it'),
  deliveredHash: sha256.describe('chained SHA-256 of what was delivered to it; zeros at first'),
  seenAt: time.describe('its last heartbeat, wall clock'),
});
export type ConsumerAnswer = z.output<typeof consumerAnswer>;

const historyAnswer = z.strictObject({
  days: count.describe('trading days before the first one of the session'),
  firstDate: date.nullable().describe('date of the oldest of these days'),
  calendarBegins: z.boolean().describe('true when the spec wants more days, but the calendar begins at firstDate'),
  bars: z.record(z.string(), count).nullable().describe('by symbol, at `history.interval`; null until all are stored'),
});
export type HistoryAnswer = z.output<typeof historyAnswer>;

const waitingForAnswer = z.strictObject({
  kind: z.enum(['repository', 'worker', 'consumers', 'feed', 'pace', 'server', 'symbols']),
  what: texts.describe('names of the repositories, consumers, symbols or servers that the session waits for'),
  since: time.nullable(),
  detail: z.string().describe('one sentence for people; empty, as is `what`, in the view of a strategy'),
  nextTryAt: time.nullable().describe('when the next attempt is made; null when no time is set for one'),
});
/** What a session waits for, and what would help. */
export type WaitingFor = z.output<typeof waitingForAnswer>;

export const sessionAnswer = z.strictObject({
  id: z.string(),
  state: z.enum(SESSION_STATES),
  spec: sessionSpecSchema(),
  symbols: texts.describe('the current symbols, including those that are joining'),
  clock: time.nullable().describe('readers see bars up to this time; null before the first start'),
  frontier: time.nullable().describe('the source is stored up to this time'),
  watermark: time.nullable().describe('every slot before it is filled, settled or absent, and derived bars are made'),
  progress: z.number().min(0).max(1),
  error: z.string().nullable().describe('why the session failed'),
  waitingFor: waitingForAnswer.nullable().describe('null while it does not wait'),
  warnings: texts.describe('sentences for people; most are only in the view of an operator'),
  counts: z
    .strictObject({ ...slotCounts, refused: count, ...outsideCounts })
    .describe('slots of all symbols before the clock; in the view of an operator before the frontier'),
  history: historyAnswer.nullable().describe('null when the spec has no history'),
  pace: z.strictObject({
    overruns: count.describe('times that the clock fell behind its pace'),
    lagMs: z.number().min(0).describe('how far the clock is behind its pace'),
  }),
  prefetch: z.strictObject({
    hits: count.describe('day changes that did not wait for rows'),
    misses: count.describe('day changes that waited for rows'),
    bytes: count.describe('bytes of bars that were read ahead'),
  }),
  timedOutDays: texts.describe('days whose source was silent for feed.timeoutSeconds'),
  consumers: z.array(consumerAnswer).describe('in the order of their names, with those that left or were dropped'),
  createdAt: time,
  updatedAt: time,
  completedAt: time.nullable().describe('when the session completed, stopped, failed or was lost'),
});
export type SessionAnswer = z.output<typeof sessionAnswer>;

export const sessionPageAnswer = z.strictObject({
  sessions: z.array(sessionAnswer).describe('newest first'),
  nextCursor: z.string().nullable().describe('value of `cursor` for the next page; null on the last one'),
});
export type SessionPageAnswer = z.output<typeof sessionPageAnswer>;

export const symbolAnswer = z.strictObject({
  id: z.string(),
  symbol: z.string(),
  state: z.enum(['joining', 'present']).describe('joining: the clock waits, and readers get 404, until it is whole'),
});
export type SymbolAnswer = z.output<typeof symbolAnswer>;

export const upkeepAnswer = z.strictObject({ id: z.string(), requested: z.literal(true) });
export type UpkeepAnswer = z.output<typeof upkeepAnswer>;

const plannedSymbol = z.strictObject({
  symbol: z.string(),
  gaps: count,
  slots: count,
  repositories: texts.describe('best first; each is asked only for bars that the earlier ones do not have'),
});

/** The answer to a call that runs upkeep with `dryRun`: what upkeep would request, and from which repositories. */
export const upkeepPlanAnswer = z.strictObject({
  id: z.string(),
  requested: z.literal(false),
  gaps: count,
  slots: count.describe('empty slots'),
  symbols: z.array(plannedSymbol).describe('symbols with empty slots, sorted by name'),
});
export type UpkeepPlanAnswer = z.output<typeof upkeepPlanAnswer>;

const certifiedDayAnswer = z.strictObject({
  date,
  open: time.describe('open time of the first slot'),
  close: time.describe('close time of the last slot'),
  digest: sha256.describe('hash of the chunks of the day'),
  counts: z.strictObject(slotCounts).describe('base slots of all symbols'),
});

const certifiedConsumerAnswer = consumerAnswer.omit({ state: true, seenAt: true });
/** What was delivered to one consumer of a session. */
export type CertifiedConsumerAnswer = z.output<typeof certifiedConsumerAnswer>;

/** A certificate: the digests of a session's trading days, chained. */
export const certificateAnswer = z.strictObject({
  session: z.string(),
  spec: sessionSpecSchema().omit({ id: true }).describe('the spec without its id'),
  daysHash: sha256.describe('hash of the trading days that the session was created with'),
  datasets: texts.describe('the source, then the datasets of `backfill`; a stored bar names its own by its index'),
  from: z
    .enum(['store', 'kept'])
    .describe('store: computed now; kept: the saved certificate, because the store is gone'),
  storedAt: time.nullable().describe('when a certificate was saved; null when none was'),
  changedSince: z.array(date).describe('days whose bars or chained counts changed after the certificate was saved'),
  complete: z.boolean().describe('true when every retained day of the session is whole'),
  days: z.array(certifiedDayAnswer).describe('days that the clock and upkeep have passed, oldest first'),
  digest: sha256.describe('hash of the chain of days; zeros when there is no day'),
  consumers: z.array(certifiedConsumerAnswer).describe('what was delivered to each consumer; in no digest'),
});
export type CertificateAnswer = z.output<typeof certificateAnswer>;
