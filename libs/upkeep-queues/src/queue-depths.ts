/** The number of jobs in each queue by state, the age of the oldest waiting job, and when upkeep workers last took a job. */
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { JOB_NAMES, type JobName } from './contract.js';
import type { Queues } from './producer.js';

/** The states of jobs that operators see. `waiting` includes the jobs with a priority. */
export const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface QueueDepth {
  queue: JobName;
  jobs: Record<JobState, number>;
  /** When the oldest waiting job was added or became due, epoch ms; undefined when none waits. */
  waitingSince: number | undefined;
}

/** The depths of all queues, in the order of {@link JOB_NAMES}. @throws an outage */
export function readQueueDepths(queues: Queues): Promise<QueueDepth[]> {
  return Promise.all(
    JOB_NAMES.map(async (queue) => {
      const [counts, oldest] = await Promise.all([
        queues[queue].getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
        oldestWaiting(queues[queue]),
      ]);
      const { wait = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
      return { queue, jobs: { waiting: wait + prioritized, active, delayed, failed }, waitingSince: oldest };
    }),
  );
}

/**
 * When the oldest waiting job was added or became due, epoch ms. Jobs with a priority are sorted by priority, then by
 * age, so the oldest one is usually at one end of the list. It is in the middle only when a session with few gaps came
 * first.
 */
async function oldestWaiting(queue: Queues[JobName]): Promise<number | undefined> {
  const ends = await Promise.all([
    queue.getJobs(['wait'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, false),
  ]);
  // A job that was taken meanwhile has no data any more.
  const times = ends.flat().flatMap((job: Job | undefined) => (job ? [job.timestamp + (job.opts.delay ?? 0)] : []));
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** A session that waits for a worker says so after this time without a job taken, ms. */
export const WORKER_SILENT_MS = 20_000;

const UPKEEP_JOBS = ['detect-gaps', 'backfill', 'aggregate'] as const;
/** The key in the queue Redis. @param prefix BullMQ's key prefix */
export const activityKey = (prefix: string) => `${prefix}:upkeep-activity`;

/**
 * Stores that a worker took a job, so that the coordinator can say that a session waits for a worker.
 * @param now epoch ms of the wall clock
 */
export async function noteJobTaken(redis: Redis, prefix: string, now: number): Promise<void> {
  await redis.set(activityKey(prefix), Math.round(now));
}

/**
 * For how long upkeep jobs have waited while no worker took one, ms; 0 when none waits.
 * @param redis a client of the queue Redis @param now epoch ms of the wall clock
 */
export async function upkeepSilentMs(redis: Redis, queues: Queues, prefix: string, now: number): Promise<number> {
  const [takenAt, ...waitingSince] = await Promise.all([
    redis.get(activityKey(prefix)),
    ...UPKEEP_JOBS.map((name) => oldestWaiting(queues[name])),
  ]);
  const oldest = Math.min(...waitingSince.map((since) => since ?? Infinity));
  return Math.max(0, now - Math.max(oldest, Number(takenAt)));
}
