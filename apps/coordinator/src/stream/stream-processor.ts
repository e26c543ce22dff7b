/**
 * Takes sessions from the `stream` queue. When this process stops, it returns its sessions to the queue, so that another
 * coordinator takes over at once; when it crashes, the queue notices by the expired lock of the job.
 */
import { Logger } from '@nestjs/common';
import { parsePayload, PayloadError, QueueWorker } from '@barkeep/upkeep-queues';
import { UnrecoverableError, WaitingError, type Job, type WorkerOptions } from 'bullmq';
import type { StreamRunner } from './stream-runner.js';

export class StreamProcessor {
  private readonly logger = new Logger(StreamProcessor.name);
  private readonly stopping = new AbortController();
  private readonly worker: QueueWorker;
  private lastErrorAt = 0;

  /** Starts. */
  constructor(
    private readonly runner: StreamRunner,
    options: WorkerOptions,
  ) {
    // Three plain parameters: with any other shape BullMQ passes no signal.
    this.worker = new QueueWorker('stream', (job, token, signal) => this.process(job, token, signal), options);
    this.worker.on('failed', (job, error) => {
      this.logger.warn({ job: job?.id, error: error.message }, 'stream interrupted');
    });
    this.worker.on('error', (error) => this.onError(error));
  }

  /** Returns all sessions to the queue and takes no more. */
  async stop(): Promise<void> {
    const closed = this.worker.close();
    this.stopping.abort(new Error('the coordinator is stopping'));
    await closed;
  }

  private async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
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

  /** An unreachable queue repeats its error many times a second; one line a second is enough. */
  private onError(error: Error): void {
    if (Date.now() - this.lastErrorAt < 1_000) return;
    this.lastErrorAt = Date.now();
    this.logger.error(error.message);
  }
}
