/**
 * Takes jobs from the `stream` queue, one job per session: claims the session, streams it, and ends it. Each step may be repeated by
 * another coordinator, which gets the job when this one stops (at once) or crashes (when the lock of the job has expired).
 */
import { FencedError, hasAllPartitions, isOutage, RewindError, SessionLostError } from '@barkeep/session-data';
import { onceASecond, parsePayload, PayloadError, QueueWorker, type Payload } from '@barkeep/upkeep-queues';
import { Logger } from '@nestjs/common';
import { UnrecoverableError, WaitingError, type Job, type WorkerOptions } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { controlOf, layoutOf, type SessionRecord } from '../lifecycle/index.js';
import { SourceChangedError } from '../source/index.js';
import { SessionEnd } from './session-end.js';
import { SessionStreams, symbolsVersionOf } from './session-stream.js';
import type { SharedStreamParts } from './stream-parts.js';

/** Restarts of a job between two pauses, so that a store and a row that keep disagreeing about the symbols cost little. */
const RESTARTS_BEFORE_PAUSE = 10;
const RESTART_PAUSE_MS = 1_000;

export class StreamProcessor {
  private readonly logger = new Logger(StreamProcessor.name);
  private readonly stopping = new AbortController();
  private readonly worker: QueueWorker;
  private readonly streams: SessionStreams;
  private readonly end: SessionEnd;

  constructor(
    private readonly parts: SharedStreamParts,
    options: WorkerOptions,
  ) {
    this.streams = new SessionStreams(parts);
    this.end = new SessionEnd(parts);
    // BullMQ passes the signal only to a function that declares three parameters without defaults.
    this.worker = new QueueWorker('stream', (job, token, signal) => this.process(job, token, signal), options);
    this.worker.on('failed', (job, error) => {
      this.logger.warn({ job: job?.id, error: error.message }, 'stream interrupted');
    });
    const logError = onceASecond(({ message }: Error) => this.logger.error(message));
    this.worker.on('error', logError);
  }

  /** Returns the jobs of all sessions to the queue and takes no more. */
  async stop(): Promise<void> {
    const closed = this.worker.close();
    this.stopping.abort(new Error('the coordinator is stopping'));
    await closed;
  }

  private async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
    const stop = signal ? AbortSignal.any([signal, this.stopping.signal]) : this.stopping.signal;
    try {
      await this.run(parsePayload('stream', job.data), stop);
    } catch (error) {
      if (error instanceof PayloadError) throw new UnrecoverableError(error.message);
      if (!this.stopping.signal.aborted) throw error;
      await job.moveToWait(token);
      throw new WaitingError();
    }
  }

  /** Streams until the job is done. @throws the signal's reason; outages and RewindError, after which the queue retries the job */
  private async run(payload: Payload<'stream'>, signal: AbortSignal): Promise<void> {
    for (let restarts = 1; await this.runOnce(payload, signal); restarts++) {
      signal.throwIfAborted();
      if (restarts % RESTARTS_BEFORE_PAUSE === 0) await sleep(RESTART_PAUSE_MS, undefined, { signal });
    }
  }

  /**
   * Streams the session with its current symbols. When the symbols or the dataset change, the same job streams it again: a new job
   * would wait behind the jobs of all other sessions.
   * @returns whether the session must be streamed again
   */
  private async runOnce({ sessionId, incarnation, run }: Payload<'stream'>, signal: AbortSignal): Promise<boolean> {
    const { sessions, owner } = this.parts;
    const row = await sessions.reread({ id: sessionId, incarnation });
    if (row?.run !== run) return false;
    const epoch = await sessions.claim(row, owner);
    if (epoch === undefined) return false;
    try {
      const outcome = await this.streams.stream(row, epoch, signal);
      if (outcome === 'changed') return true;
      if (outcome !== 'completed') return await this.mustContinue(row);
      const isCompleted = await this.end.complete(row, epoch, symbolsVersionOf(row));
      return isCompleted ? false : await this.haveSymbolsChanged(row);
    } catch (error) {
      if (error instanceof FencedError) return false;
      if (error instanceof SourceChangedError) return true;
      // After a RewindError the next try claims what the store holds now.
      if (signal.aborted || error instanceof RewindError || isOutage(error)) throw error;
      // A partition refuses an owner whose symbols it does not have: they changed, or the store was set back to earlier ones.
      const isRefused = error instanceof SessionLostError;
      if (isRefused && ((await this.haveSymbolsChanged(row)) || (await this.isStoreRepaired(row)))) return true;
      await this.end.fail(row, epoch, error);
      return false;
    }
  }

  /**
   * Whether a session must be streamed again although its store ended the stream with a pause or stop. The row decides, and its
   * control is written into the store: the store may have kept `pause` because a resume did not reach it.
   */
  private async mustContinue(row: SessionRecord): Promise<boolean> {
    const current = await this.parts.sessions.reread(row);
    if (current?.run !== row.run) return false;
    return controlOf((await this.parts.control.follow(current)).state) === 'run';
  }

  /** Repairs a store that has other symbols than the row. @returns whether it was repaired, here or by another process just before */
  private async isStoreRepaired(row: SessionRecord): Promise<boolean> {
    const { changes, redis, keyPrefix } = this.parts;
    return (await changes.repair(row)) || hasAllPartitions(redis, layoutOf(row, keyPrefix));
  }

  private async haveSymbolsChanged(row: SessionRecord): Promise<boolean> {
    const current = await this.parts.sessions.reread(row);
    return current !== undefined && symbolsVersionOf(current) !== symbolsVersionOf(row);
  }
}
