/**
 * What an operator sees of the queues: the number of jobs by state, the oldest waiting job, running jobs, the last failures, the durations
 * of repairs (from the detection of gaps to the derived bars), and how long no worker took a job.
 */
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { JOB_NAMES, type JobName } from './contract.js';
import { serverTime } from './connections.js';
import { COMPLETED_KEPT, type Queues } from './producer.js';

/** The states of jobs that operators see. `waiting` includes the jobs with a priority. */
export const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** The jobs of one queue by state. */
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
 * When the oldest waiting job was added or became due, epoch ms; undefined when none waits. Reads only the ends of the lists, because a
 * list may be long.
 *
 * Jobs with a priority are sorted by it, then by age. The priority is a rank within a session (`UpkeepProducer.addBackfills`), so the
 * oldest job is usually at an end. When it is in between, the result is too late.
 */
async function oldestWaiting(queue: Queues[JobName]): Promise<number | undefined> {
  const ends = await Promise.all([
    queue.getJobs(['wait'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, false),
  ]);
  // A job that a worker took meanwhile may be missing.
  const times = ends.flat().flatMap((job: Job | undefined) => (job ? [job.timestamp + (job.opts.delay ?? 0)] : []));
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** When no worker has taken a job for this long, ms, waiting sessions report that they wait for a worker. */
export const WORKER_SILENT_MS = 20_000;

/** The queues of upkeep workers. Coordinators take the jobs of `stream`. */
const UPKEEP_JOBS = ['detect-gaps', 'backfill', 'aggregate'] as const;

/** The key in the queue Redis that holds when a worker last took an upkeep job, epoch ms by its clock. @param prefix BullMQ's key prefix */
export const activityKey = (prefix: string) => `${prefix}:upkeep-activity`;

/**
 * Stores when a worker took a job, for {@link upkeepSilentMs}: by the clock of Redis, because the clocks of machines differ.
 * @param prefix BullMQ's key prefix
 */
export async function noteJobTaken(redis: Redis, prefix: string): Promise<void> {
  await redis.set(activityKey(prefix), await serverTime(redis));
}

/** How long upkeep jobs have been waiting without any worker taking one, ms; 0 when no job waits. @param now epoch ms */
export async function upkeepSilentMs(redis: Redis, queues: Queues, prefix: string, now: number): Promise<number> {
  const [takenAt, redisNow, ...waitingSince] = await Promise.all([
    redis.get(activityKey(prefix)),
    serverTime(redis),
    ...UPKEEP_JOBS.map((name) => oldestWaiting(queues[name])),
  ]);
  const waiting = waitingSince.filter((since) => since !== undefined);
  if (waiting.length === 0) return 0;
  const sinceTaken = redisNow - Number(takenAt ?? 0);
  const isClockSetBack = sinceTaken < 0; // that of Redis: then only the waiting jobs count
  return Math.max(0, Math.min(now - Math.min(...waiting), isClockSetBack ? Infinity : sinceTaken));
}

/** What operators see of one queue. */
export interface QueueStatus extends Record<JobState, number> {
  name: JobName;
  /** Completed jobs of the last hour; always 0 for queues whose jobs have fixed ids. */
  completed: number;
  oldestWaitingMs: number | null;
  /** `session` is null when the payload names none, as another version may do; `since` and `at` are epoch ms. */
  running: { id: string; session: string | null; since: number }[];
  /** Newest first: jobs that failed for good, and failed jobs that will be retried. `at`: the last attempt ended or began. */
  failures: { id: string; session: string | null; at: number; message: string }[];
  /** Repairs of the last hour; null when there were none, and for queues other than aggregate, whose jobs complete the repairs. */
  repairMs: { p50: number; p99: number; count: number } | null;
}

/** Most running jobs in the status of a queue. */
const RUNNING_MAX = 100;
/** Most failures in the status of a queue. */
const FAILURES_MAX = 20;
const REPAIRS_WINDOW_MS = COMPLETED_KEPT.age * 1_000;

/** The status of all queues, in the order of {@link JOB_NAMES}. @param now epoch ms of the wall clock @throws an outage */
export async function readQueueStatus(queues: Queues, now: number): Promise<QueueStatus[]> {
  const depths = await readQueueDepths(queues);
  return Promise.all(
    JOB_NAMES.map(async (name, i) => {
      const { jobs, waitingSince } = depths[i]!;
      const queue = queues[name];
      const [completed, running, failed, delayed, repairs] = await Promise.all([
        queue.getCompletedCount(),
        queue.getJobs(['active'], 0, RUNNING_MAX - 1),
        queue.getJobs(['failed'], 0, FAILURES_MAX - 1),
        queue.getJobs(['delayed'], 0, FAILURES_MAX - 1, true),
        name === 'aggregate' ? queue.getJobs(['completed'], 0, COMPLETED_KEPT.count - 1) : [],
      ]);
      return {
        name,
        ...jobs,
        completed,
        oldestWaitingMs: waitingSince === undefined ? null : Math.max(0, Math.round(now - waitingSince)),
        running: existing(running).map((job) => ({
          id: String(job.id),
          session: sessionOf(job),
          since: job.processedOn ?? now,
        })),
        failures: failuresOf([...existing(failed), ...existing(delayed)]),
        repairMs: repairTimes(existing(repairs), now - REPAIRS_WINDOW_MS),
      };
    }),
  );
}

/** Leaves out the jobs that were removed after BullMQ listed them. */
function existing(jobs: readonly (Job | undefined)[]): Job[] {
  return jobs.filter((job) => job !== undefined);
}

/** The failures among jobs, newest first, at most {@link FAILURES_MAX}. */
function failuresOf(jobs: readonly Job[]): QueueStatus['failures'] {
  const failures = jobs.flatMap((job): QueueStatus['failures'] => {
    const { id, failedReason, finishedOn, processedOn, timestamp } = job;
    if (!failedReason) return [];
    const at = finishedOn ?? processedOn ?? timestamp;
    return [{ id: String(id), session: sessionOf(job), at, message: failedReason }];
  });
  return failures.sort((a, b) => b.at - a.at).slice(0, FAILURES_MAX);
}

/** The durations of repairs, from their jobs' `foundAt` to the jobs' end. @param since epoch ms; jobs that ended earlier are left out */
function repairTimes(jobs: readonly Job[], since: number): QueueStatus['repairMs'] {
  const times = jobs.flatMap(({ data, finishedOn = 0 }) => {
    const foundAt = (data as { foundAt?: unknown } | null | undefined)?.foundAt;
    return typeof foundAt === 'number' && finishedOn >= since ? [Math.max(0, Math.round(finishedOn - foundAt))] : [];
  });
  if (times.length === 0) return null;
  times.sort((a, b) => a - b);
  const quantile = (share: number) => times[Math.ceil(times.length * share) - 1]!;
  return { p50: quantile(0.5), p99: quantile(0.99), count: times.length };
}

function sessionOf({ data }: Job): string | null {
  const session = (data as { sessionId?: unknown } | null | undefined)?.sessionId;
  return typeof session === 'string' ? session : null;
}
