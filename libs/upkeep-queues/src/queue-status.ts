/**
 * What an operator sees of the queues: depths, the oldest waiting job, running jobs, the last failures, and how long repairs took. A
 * repair is measured from the detection of its gaps to the end of the job that derived bars of it. Reads only.
 */
import type { Job } from 'bullmq';
import { JOB_NAMES, type JobName } from './contract.js';
import { COMPLETED_KEPT } from './options.js';
import type { Queues } from './producer.js';
import { readQueueDepths } from './queue-depths.js';

interface JobFailure {
  id: string;
  session: string | null;
  /** Epoch ms. */
  at: number;
  message: string;
}

export interface QueueStatus {
  name: JobName;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  /** Kept for an hour: of queues whose jobs have no fixed id. */
  completed: number;
  oldestWaitingMs: number | null;
  /** Since when, epoch ms; no session for a payload of another version. */
  running: { id: string; session: string | null; since: number }[];
  /** Newest first: jobs that failed finally, and jobs that will run again. */
  failures: JobFailure[];
  /** Of the last hour; null without a repair, and for queues that end no repair. */
  repairMs: { p50: number; p99: number; count: number } | null;
}

const RUNNING_MAX = 100;
const FAILURES_MAX = 20;
const PAST_MS = COMPLETED_KEPT.age * 1_000;

/** @param now epoch ms of the wall clock @throws an outage */
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
        running: present(running).map((job) => ({
          id: String(job.id),
          session: sessionOf(job),
          since: job.processedOn ?? now,
        })),
        failures: failuresOf([...present(failed), ...present(delayed)]),
        repairMs: repairTimes(present(repairs), now - PAST_MS),
      };
    }),
  );
}

/** A job that was removed meanwhile has no data. */
function present(jobs: readonly (Job | undefined)[]): Job[] {
  return jobs.filter((job) => job !== undefined);
}

function failuresOf(jobs: readonly Job[]): JobFailure[] {
  const failures = jobs.flatMap((job): JobFailure[] => {
    const { id, failedReason, finishedOn, processedOn, timestamp } = job;
    if (!failedReason) return [];
    const at = finishedOn ?? processedOn ?? timestamp;
    return [{ id: String(id), session: sessionOf(job), at, message: failedReason }];
  });
  return failures.sort((a, b) => b.at - a.at).slice(0, FAILURES_MAX);
}

/** @param since jobs that ended earlier are left out, epoch ms */
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
