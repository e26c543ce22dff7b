/**
 * Adds jobs and the schedulers of upkeep. Decides the id and the retries of each kind of job, and whether equal jobs are merged.
 * Its calls fail at once when the queue Redis is away: the API then answers 503, and a job that made the call is retried.
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

/**
 * How long (`age`, seconds) and how many completed jobs are kept for dashboards. Only jobs with unique ids are kept: BullMQ adds no job
 * whose id a kept job has.
 */
export const COMPLETED_KEPT = { age: 3600, count: 2_000 };
/** For how long (`age`, seconds) and how many failed jobs are kept. */
const FAILED_KEPT = { age: 24 * 3600, count: 1_000 };
/** Enough for an outage of a minute. After these attempts the reconciler adds a stream job again, when it can reach all servers. */
const STREAM_ATTEMPTS = 120;
/**
 * Longest delay before a retry of a stream job, ms: meanwhile no coordinator streams the session. It does not grow with the attempts,
 * because a session may run for weeks, and each of its interruptions is one attempt.
 */
const STREAM_BACKOFF_MAX_MS = 1_000;

const retries = ({ attempts, backoffMs }: RetrySettings): JobsOptions => ({
  attempts,
  backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
});

/** Merges waiting jobs of one deduplication id. A job that is added while one runs causes one more run, so no request is lost. */
const merged = (id: string, retry: RetrySettings): JobsOptions => ({
  ...retries(retry),
  jobId: randomUUID(),
  deduplication: { id, keepLastIfActive: true },
  removeOnComplete: COMPLETED_KEPT,
  removeOnFail: FAILED_KEPT,
});

/**
 * A job that nothing would add again is retried without a limit in practice: a backfill with `onFailure: wait` asks until the repository
 * answers, and a forced detection does what the API promised with its answer 202 (I13, docs/ARCHITECTURE.md). The worker computes the
 * delays.
 */
const UNLIMITED: JobsOptions = { attempts: 1_000_000, backoff: { type: 'repository' } };

/** The options of each kind of job. */
const OPTIONS: { [Name in JobName]: (payload: PayloadInput<Name>, retry: RetrySettings) => JobsOptions } = {
  // One job per run of a session. It is removed when it ends; the reconciler adds it again while the session still runs.
  stream: ({ incarnation, run }, { backoffMs }) => ({
    attempts: STREAM_ATTEMPTS,
    backoff: { type: 'fixed', delay: Math.min(backoffMs, STREAM_BACKOFF_MAX_MS), jitter: 0.5 },
    jobId: `stream.${incarnation}.${run}`,
    removeOnFail: true,
  }),
  'detect-gaps': ({ incarnation, force, scope }, retry) => ({
    ...merged(`detect.${incarnation}${force ? '.force' : ''}${limitedTo(scope)}`, retry),
    ...(force && UNLIMITED),
  }),
  // The id depends on the payload alone, so a gap that is found several times is requested by one job.
  // The worker decides when it gives a failing repository up.
  backfill: ({ incarnation, date, partition, force, symbols }) => ({
    ...UNLIMITED,
    jobId: `backfill.${incarnation}.${date}.${partition}${force ? '.force' : ''}${limitedTo(symbols)}`,
    removeOnFail: FAILED_KEPT,
  }),
  aggregate: ({ incarnation, partition }, retry) => merged(`aggregate.${incarnation}.${partition}`, retry),
};

/** A suffix of ids, so that jobs with different limits are different jobs. */
function limitedTo(limit: object | undefined): string {
  return limit === undefined ? '' : `.${createHash('sha256').update(JSON.stringify(limit)).digest('hex').slice(0, 16)}`;
}

/** The options of a job. Every job has an id, so that a command that ioredis sends twice adds only one job. */
function jobOptions<Name extends JobName>(name: Name, payload: PayloadInput<Name>, retry: RetrySettings): JobsOptions {
  return { removeOnComplete: true, ...OPTIONS[name](payload, retry) };
}

/** The options of a scheduler's jobs, whose ids BullMQ chooses. The worker's `maxStalledCount` ends a job that kills its worker. */
function scheduledOptions(retry: RetrySettings): JobsOptions {
  return { ...retries(retry), removeOnComplete: true, removeOnFail: FAILED_KEPT };
}

/** BullMQ's lowest priority: it runs jobs with smaller numbers first. */
export const PRIORITY_MAX = 2_097_151;

export type Queues = Record<JobName, Queue>;

/** Identifies a session in the queues. */
export interface SessionRef {
  sessionId: string;
  incarnation: string;
}

/** Adds jobs to the queues. Every call throws when the queue Redis is away. */
export class UpkeepProducer {
  constructor(
    private readonly queues: Queues,
    private readonly retry: RetrySettings,
    /** The current time, epoch ms, by the same clock as the times that callers pass to {@link detectAt}. */
    private readonly now: () => number = Date.now,
  ) {}

  /** Adds a job, unless a job with its id is in the queue, or a job with its deduplication id waits already. */
  async add<Name extends JobName>(name: Name, payload: PayloadInput<Name>): Promise<void> {
    await this.queues[name].add(name, payload, jobOptions(name, payload, this.retry));
  }

