/**
 * Locks of jobs that never expire. BullMQ gives every lock an expiry, but a queue Redis that was restored from a copy of its keys may
 * have lost it. The job of such a lock belongs to no worker, and BullMQ would wait without end for the lock's end.
 */
import type { Redis } from 'ioredis';
import { JOB_NAMES } from './contract.js';

/** What Redis answers for a key that exists and never expires. */
const NO_EXPIRY = -1;

/** Removes such locks, so that other workers take their jobs. @param redis a client of the queue Redis @param prefix BullMQ's key prefix */
export async function releaseLostLocks(redis: Redis, prefix: string): Promise<void> {
  const queues = JOB_NAMES.map((name) => `${prefix}:${name}`);
  const active = await Promise.all(queues.map((queue) => redis.lrange(`${queue}:active`, 0, -1)));
  const locks = queues.flatMap((queue, i) => active[i]!.map((id) => `${queue}:${id}:lock`));
  const expiries = await Promise.all(locks.map((lock) => redis.pttl(lock)));
  await Promise.all(locks.filter((_, i) => expiries[i] === NO_EXPIRY).map((lock) => redis.del(lock)));
}
