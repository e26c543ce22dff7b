/**
 * When upkeep workers last took a job. Workers write it to the queue Redis, and the coordinator reads it to say that a session
 * waits for a worker.
 */
import type { Redis } from 'ioredis';
import type { Queues } from './producer.js';

/** A session that waits for a worker says so after this time without a job taken, ms. */
export const WORKER_SILENT_MS = 20_000;

const UPKEEP_JOBS = ['detect-gaps', 'backfill', 'aggregate'] as const;
/** The key in the queue Redis. @param prefix BullMQ's key prefix */
export const activityKey = (prefix: string) => `${prefix}:upkeep-activity`;

/** Stores that a worker took a job. @param now epoch ms of the wall clock */
export async function noteJobTaken(redis: Redis, prefix: string, now: number): Promise<void> {
  await redis.set(activityKey(prefix), Math.round(now));
}

export interface UpkeepActivity {
  /** When a worker last took an upkeep job, epoch ms; undefined when none did since the queue Redis was empty. */
  takenAt: number | undefined;
  /** When the oldest upkeep job that waits was added or became due, epoch ms; undefined when none waits. */
  waitingSince: number | undefined;
  /** For how long jobs have waited while no worker took one, ms; 0 when none waits. */
  silentMs: number;
}

/** The activity of the upkeep workers. @param redis a client of the queue Redis @param now epoch ms of the wall clock */
export async function readUpkeepActivity(
  redis: Redis,
  queues: Queues,
  prefix: string,
  now: number,
): Promise<UpkeepActivity> {
  const [taken, ...waiting] = await Promise.all([
    redis.get(activityKey(prefix)),
    ...UPKEEP_JOBS.map((name) => queues[name].getJobs(['wait', 'prioritized'], 0, 0, true)),
  ]);
  const times = waiting.flat().flatMap((job) => (job ? [job.timestamp + (job.opts.delay ?? 0)] : []));
  const waitingSince = times.length > 0 ? Math.min(...times) : undefined;
  const takenAt = taken === null ? undefined : Number(taken);
  const silentMs = waitingSince === undefined ? 0 : Math.max(0, now - Math.max(waitingSince, takenAt ?? 0));
  return { takenAt, waitingSince, silentMs };
}
