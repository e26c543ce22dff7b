/** How each job is queued: its id, its retries, and which triggers are merged into one job. */
import { createHash, randomUUID } from 'node:crypto';
import type { JobsOptions } from 'bullmq';
import type { JobName, PayloadInput } from './contract.js';

/** How a failed job is retried. */
export interface RetrySettings {
  /** Attempts of a job, including the first one. @default 5 */
  attempts: number;
  /** First delay in ms. It doubles with each attempt; a random part of up to half is subtracted. @default 1000 */
  backoffMs: number;
}

/** Completed jobs that are kept, so that dashboards have a past: only of jobs whose ids are never used again, as they would block a new job. */
export const COMPLETED_KEPT = { age: 3600, count: 2_000 };
const FAILED_KEPT = { age: 24 * 3600, count: 1_000 };
const STREAM_ATTEMPTS = 8;

const retries = ({ attempts, backoffMs }: RetrySettings): JobsOptions => ({
  attempts,
  backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
});

/** No limit in practice: with `onFailure: wait` a job asks until the repository answers. */
const BACKFILL_ATTEMPTS = 1_000_000;
/** Name of the backoff whose delays the backfill worker computes. */
export const REPOSITORY_BACKOFF = 'repository';
/** Lowest priority that BullMQ knows. */
const PRIORITY_MAX = 2_097_151;

type OptionsOf = { [Name in JobName]: (payload: PayloadInput<Name>, retry: RetrySettings) => JobsOptions };

const OPTIONS: OptionsOf = {
  // One job for each run of a session. It is removed when it ends: the reconciler adds it again if the session still runs.
  stream: ({ incarnation, run }, { backoffMs }) => ({
    ...retries({ attempts: STREAM_ATTEMPTS, backoffMs: Math.min(backoffMs, 1_000) }),
    jobId: `stream.${incarnation}.${run}`,
    removeOnFail: true,
  }),
  // Triggers during a run add one more run, so that none is lost.
  'detect-gaps': ({ incarnation, force, scope }, retry) => ({
    ...retries(retry),
    jobId: randomUUID(),
    deduplication: { id: `detect.${incarnation}${force ? '.force' : ''}${limitedTo(scope)}`, keepLastIfActive: true },
    removeOnComplete: COMPLETED_KEPT,
    removeOnFail: FAILED_KEPT,
  }),
  // Deterministic id: a gap that is found several times is requested by one job.
  // The worker decides when a failing repository is asked again, and when it gives up.
  backfill: ({ incarnation, date, partition, force, symbols }) => ({
    attempts: BACKFILL_ATTEMPTS,
    backoff: { type: REPOSITORY_BACKOFF },
    jobId: `backfill.${incarnation}.${date}.${partition}${force ? '.force' : ''}${limitedTo(symbols)}`,
    removeOnFail: FAILED_KEPT,
  }),
  aggregate: ({ incarnation, partition }, retry) => ({
    ...retries(retry),
    jobId: randomUUID(),
    deduplication: { id: `aggregate.${incarnation}.${partition}`, keepLastIfActive: true },
    removeOnComplete: COMPLETED_KEPT,
    removeOnFail: FAILED_KEPT,
  }),
};

/** A part of an id: jobs that are limited to different things are different jobs. */
function limitedTo(limit: object | undefined): string {
  return limit === undefined ? '' : `.${createHash('sha256').update(JSON.stringify(limit)).digest('hex').slice(0, 16)}`;
}

/** The options of a job. Every job has an id, so that a call that ioredis sends twice adds it once. */
export function jobOptions<Name extends JobName>(
  name: Name,
  payload: PayloadInput<Name>,
  retry: RetrySettings,
): JobsOptions {
  return { removeOnComplete: true, ...OPTIONS[name](payload, retry) };
}

/**
 * The priority of the `rank`-th backfill job of a session, from 0. The first job of each session runs before the second job of any
 * session, so that a session with many gaps does not delay the others.
 */
export function backfillPriority(rank: number): number {
  return Math.min(rank + 1, PRIORITY_MAX);
}

/** The options of a scheduler's jobs, whose ids BullMQ chooses. The worker's `maxStartedAttempts` ends a job that kills its worker. */
export function scheduledOptions(retry: RetrySettings): JobsOptions {
  return { ...retries(retry), removeOnComplete: true, removeOnFail: FAILED_KEPT };
}

/** Id of the scheduler that runs upkeep of a session periodically. */
export function schedulerId(incarnation: string): string {
  return `upkeep.${incarnation}`;
}

/** The incarnation in a scheduler id, or undefined for a scheduler of another kind. */
export function incarnationOf(id: string): string | undefined {
  return /^upkeep\.(.+)$/.exec(id)?.[1];
}
