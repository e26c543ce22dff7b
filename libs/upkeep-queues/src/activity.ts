/**
 * When upkeep workers last took a job. Workers write it to the queue Redis, and the coordinator reads it to say that a session
 * waits for a worker.
 */
import type { Redis } from 'ioredis';
import type { Queues } from './producer.js';
import { oldestWaiting } from './queue-depths.js';

/** A session that waits for a worker says so after this time without a job taken, ms. */
export const WORKER_SILENT_MS = 20_000;

const UPKEEP_JOBS = ['detect-gaps', 'backfill', 'aggregate'] as const;
/** The key in the queue Redis. @param prefix BullMQ's key prefix */
export const activityKey = (prefix: string) => `${prefix}:upkeep-activity`;

/** Stores that a worker took a job. @param now epoch ms of the wall clock */
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