  /** Adds several jobs of one queue in one call. */
  async addAll<Name extends JobName>(name: Name, payloads: readonly PayloadInput<Name>[]): Promise<void> {
    if (payloads.length === 0) return;
    await this.queues[name].addBulk(payloads.map((data) => ({ name, data, opts: jobOptions(name, data, this.retry) })));
  }

  /**
   * Adds backfill jobs of one session, each unless a job in the queue will do the same. A job's priority is its rank in the list: the
   * first job of each session runs before the second job of any session, so that a session with many gaps does not delay the others.
   */
  async addBackfills(payloads: readonly PayloadInput<'backfill'>[]): Promise<void> {
    const adding = payloads.map(async (data, rank) => {
      const options = jobOptions('backfill', data, this.retry);
      const jobId = await this.backfillIdFor(data, options.jobId!);
      return { name: 'backfill', data, opts: { ...options, jobId, priority: Math.min(rank + 1, PRIORITY_MAX) } };
    });
    if (adding.length > 0) await this.queues.backfill.addBulk(await Promise.all(adding));
  }

  /**
   * The id under which a backfill job is added: `id`, or `id` and a number. BullMQ adds no job whose id a job in the queue has. That is right
   * when the other one will do the same work: it waits, or the new one is not forced. But one that has begun does not ask again about the
   * symbols that it has done, and a forced job must ask: it gets the next number. A failed job is removed, because it does nothing any more.
   */
  private async backfillIdFor({ force, symbols }: PayloadInput<'backfill'>, id: string): Promise<string> {
    const queue = this.queues.backfill;
    for (let number = 1; ; number++) {
      const jobId = number === 1 ? id : `${id}.${number}`;
      // The state first: a job that waits now reads its slots later, even when it has ended before the next call.
      const state = await queue.getJobState(jobId);
      if (!force && state !== 'failed') return jobId;
      const other = (await queue.getJob(jobId)) as Job<Payload<'backfill'>> | undefined;
      if (state === 'failed') await other?.remove();
      if (!other || state === 'failed') return jobId;
      // A job that goes back to the queue takes the symbols that it has done out of its data.
      const hasBegun = state === 'active' || JSON.stringify(other.data.symbols) !== JSON.stringify(symbols);
      if (!hasBegun) return jobId;
    }
  }

  /** Schedules one detect-gaps job at `time` (epoch ms), rounded up to a full second, so that many calls make one job. */
  async detectAt(session: SessionRef, time: number): Promise<void> {
    const second = Math.ceil(time / 1000);
    const options = {
      ...scheduledOptions(this.retry),
      jobId: `detect.${session.incarnation}.${second}`,
      delay: Math.max(0, second * 1000 - this.now()),
      timestamp: this.now(), // the delay begins at this time
    };
    await this.queues['detect-gaps'].add('detect-gaps', { ...session, force: false }, options);
  }

  /** Like {@link detectAt}, but only while the session has a scheduler. A session that failed or has nothing left to repair has none. */
  async detectAgain(session: SessionRef, time: number): Promise<void> {
    const scheduler = await this.queues['detect-gaps'].getJobScheduler(schedulerId(session.incarnation));
    if (scheduler) await this.detectAt(session, time);
  }

  /** Ensures that detect-gaps runs for a session every `everyMs`. Writes nothing when its scheduler does so already. */
  async schedule(session: SessionRef, everyMs: number): Promise<void> {
    const queue = this.queues['detect-gaps'];
    const id = schedulerId(session.incarnation);
    const scheduler = await queue.getJobScheduler(id);
    if (scheduler?.every === everyMs) return;
    const job = { name: 'detect-gaps', data: { ...session, force: false }, opts: scheduledOptions(this.retry) };
    await queue.upsertJobScheduler(id, { every: everyMs }, job);
  }

  /** Removes the scheduler of a session, if it has one. */
  async unschedule(incarnation: string): Promise<void> {
    await this.queues['detect-gaps'].removeJobScheduler(schedulerId(incarnation));
  }

  /** Incarnations of all sessions that have a scheduler, from the schedulers' ids. */
  async scheduled(): Promise<string[]> {
    const schedulers = await this.queues['detect-gaps'].getJobSchedulers();
    return schedulers.flatMap(({ key }) => /^upkeep\.(.+)$/.exec(key)?.[1] ?? []);
  }

  /** Whether the stream job of this run waits, runs or will be retried. */
  async isStreamQueued(payload: Payload<'stream'>): Promise<boolean> {
    return (await this.queues.stream.getJob(this.streamJobId(payload))) !== undefined;
  }

  /** Whether the stream job of this run waits until a coordinator takes it. */
  async isStreamWaiting(payload: Payload<'stream'>): Promise<boolean> {
    return (await this.queues.stream.getJobState(this.streamJobId(payload))) === 'waiting';
  }

  private streamJobId(payload: Payload<'stream'>): string {
    return jobOptions('stream', payload, this.retry).jobId!;
  }
}

/** Id of the scheduler that runs upkeep of a session periodically. */
function schedulerId(incarnation: string): string {
  return `upkeep.${incarnation}`;
}
