/**
 * Takes sessions from the `stream` queue. When this process stops, it returns its sessions to the queue, so that another
 * coordinator takes over at once; when it crashes, the queue notices by the expired lock of the job.
 */
import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import { parsePayload, PayloadError } from '@barkeep/upkeep-queues';
import { UnrecoverableError, WaitingError, type Job } from 'bullmq';
import { StreamRunner } from './stream-runner.js';

@Injectable()
export class StreamProcessor extends WorkerHost {
  private readonly logger = new Logger(StreamProcessor.name);
  private readonly stopping = new AbortController();

  constructor(private readonly runner: StreamRunner) {
    super();
  }

  // Three plain parameters: with any other shape BullMQ passes no signal.
  async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
    const stop = signal ? AbortSignal.any([signal, this.stopping.signal]) : this.stopping.signal;
    try {
      await this.runner.run(parsePayload('stream', job.data), stop);
    } catch (error) {
      if (error instanceof PayloadError) throw new UnrecoverableError(error.message);
      if (!this.stopping.signal.aborted) throw error;
      await job.moveToWait(token);
      throw new WaitingError();
    }
  }

  /** Returns all sessions to the queue and takes no more. */
  async stop(): Promise<void> {
    const closed = this.worker.close();
    this.stopping.abort(new Error('the coordinator is stopping'));
    await closed;
  }

  @OnWorkerEvent('lockRenewalFailed')
  onLockLost(jobIds: string[]): void {
    for (const id of jobIds) this.worker.cancelJob(id, 'the lock was lost');
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    this.logger.warn({ job: job?.id, error: error.message }, 'stream interrupted');
  }

  private lastErrorAt = 0;

  /** An unreachable queue repeats its error many times a second; one line a second is enough. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    if (Date.now() - this.lastErrorAt < 1_000) return;
    this.lastErrorAt = Date.now();
    this.logger.error(error.message);
  }
}
