/**
 * Runs the stream of a session: takes its fence, finds out where its store stands, streams, and writes down how it
 * ended. Whatever happens to this process, another one can do the same again.
 */
import {
  resolveDataset,
  UnknownDatasetError,
  type SessionRepository,
  type SessionRow,
  type SessionState,
} from '@barkeep/bar-repository';
import { sourceName, UNCHANGED, type SessionSpec } from '@barkeep/bars';
import {
  FeedFrontier,
  FencedError,
  readStreamFigures,
  removeLeftover,
  RewindError,
  SessionConsumers,
  SessionLostError,
  SessionWriter,
  emitState,
  UpkeepStore,
  type ClaimedPosition,
  type SessionLayout,
} from '@barkeep/session-data';
import type { Payload, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { type Certificates, layoutOf, type SymbolChanges } from '../lifecycle/index.js';
import { ChunkPool, type PrefetchBudget, type SharedWindows, WindowReader } from '../source/index.js';
import { JoiningSymbols } from './joining-symbols.js';
import { LockstepLimit } from './lockstep-limit.js';
import { SessionStream, type StreamStart } from './session-stream.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamMetrics } from '../figures/index.js';
import type { StreamOutcome } from './stream-progress.js';
import { TrailingWindow } from './trailing-window.js';
import type { WakeSignals } from './wake-signals.js';

export interface StreamRunnerParts {
  /** Names this process; a session's fence is (epoch, owner). */
  owner: string;
  redis: Redis;
  keyPrefix: string;
  dataSource: DataSource;
  sessions: SessionRepository<SessionSpec>;
  producer: UpkeepProducer;
  changes: SymbolChanges;
  certificates: Certificates;
  wakes: WakeSignals;
  stagedDays: number;
  budget: PrefetchBudget;
  sharedWindows: SharedWindows;
  metrics: StreamMetrics;
  warn: (message: string, error: unknown) => void;
  /** True for errors of a server that is away: the job is retried then, and the session goes on. */
  isOutage: (error: unknown) => boolean;
}

export class StreamRunner {
  private readonly pool = new ChunkPool();

  constructor(private readonly parts: StreamRunnerParts) {}

  /** @returns when there is nothing more to do here @throws the signal's reason, and outages, which are retried */
  async run(payload: Payload<'stream'>, signal: AbortSignal): Promise<void> {
    while (await this.runOnce(payload, signal)) signal.throwIfAborted();
  }

  /**
   * Streams with the symbols that the session has now. The job is kept when they change: another one would have to wait
   * behind those of all other sessions.
   * @returns whether they changed, and the session is to be streamed again
   */
  private async runOnce({ sessionId, incarnation, run }: Payload<'stream'>, signal: AbortSignal): Promise<boolean> {
    const row = await this.parts.sessions.find(sessionId);
    if (!row || row.incarnation !== incarnation || row.run !== run) return false;
    const epoch = await this.parts.sessions.claim(row, this.parts.owner);
    if (epoch === undefined) return false;
    try {
      const outcome = await this.stream(row, epoch, signal);
      if (outcome === 'changed') return true;
      if (outcome !== 'completed') return await this.tellAtRest(row, outcome);
      const version = versionOf(row);
      if (!(await this.parts.sessions.finish(row, epoch, 'completed', null, version))) return await this.isChanged(row);
      await this.emitState(row, 'completed');
      await this.certify(row);
      return false;
    } catch (error) {
      if (error instanceof FencedError) return false;
      // Of a store that was set back, the next try claims what is there now.
      if (signal.aborted || error instanceof RewindError || this.parts.isOutage(error)) throw error;
      // A partition does not take what comes from somebody who does not know that its symbols changed.
      if (error instanceof SessionLostError && (await this.isChanged(row))) return true;
      const state = error instanceof SessionLostError ? 'lost' : 'failed';
      this.parts.warn(`session ${sessionId} is ${state}`, error);
      const { message } = error as Error;
      if (await this.parts.sessions.finish(row, epoch, state, message)) await this.emitState(row, state, message);
      await this.parts.producer.unschedule(incarnation);
      return false;
    }
  }

  /** Whoever paused or stopped the session may have said so before this stream said that it runs. */
  private async tellAtRest(row: SessionRow<SessionSpec>, outcome: 'paused' | 'stopped'): Promise<false> {
    const now = await this.parts.sessions.find(row.id);
    if (now?.incarnation === row.incarnation && now.state === outcome) await this.emitState(row, outcome);
    return false;
  }

  /** The reconciler makes up for what fails here. */
  private async certify(row: SessionRow<SessionSpec>): Promise<void> {
    const kept = this.parts.certificates.keep({ ...row, state: 'completed' });
    await kept.catch((error: unknown) => this.parts.warn(`session ${row.id}: no certificate was kept yet`, error));
  }

  /** Says how the session ended; Postgres knows already, so that a store that is away takes nothing from that. */
  private async emitState(row: SessionRow<SessionSpec>, state: SessionState, error?: string): Promise<void> {
    const { redis, keyPrefix, warn } = this.parts;
    const told = emitState(redis, layoutOf(row, keyPrefix), state, error);
    await told.catch((reason: unknown) => warn(`session ${row.id}: its state was not said in its events`, reason));
  }

  /** Whether the session has other symbols than those of a row that was read earlier. */
  private async isChanged(row: SessionRow<SessionSpec>): Promise<boolean> {
    const now = await this.parts.sessions.find(row.id);
    return now?.incarnation === row.incarnation && versionOf(now) !== versionOf(row);
  }

  private async stream(row: SessionRow<SessionSpec>, epoch: number, signal: AbortSignal): Promise<StreamOutcome> {
    const { owner, redis, keyPrefix, dataSource, sessions, producer, wakes } = this.parts;
    const { stagedDays, budget, metrics, warn } = this.parts;
    const layout = layoutOf(row, keyPrefix);
    const fence = { epoch, owner };
    const writer = new SessionWriter(redis, layout, fence);
    if (row.membership) await this.parts.changes.updateSymbols(row);
    const position = await this.position(row, epoch, layout, writer);
    if (await this.isChanged(row)) return 'changed';
    if (row.state === 'waiting-upkeep') await sessions.setStateIfEpoch(row, epoch, 'running');
    const store = new UpkeepStore(redis, layout);
    const lockstep = new LockstepLimit(new SessionConsumers(redis, layout), layout);
    const trailing = new TrailingWindow(redis, layout, writer, () => lockstep.slowest);
    const wake = await wakes.listen(row.id);
    try {
      const isFed = row.spec.source.type === 'feed';
      const { frontiers } = position;
      // None of them needs another: one way to the servers and back, and not five.
      const [joining, figures, reader] = await Promise.all([
        JoiningSymbols.of(redis, layout, fence),
        readStreamFigures(redis, layout),
        isFed ? undefined : this.reader(row, layout, frontiers),
        writer.emitState('running'),
      ]);
      const start = { ...position, ...figures };
      const held = { writer, trailing, store, joining, lockstep, wake };
      const shared = { sessions, producer, dataSource, stagedDays, budget, metrics, warn };
      const parts = { layout, epoch, ...held, ...shared };
      if (!reader) return await this.followFeed(parts, start, frontiers, signal);
      try {
        return await new SessionStream(parts, { reader }).run(start, signal);
      } finally {
        reader.close();
      }
    } finally {
      wake.close();
    }
  }

  private async reader(
    row: SessionRow<SessionSpec>,
    layout: SessionLayout,
    frontiers: readonly number[],
  ): Promise<WindowReader> {
    const { dataSource, sharedWindows: shared, sessions } = this.parts;
    const { pool } = this;
    const dataset = sourceName(layout.spec);
    const [datasetId, isOneOfMany] = await Promise.all([
      resolveDataset(dataSource, dataset),
      sessions.hasSimilarSession(row),
    ]);
    if (datasetId === undefined) throw new UnknownDatasetError(dataset);
    return WindowReader.open({ dataSource, pool, shared, layout, datasetId, isOneOfMany }, frontiers);
  }

  private async followFeed(
    parts: StreamParts,
    start: StreamStart,
    frontiers: readonly number[],
    signal: AbortSignal,
  ): Promise<StreamOutcome> {
    const wake = await this.parts.wakes.listen(parts.layout.id);
    try {
      const frontier = new FeedFrontier(this.parts.redis, parts.layout, parts.writer, [...frontiers]);
      return await new SessionStream(parts, { feed: { frontier, wake } }).run(start, signal);
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
  ): Promise<ClaimedPosition> {
    if (!row.checkpoint) await writer.init();
    const position = await writer.claim();
    const { frontier, clock } = position;
    const saved = await this.parts.sessions.saveCheckpoint(row, epoch, { frontier, clock });
    if (!saved && (await this.parts.sessions.find(row.id))?.incarnation !== row.incarnation) {
      // The session was deleted while its store was begun: none of its keys may come back (I9).
      await removeLeftover(this.parts.redis, layout);
      throw new SessionLostError(row.id);
    }
    return position;
  }
}

function versionOf({ membership }: SessionRow<SessionSpec>): number {
  return (membership ?? UNCHANGED).version;
}
