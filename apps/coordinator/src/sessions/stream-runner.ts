/**
 * Runs the stream of a session: takes its fence, finds out where its store stands, streams, and writes down how it
 * ended. Whatever happens to this process, another one can do the same again.
 */
import { resolveDataset, UnknownDatasetError, type SessionRepository, type SessionRow } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import {
  FencedError,
  readStreamFigures,
  removeLeftover,
  RewindError,
  SessionLayout,
  SessionLostError,
  SessionWriter,
  UpkeepStore,
} from '@barkeep/session-data';
import type { Payload, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { PrefetchBudget } from './prefetch-budget.js';
import { SessionStream } from './session-stream.js';
import type { StreamMetrics } from './stream-metrics.js';
import type { StreamOutcome } from './stream-progress.js';
import { TrailingWindow } from './trailing-window.js';
import type { WakeSignals } from './wake-signals.js';
import { WindowReader } from './window-reader.js';

export interface StreamRunnerParts {
  /** Names this process; a session's fence is (epoch, owner). */
  owner: string;
  redis: Redis;
  keyPrefix: string;
  dataSource: DataSource;
  sessions: SessionRepository<SessionSpec>;
  producer: UpkeepProducer;
  wakes: WakeSignals;
  stagedDays: number;
  budget: PrefetchBudget;
  metrics: StreamMetrics;
  warn: (message: string, error: unknown) => void;
  /** True for errors of a server that is away: the job is retried then, and the session goes on. */
  isOutage: (error: unknown) => boolean;
}

export class StreamRunner {
  constructor(private readonly parts: StreamRunnerParts) {}

  /** @returns when there is nothing more to do here @throws the signal's reason, and outages, which are retried */
  async run({ sessionId, incarnation, run }: Payload<'stream'>, signal: AbortSignal): Promise<void> {
    const row = await this.parts.sessions.find(sessionId);
    if (!row || row.incarnation !== incarnation || row.run !== run) return;
    const epoch = await this.parts.sessions.claim(row, this.parts.owner);
    if (epoch === undefined) return;
    try {
      const outcome = await this.stream(row, epoch, signal);
      if (outcome === 'completed') await this.parts.sessions.finish(row, epoch, 'completed');
    } catch (error) {
      if (error instanceof FencedError) return;
      // Of a store that was set back, the next try claims what is there now.
      if (signal.aborted || error instanceof RewindError || this.parts.isOutage(error)) throw error;
      const state = error instanceof SessionLostError ? 'lost' : 'failed';
      this.parts.warn(`session ${sessionId} is ${state}`, error);
      await this.parts.sessions.finish(row, epoch, state, (error as Error).message);
      await this.parts.producer.unschedule(incarnation);
    }
  }

  private async stream(row: SessionRow<SessionSpec>, epoch: number, signal: AbortSignal): Promise<StreamOutcome> {
    const { owner, redis, keyPrefix, dataSource, sessions, producer, wakes } = this.parts;
    const { stagedDays, budget, metrics, warn } = this.parts;
    const layout = new SessionLayout(row.id, row.incarnation, row.spec, keyPrefix, row.historyDays);
    const writer = new SessionWriter(redis, layout, { epoch, owner });
    const position = await this.position(row, epoch, layout, writer);
    const datasetId = await resolveDataset(dataSource, row.spec.source.dataset);
    if (datasetId === undefined) throw new UnknownDatasetError(row.spec.source.dataset);
    const reader = await WindowReader.open(dataSource, layout, datasetId);
    const store = new UpkeepStore(redis, layout);
    const trailing = new TrailingWindow(redis, layout, writer);
    const wake = await wakes.listen(row.id);
    const stream = { layout, epoch, writer, trailing, store, reader, wake, sessions, producer, dataSource };
    try {
      const start = { ...position, ...(await readStreamFigures(redis, layout)) };
      return await new SessionStream({ ...stream, stagedDays, budget, metrics, warn }).run(start, signal);
    } finally {
      wake.close();
    }
  }

  /** Where the store stands. It is begun once; a store that is gone later is lost, never continued with a hole. */
  private async position(
    row: SessionRow<SessionSpec>,
    epoch: number,
    layout: SessionLayout,
    writer: SessionWriter,
  ): Promise<{ frontier: number; clock: number }> {
    if (!row.checkpoint) await writer.init();
    const position = await writer.claim();
    const saved = await this.parts.sessions.saveCheckpoint(row, epoch, position);
    if (!saved && (await this.parts.sessions.find(row.id))?.incarnation !== row.incarnation) {
      // The session was deleted while its store was begun: none of its keys may come back (I9).
      await removeLeftover(this.parts.redis, layout);
      throw new SessionLostError(row.id);
    }
    return position;
  }
}
