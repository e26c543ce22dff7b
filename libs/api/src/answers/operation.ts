/** For operators: the job queues of upkeep and streaming, and whether a process is alive and ready. */
import { z } from 'zod';
import { count, time } from '../values.js';

const session = z.string().nullable().describe('null for a job that another version of Barkeep added');

const queueAnswer = z.strictObject({
  name: z.enum(['stream', 'detect-gaps', 'backfill', 'aggregate']),
  waiting: count.describe('jobs that wait for a worker'),
  active: count,
  delayed: count.describe('jobs that run later: retries, and jobs that wait until a failed repository is tried again'),
  failed: count.describe('jobs of the last day that will not be tried again'),
  completed: count.describe('jobs of the last hour, at most 2,000; always 0 for stream and backfill, which keep none'),
  oldestWaitingMs: count.nullable().describe('how long the oldest waiting job has waited; null when none waits'),
  running: z.array(z.strictObject({ id: z.string(), session, since: time })).max(100),
  failures: z
    .array(z.strictObject({ id: z.string(), session, at: time, message: z.string() }))
    .max(20)
    .describe('newest first; includes failures of jobs that will be retried'),
  repairMs: z
    .strictObject({ p50: count, p99: count, count: count.describe('number of repairs') })
    .nullable()
    .describe('of the last hour: time from the detection of gaps until their bars and the derived bars can be read'),
});
export const queuesAnswer = z.strictObject({ queues: z.array(queueAnswer) });
export type QueuesAnswer = z.output<typeof queuesAnswer>;

export const liveAnswer = z.strictObject({ status: z.literal('live') });

/** The process is ready: it can serve requests. */
export const readyAnswer = z.strictObject({
  status: z.literal('ready'),
  checks: z.record(z.string(), z.enum(['up', 'down'])).describe('state of each server behind the service, by name'),
});
