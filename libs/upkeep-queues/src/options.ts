/** How each job is queued: its id, its retries, and which triggers are folded into one. */
import { randomUUID } from 'node:crypto';
import type { JobsOptions } from 'bullmq';
import type { JobName, Payload } from './contract.js';

/** How a job that fails is tried again. */
export interface RetrySettings {
  /** Tries of a job, the first included. @default 5 */
  attempts: number;
  /** First delay in ms; it doubles from try to try, less up to half of it at random. @default 1000 */
  backoffMs: number;
}

const FAILED_KEPT = { age: 24 * 3600, count: 1_000 };
const STREAM_TRIES = 8;

const retries = ({ attempts, backoffMs }: RetrySettings): JobsOptions => ({
  attempts,
  backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
});

type OptionsOf = { [Name in JobName]: (payload: Payload<Name>, retry: RetrySettings) => JobsOptions };

const OPTIONS: OptionsOf = {
  // One job a run of a session. It goes from the queue when it ends: the reconciler adds it again if it should go on.
  stream: ({ incarnation, run }, { backoffMs }) => ({
    ...retries({ attempts: STREAM_TRIES, backoffMs: Math.min(backoffMs, 1_000) }),
    jobId: `stream.${incarnation}.${run}`,
    removeOnFail: true,
  }),
  // Triggers that come while one runs become one more run, so that none is lost.
  'detect-gaps': ({ incarnation, force }, retry) => ({
    ...retries(retry),
    jobId: randomUUID(),
    deduplication: { id: `detect.${incarnation}${force ? '.force' : ''}`, keepLastIfActive: true },
    removeOnFail: FAILED_KEPT,
  }),
  // Deterministic id: however often a gap is seen, one job asks for it.
  backfill: ({ incarnation, date, partition, force }, retry) => ({
    ...retries(retry),
    jobId: `backfill.${incarnation}.${date}.${partition}${force ? '.force' : ''}`,
    removeOnFail: FAILED_KEPT,
  }),
  aggregate: ({ incarnation, partition }, retry) => ({
    ...retries(retry),
    jobId: randomUUID(),
    deduplication: { id: `aggregate.${incarnation}.${partition}`, keepLastIfActive: true },
    removeOnFail: FAILED_KEPT,
  }),
};

/** The options of a job. Every job has an id of its own, so that a call that ioredis re-sends adds it once. */
export function jobOptions<Name extends JobName>(
  name: Name,
  payload: Payload<Name>,
  retry: RetrySettings,
): JobsOptions {
  return { removeOnComplete: true, ...OPTIONS[name](payload, retry) };
}

/** The options of a scheduler's jobs, whose ids BullMQ makes itself. A job that kills its worker ends by the worker's `maxStartedAttempts`. */
export function scheduledOptions(retry: RetrySettings): JobsOptions {
  return { ...retries(retry), removeOnComplete: true, removeOnFail: FAILED_KEPT };
}

/** Id of the scheduler that runs upkeep for a session at an interval. */
export function schedulerId(incarnation: string): string {
  return `upkeep.${incarnation}`;
}

/** The incarnation that a scheduler id was made of, or undefined for another's scheduler. */
export function incarnationOf(id: string): string | undefined {
  return /^upkeep\.(.+)$/.exec(id)?.[1];
}
