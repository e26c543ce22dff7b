/** Repairs jobs that BullMQ would run too late or never, and removes the queues of a prefix. */
import type { JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { JOB_NAMES } from './contract.js';
import type { Queues } from './producer.js';
import { openQueues, producerConnection, serverTime } from './connections.js';
import { activityKey } from './queue-status.js';

/** Differences between clocks up to this one need no repair, ms. */
const DIFFERENCE_MAX_MS = 30_000;
/** One call examines at most this many delayed jobs at each end of a queue. */
const JOBS_MAX = 100;
/** BullMQ's score of a delayed job is its due time in ms times this number, plus a number that orders jobs of the same millisecond. */
const SCORES_PER_MS = 0x1000;
/** What the options of a scheduler's job have, and BullMQ's types lack: the period of the scheduler, ms. */
type SchedulerJobOptions = JobsOptions & { repeat?: { every?: number } };

/**
 * Runs delayed jobs that, by the clock of the queue Redis, are overdue or have longer to wait than their whole delay. BullMQ uses the
 * clocks of the processes: a job that was delayed by a clock an hour ahead, or waits for a worker with a clock an hour behind, would run
 * late. Removes schedulers whose next job is due too late; the reconciler adds them again.
 */
export async function runLateJobs(redis: Redis, queues: Queues): Promise<void> {
  const now = await serverTime(redis);
  const scoreAt = (time: number): number => time * SCORES_PER_MS;
  for (const queue of Object.values(queues)) {
    const key = queue.toKey('delayed');
    const options = ['WITHSCORES', 'LIMIT', 0, JOBS_MAX] as const;
    const overdue = await redis.zrangebyscore(key, '-inf', scoreAt(now - DIFFERENCE_MAX_MS), ...options);
    const dueLater = await redis.zrevrangebyscore(key, '+inf', scoreAt(now + DIFFERENCE_MAX_MS), ...options);
    const idsAndScores = [...overdue, ...dueLater];
    for (let i = 0; i < idsAndScores.length; i += 2) {
      const job = await queue.getJob(idsAndScores[i]!);
      if (!job) continue;
      const dueInMs = Number(idsAndScores[i + 1]) / SCORES_PER_MS - now;
      const { every } = (job.opts as SchedulerJobOptions).repeat ?? {};
      if (job.repeatJobKey !== undefined && every !== undefined && dueInMs > every + DIFFERENCE_MAX_MS) {
        // A clock ahead has run the scheduler. It counts on from its last time, so all its jobs would be late.
        await queue.removeJobScheduler(job.repeatJobKey);
        continue;
      }
      const isOverdue = dueInMs < 0;
      const isDelayedTooLong = dueInMs > job.delay + DIFFERENCE_MAX_MS;
      // Promotion fails when another coordinator has promoted the job meanwhile.
      if (isOverdue || isDelayedTooLong) await job.promote().catch(() => undefined);
    }
  }
}

/** The answer of PTTL for a key that exists and never expires. */
const NO_EXPIRY = -1;

/**
 * Removes locks that never expire, for whose jobs BullMQ would wait without end. A queue Redis that was restored from a copy of its keys
 * may have lost the expiries. @param prefix BullMQ's key prefix
 */
export async function releaseLostLocks(redis: Redis, prefix: string): Promise<void> {
  const queues = JOB_NAMES.map((name) => `${prefix}:${name}`);
  const active = await Promise.all(queues.map((queue) => redis.lrange(`${queue}:active`, 0, -1)));
  const locks = queues.flatMap((queue, i) => active[i]!.map((id) => `${queue}:${id}:lock`));
  const expiries = await Promise.all(locks.map((lock) => redis.pttl(lock)));
  await Promise.all(locks.filter((_, i) => expiries[i] === NO_EXPIRY).map((lock) => redis.del(lock)));
}

/**
 * Removes the four queues of a prefix with all their jobs, and the record of when a worker last took a job. No process may use them.
 * @param url URL of the queue Redis @param prefix BullMQ's key prefix @throws the connection's error when Redis does not answer
 */
export async function removeQueues(url: string, prefix: string): Promise<void> {
  const connection = producerConnection(url);
  try {
    await connection.ping(); // BullMQ would wait without end for a server that is away
    const queues = Object.values(openQueues(connection, prefix));
    try {
      for (const queue of queues) await queue.obliterate({ force: true });
      await connection.unlink(activityKey(prefix));
    } finally {
      await Promise.allSettled(queues.map((queue) => queue.close()));
    }
  } finally {
    connection.disconnect();
  }
}
