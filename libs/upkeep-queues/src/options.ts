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

/** Triggers with the same id are one job. Those during its run add one more run, so that none is lost. */
const merged = (id: string, retry: RetrySettings): JobsOptions => ({
  ...retries(retry),
  jobId: randomUUID(),
  deduplication: { id, keepLastIfActive: true },
  removeOnComplete: COMPLETED_KEPT,
  removeOnFail: FAILED_KEPT,
});

/** No limit in practice: with `onFailure: wait` a job asks until the repository answers. */
const BACKFILL_ATTEMPTS = 1_000_000;

const OPTIONS: { [Name in JobName]: (payload: PayloadInput<Name>, retry: RetrySettings) => JobsOptions } = {
  // One job for each run of a session. It is removed when it ends: the reconciler adds it again if the session still runs.
  stream: ({ incarnation, run }, { backoffMs }) => ({
    ...retries({ attempts: STREAM_ATTEMPTS, backoffMs: Math.min(backoffMs, 1_000) }),
    jobId: `stream.${incarnation}.${run}`,
    removeOnFail: true,
  }),
  'detect-gaps': ({ incarnation, force, scope }, retry) =>
    merged(`detect.${incarnation}${force ? '.force' : ''}${limitedTo(scope)}`, retry),
  // Deterministic id: a gap that is found several times is requested by one job.
  // The worker decides when a failing repository is asked again, and when it gives up: it computes the delays of this backoff.
  backfill: ({ incarnation, date, partition, force, symbols }) => ({
    attempts: BACKFILL_ATTEMPTS,
    backoff: { type: 'repository' },
    jobId: `backfill.${incarnation}.${date}.${partition}${force ? '.force' : ''}${limitedTo(symbols)}`,
    removeOnFail: FAILED_KEPT,
  }),
  aggregate: ({ incarnation, partition }, retry) => merged(`aggregate.${incarnation}.${partition}`, retry),
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

/** The options of a scheduler's jobs, whose ids BullMQ chooses. The worker's `maxStartedAttempts` ends a job that kills its worker. */
export function scheduledOptions(retry: RetrySettings): JobsOptions {
  return { ...retries(retry), removeOnComplete: true, removeOnFail: FAILED_KEPT };
}
