/**
 * Takes jobs from the `stream` queue, one job per session: claims the session, streams it, and records the outcome. Each step may
 * be repeated by another coordinator. A coordinator that stops returns its jobs to the queue, so that another one takes over at
 * once. When a coordinator crashes, the locks of its jobs expire, and the queue gives the jobs to another one.
 */
import type { SessionState } from '@barkeep/bar-repository';
import {
  emitState,
  FencedError,
  hasAllPartitions,
  isBrokenStore,
  isOutage,
  RewindError,
  SessionLostError,
  setControl,
} from '@barkeep/session-data';
import { onceASecond, parsePayload, PayloadError, QueueWorker, type Payload } from '@barkeep/upkeep-queues';
import { Logger } from '@nestjs/common';
import { UnrecoverableError, WaitingError, type Job, type WorkerOptions } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { controlOf, layoutOf, type SessionRecord } from '../lifecycle/index.js';
import { SourceChangedError } from '../source/index.js';
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

  /** Starts to take jobs. */
  constructor(
    private readonly parts: SharedStreamParts,
    options: WorkerOptions,
  ) {
    this.streams = new SessionStreams(parts);
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
    const row = await sessions.find(sessionId);
    if (!row || row.incarnation !== incarnation || row.run !== run) return false;
    const epoch = await sessions.claim(row, owner);
    if (epoch === undefined) return false;
    try {
      const outcome = await this.streams.stream(row, epoch, signal);
      if (outcome === 'changed') return true;
      if (outcome !== 'completed') return await this.mustContinue(row);
      return await this.complete(row, epoch);
    } catch (error) {
      if (error instanceof FencedError) return false;
      if (error instanceof SourceChangedError) return true;
      // After a RewindError the next try claims what the store holds now.
      if (signal.aborted || error instanceof RewindError || isOutage(error)) throw error;
      // A partition refuses an owner whose symbols it does not have: they changed, or the store was set back to earlier ones.
      const isRefused = error instanceof SessionLostError;
      if (isRefused && ((await this.haveSymbolsChanged(row)) || (await this.isStoreRepaired(row)))) return true;
      await this.fail(row, epoch, error);
      return false;
    }
  }

  /** Ends a session as completed. @returns whether its symbols changed meanwhile, so that it must be streamed again instead */
  private async complete(row: SessionRecord, epoch: number): Promise<boolean> {
    const { sessions } = this.parts;
    const isFinished = await sessions.finish(row, epoch, 'completed', /* error */ null, symbolsVersionOf(row));
    if (!isFinished) return this.haveSymbolsChanged(row);
    await this.emitState(row, 'completed');
    await this.orWarn('no certificate was kept yet', row, this.parts.certificates.keep({ ...row, state: 'completed' }));
    return false;
  }

  private async fail(row: SessionRecord, epoch: number, error: unknown): Promise<void> {
    const { sessions, producer, warn } = this.parts;
    // When a lost session is started again, it gets a new store; a failed one continues with its store.
    const state = error instanceof SessionLostError || isBrokenStore(error) ? 'lost' : 'failed';
    const { message } = error as Error;
    // Refused: another call has paused, stopped or removed the session, or another coordinator owns it. Its upkeep stays scheduled.
    if (!(await sessions.finish(row, epoch, state, message))) return;
    warn(`session ${row.id} is ${state}`, error);
    const { redis, keyPrefix } = this.parts;
    // `stop` ends the requests of upkeep. A later start of the session writes `run`.
    await this.orWarn('its upkeep may go on', row, setControl(redis, layoutOf(row, keyPrefix), epoch, 'stop'));
    await this.emitState(row, state, message);
    await producer.unschedule(row.incarnation);
  }

  /**
   * Whether a session must be streamed again although its store ended the stream with a pause or stop. The row decides, and its
   * control is written into the store: the store may have kept `pause` because a resume did not reach it.
   */
  private async mustContinue({ id, incarnation, run }: SessionRecord): Promise<boolean> {
    const current = await this.parts.sessions.find(id);
    if (current?.incarnation !== incarnation || current.run !== run) return false;
    return controlOf((await this.parts.control.follow(current)).state) === 'run';
  }

  private async emitState(row: SessionRecord, state: SessionState, error?: string): Promise<void> {
    const { redis, keyPrefix } = this.parts;
    await this.orWarn('its state was not emitted yet', row, emitState(redis, layoutOf(row, keyPrefix), state, error));
  }

  /**
   * Only logs an error of work at the end of a session: the reconciler does the work again. A session that was deleted or lost its
   * store meanwhile needs none of this work.
   */
  private async orWarn(failure: string, { id }: SessionRecord, work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!(error instanceof SessionLostError)) this.parts.warn(`session ${id}: ${failure}`, error);
    });
  }

  /** Repairs a store that has other symbols than the row. @returns whether it was repaired, here or by another process just before */
  private async isStoreRepaired(row: SessionRecord): Promise<boolean> {
    const { changes, redis, keyPrefix } = this.parts;
    return (await changes.repair(row)) || hasAllPartitions(redis, layoutOf(row, keyPrefix));
  }

  private async haveSymbolsChanged(row: SessionRecord): Promise<boolean> {
    const current = await this.parts.sessions.find(row.id);
    return current?.incarnation === row.incarnation && symbolsVersionOf(current) !== symbolsVersionOf(row);
  }
}
