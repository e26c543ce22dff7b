/** The number of jobs in each queue by state, and the age of the oldest waiting job. */
import type { Job } from 'bullmq';
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
export async function oldestWaiting(queue: Queues[JobName]): Promise<number | undefined> {
  const ends = await Promise.all([
    queue.getJobs(['wait'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, false),
  ]);
  // A job that was taken meanwhile has no data any more.
  const times = ends.flat().flatMap((job: Job | undefined) => (job ? [job.timestamp + (job.opts.delay ?? 0)] : []));
  return times.length > 0 ? Math.min(...times) : undefined;
}
