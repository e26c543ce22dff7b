/**
 * Adds jobs, each with its id, its retries and the triggers that are merged into it, and maintains the upkeep schedulers. Fails fast
 * when the queue Redis is away: the API answers 503, and a job is retried. Runs no jobs.
 */
import type { Job, Queue, JobsOptions } from 'bullmq';
import { createHash, randomUUID } from 'node:crypto';
import type { JobName, Payload, PayloadInput } from './contract.js';

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
function jobOptions<Name extends JobName>(name: Name, payload: PayloadInput<Name>, retry: RetrySettings): JobsOptions {
  return { removeOnComplete: true, ...OPTIONS[name](payload, retry) };
}

/** The options of a scheduler's jobs, whose ids BullMQ chooses. The worker's `maxStartedAttempts` ends a job that kills its worker. */
function scheduledOptions(retry: RetrySettings): JobsOptions {
  return { ...retries(retry), removeOnComplete: true, removeOnFail: FAILED_KEPT };
}

/** Lowest priority that BullMQ knows. */
const PRIORITY_MAX = 2_097_151;

export type Queues = Record<JobName, Queue>;

/** Identifies a session in the queues. */
export interface SessionRef {
  sessionId: string;
  incarnation: string;
}

export class UpkeepProducer {
  constructor(
    private readonly queues: Queues,
    private readonly retry: RetrySettings,
    /** Epoch ms, by the clock of the times that are passed to {@link detectAt}. */
    private readonly now: () => number = Date.now,
  ) {}

  /** Adds a job, unless one with its id is queued or one with its deduplication id will run after the current one. */
  async add<Name extends JobName>(name: Name, payload: PayloadInput<Name>): Promise<void> {
    await this.queues[name].add(name, payload, jobOptions(name, payload, this.retry));
  }

  /** Adds several jobs of one queue in one call. */
  async addAll<Name extends JobName>(name: Name, payloads: readonly PayloadInput<Name>[]): Promise<void> {
    if (payloads.length === 0) return;
    await this.queues[name].addBulk(payloads.map((data) => ({ name, data, opts: jobOptions(name, data, this.retry) })));
  }

  /**
   * Adds backfill jobs of a session. Removes a finally failed job with the same id first, because it would block the new one. The
   * first job of each session runs before the second job of any session, so that a session with many gaps does not delay the others.
   */
  async addBackfills(payloads: readonly PayloadInput<'backfill'>[]): Promise<void> {
    if (payloads.length === 0) return;
    const queue = this.queues.backfill;
    const jobs = payloads.map((data, rank) => {
      const priority = Math.min(rank + 1, PRIORITY_MAX);
      return { name: 'backfill', data, opts: { ...jobOptions('backfill', data, this.retry), priority } };
    });
    const kept = await Promise.all(jobs.map(({ opts }) => queue.getJob(opts.jobId!) as Promise<Job | undefined>));
    await Promise.all(kept.map(async (job) => ((await job?.isFailed()) ? job?.remove() : undefined)));
    await queue.addBulk(jobs);
  }

  /** Schedules one run of detect-gaps at `time`, epoch ms, rounded up to a second so that many calls make one job. */
  async detectAt(session: SessionRef, time: number): Promise<void> {
    const second = Math.ceil(time / 1000);
    const options = {
      ...scheduledOptions(this.retry),
      jobId: `detect.${session.incarnation}.${second}`,
      delay: Math.max(0, second * 1000 - this.now()),
      timestamp: this.now(),
    };
    await this.queues['detect-gaps'].add('detect-gaps', { ...session, force: false }, options);
  }

  /** As {@link detectAt}, while upkeep of the session runs periodically: not for a session that has failed or has nothing left to repair. */
  async detectAgain(session: SessionRef, time: number): Promise<void> {
    const scheduler = await this.queues['detect-gaps'].getJobScheduler(schedulerId(session.incarnation));
    if (scheduler) await this.detectAt(session, time);
  }

  /** Ensures that upkeep of a session runs every `everyMs`; writes nothing when it already does. */
  async schedule(session: SessionRef, everyMs: number): Promise<void> {
    const queue = this.queues['detect-gaps'];
    const id = schedulerId(session.incarnation);
    const scheduler = await queue.getJobScheduler(id);
    if (scheduler?.every === everyMs) return;
    const job = { name: 'detect-gaps', data: { ...session, force: false }, opts: scheduledOptions(this.retry) };
    await queue.upsertJobScheduler(id, { every: everyMs }, job);
  }

  async unschedule(incarnation: string): Promise<void> {
    await this.queues['detect-gaps'].removeJobScheduler(schedulerId(incarnation));
  }

  /** Incarnations of all sessions that have a scheduler. */
  async scheduled(): Promise<string[]> {
    const schedulers = await this.queues['detect-gaps'].getJobSchedulers();
    return schedulers.flatMap(({ key }) => /^upkeep\.(.+)$/.exec(key)?.[1] ?? []);
  }

  /** Whether the stream job of this run waits, runs or will be retried. */
  async isStreamQueued(payload: Payload<'stream'>): Promise<boolean> {
    return (await this.queues.stream.getJob(jobOptions('stream', payload, this.retry).jobId!)) !== undefined;
  }
}

/** Id of the scheduler that runs upkeep of a session periodically. */
function schedulerId(incarnation: string): string {
  return `upkeep.${incarnation}`;
}
