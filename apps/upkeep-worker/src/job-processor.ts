/** Runs the jobs of one queue: completes those of deleted sessions, fails payloads of another version for good. */
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type Type } from '@nestjs/common';
import { SessionLostError } from '@barkeep/session-data';
import { onceASecond, parsePayload, PayloadError, PRIORITY_MAX } from '@barkeep/upkeep-queues';
import type { JobName, Payload } from '@barkeep/upkeep-queues';
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import { SliceEndedError } from './backfiller.js';
import { RepositoryFailedError } from './repositories.js';

/**
 * The class of a queue's processor, from which Nest creates one object and one worker.
 * @param context its name in the log @param options of the worker
 */
export function processorOf<Name extends JobName>(
  name: Name,
  context: string,
  work: { run(payload: Payload<Name>, signal?: AbortSignal): Promise<void> },
  options: Parameters<typeof Processor>[1],
): Type<WorkerHost> {
  @Processor({ name }, options)
  class QueueProcessor extends WorkerHost {
    private readonly logger = new Logger(context);
    private readonly logError = onceASecond(({ message }: Error) => this.logger.error(message));

    // BullMQ passes the signal only to a function that declares three parameters without defaults.
    async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
      try {
        await work.run(parsePayload(name, job.data), signal);
      } catch (error) {
        if (error instanceof SessionLostError) return;
        if (error instanceof PayloadError) throw new UnrecoverableError(error.message);
        if (!(error instanceof SliceEndedError) && !(error instanceof RepositoryFailedError)) throw error;
        await job.updateData({ ...job.data, ...error.changes });
        // The priority is a job's rank among the jobs of its session, and each run counts as one more job. Otherwise jobs that run again
        // and again would keep out all jobs of later ranks.
        await job.changePriority({ priority: Math.min(job.priority + 1, PRIORITY_MAX) });
        if (error instanceof RepositoryFailedError) throw error;
        await job.moveToDelayed(Date.now(), token); // behind the waiting jobs of the same priority
        throw new DelayedError(); // BullMQ expects this error after a move
      }
    }

    @OnWorkerEvent('failed')
    onFailed(job: Job | undefined, error: Error): void {
      this.logger.warn({ job: job?.id, attempt: job?.attemptsMade, error: error.message }, 'job failed');
    }

    @OnWorkerEvent('error')
    onError(error: Error): void {
      this.logError(error);
    }
  }
  return QueueProcessor;
}
