/**
 * Repairs jobs that BullMQ would run too late, or never, and removes the queues of a former deployment.
 *
 * It delays and runs jobs by the clocks of processes: when a process whose clock is an hour ahead ends, the jobs that it delayed run an
 * hour late, and workers whose clocks are an hour behind run all of them an hour late. It gives every lock an expiry, but a queue Redis
 * that was restored from a copy of its keys may have lost it. The job of such a lock belongs to no worker, and BullMQ would wait without
 * end for the lock's end.
 */
import type { Redis } from 'ioredis';
import { JOB_NAMES } from './contract.js';
import type { Queues } from './producer.js';
import { openQueues, producerConnection } from './connections.js';
import { activityKey } from './queue-status.js';

/** Clocks that differ by less than this need no repair, ms. */
const DIFFERENCE_MAX_MS = 30_000;
/** Most jobs at each end of a queue that one call looks at. */
const JOBS_MAX = 100;
/** BullMQ keeps this many places for each millisecond, so that jobs of the same one stay in order. */
const SCORES_A_MS = 0x1000;

/** Runs jobs that should have run by the clock of the queue Redis, and those that are due later than their delay from now. */
export async function runLateJobs(redis: Redis, queues: Queues): Promise<void> {
  const now = Number((await redis.time())[0]) * 1000;
  const score = (ms: number): number => (now + ms) * SCORES_A_MS;
  for (const queue of Object.values(queues)) {
    const key = queue.toKey('delayed');
    const limit = ['LIMIT', 0, JOBS_MAX] as const;
    const overdue = await redis.zrangebyscore(key, '-inf', score(-DIFFERENCE_MAX_MS), 'WITHSCORES', ...limit);
    const far = await redis.zrevrangebyscore(key, '+inf', score(DIFFERENCE_MAX_MS), 'WITHSCORES', ...limit);
    const found = [...overdue, ...far];
    for (let i = 0; i < found.length; i += 2) {
      const job = await queue.getJob(found[i]!);
      const dueInMs = Number(found[i + 1]) / SCORES_A_MS - now;
      const isLate = dueInMs < 0 || (job && dueInMs > job.delay + DIFFERENCE_MAX_MS);
      // Another coordinator may have run it meanwhile.
      if (isLate) await job?.promote().catch(() => undefined);
    }
  }
}

/** What Redis answers for a key that exists and never expires. */
const NO_EXPIRY = -1;

/** Removes locks that never expire, so that other workers take their jobs. @param redis a client of the queue Redis @param prefix BullMQ's key prefix */
export async function releaseLostLocks(redis: Redis, prefix: string): Promise<void> {
  const queues = JOB_NAMES.map((name) => `${prefix}:${name}`);
  const active = await Promise.all(queues.map((queue) => redis.lrange(`${queue}:active`, 0, -1)));
  const locks = queues.flatMap((queue, i) => active[i]!.map((id) => `${queue}:${id}:lock`));
  const expiries = await Promise.all(locks.map((lock) => redis.pttl(lock)));
  await Promise.all(locks.filter((_, i) => expiries[i] === NO_EXPIRY).map((lock) => redis.del(lock)));
}

/**
 * Removes the four queues of a prefix with all their jobs, and the activity of its workers. No process may be working on them.
 * @param url of the queue Redis
 */
export async function removeQueues(url: string, prefix: string): Promise<void> {
  const connection = producerConnection(url);
  const queues = Object.values(openQueues(connection, prefix));
  try {
    for (const queue of queues) await queue.obliterate({ force: true });
    await connection.unlink(activityKey(prefix));
  } finally {
    await Promise.allSettled(queues.map((queue) => queue.close()));
    connection.disconnect();
  }
}
