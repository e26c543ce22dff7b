/**
 * Runs the jobs of one queue. It parses the payload, completes the job when its session was deleted, fails a payload of another
 * version without retries, and aborts the work when the job's lock is lost, because another worker then has the job.
 */
import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { SessionLostError } from '@barkeep/session-data';
import { parsePayload, PayloadError, type JobName, type Payload } from '@barkeep/upkeep-queues';
import { UnrecoverableError, type Job } from 'bullmq';

export abstract class JobProcessor<Name extends JobName> extends WorkerHost {
  protected readonly logger = new Logger(this.constructor.name);

  protected constructor(
    private readonly jobName: Name,
    private readonly work: { run(payload: Payload<Name>, signal?: AbortSignal): Promise<void> },
  ) {
    super();
  }

  // BullMQ passes the signal only to a function with three plain parameters.
  async process(job: Job, _token?: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.work.run(parsePayload(this.jobName, job.data), signal);
    } catch (error) {
      if (error instanceof SessionLostError) return;
      if (error instanceof PayloadError) throw new UnrecoverableError(error.message);
      throw error;
    }
  }

  @OnWorkerEvent('lockRenewalFailed')
  onLockLost(jobIds: string[]): void {
    for (const id of jobIds) this.worker.cancelJob(id, 'the lock was lost');
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    this.logger.warn({ job: job?.id, attempt: job?.attemptsMade, error: error.message }, 'job failed');
  }

  private lastErrorAt = 0;

  /** Logs connection errors at most once per second, because BullMQ emits many of them during an outage. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    const now = Date.now();
    if (now - this.lastErrorAt < 1_000) return;
    this.lastErrorAt = now;
    this.logger.error(error.message);
  }
}
