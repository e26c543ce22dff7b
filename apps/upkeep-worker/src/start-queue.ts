/**
 * Runs the jobs of one queue. It parses the payload, completes the job when its session was deleted, fails a payload of another
 * version without retries, and aborts the work when the job's lock is lost, because another worker then has the job.
 */
import { SessionLostError } from '@barkeep/session-data';
import { parsePayload, PayloadError, QueueWorker, type JobName, type Payload } from '@barkeep/upkeep-queues';
import { DelayedError, UnrecoverableError, type Job, type WorkerOptions } from 'bullmq';
import type { Logger } from 'pino';
import { SliceEndedError } from './backfill/index.js';
import { RepositoryFailedError } from './repositories/index.js';

/** What does the work of a queue's jobs. */
interface Work<Name extends JobName> {
  run(payload: Payload<Name>, signal?: AbortSignal): Promise<void>;
}

/** Starts a worker of the queue. */
export function startQueue<Name extends JobName>(
  name: Name,
  work: Work<Name>,
  options: WorkerOptions,
  logger: Logger,
): QueueWorker {
  // BullMQ passes the signal only to a function with three plain parameters.
  const worker = new QueueWorker(name, (job, token, signal) => runJob(name, work, job, token, signal), options);
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const id of jobIds) worker.cancelJob(id, 'the lock was lost');
  });
  worker.on('failed', (job, error) => {
    logger.warn({ job: job?.id, attempt: job?.attemptsMade, error: error.message }, 'job failed');
  });
  let lastErrorAt = 0;
  worker.on('error', (error) => {
    // At most once per second, because BullMQ emits many of them during an outage.
    if (Date.now() - lastErrorAt < 1_000) return;
    lastErrorAt = Date.now();
    logger.error(error.message);
  });
  return worker;
}

async function runJob<Name extends JobName>(
  name: Name,
  work: Work<Name>,
  job: Job,
  token?: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await work.run(parsePayload(name, job.data), signal);
  } catch (error) {
    if (error instanceof SessionLostError) return;
    if (error instanceof PayloadError) throw new UnrecoverableError(error.message);
    if (error instanceof SliceEndedError) {
      // Behind the jobs of the same rank that wait. Throwing this error is how BullMQ learns that the job moved.
      await job.moveToDelayed(Date.now(), token);
      throw new DelayedError();
    }
    if (error instanceof RepositoryFailedError) await job.updateData({ ...job.data, failures: error.failures });
    throw error;
  }
}
