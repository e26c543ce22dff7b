/** Opens the stream of a session for its owner: claims the store, reads its position, opens its source, and runs the loops. */
import { resolveDataset, UnknownDatasetError } from '@barkeep/bar-repository';
import { sourceName, UNCHANGED } from '@barkeep/bars';
import {
  FeedFrontier,
  readStreamFigures,
  removeLeftover,
  SessionConsumers,
  SessionLostError,
  SessionWriter,
  UpkeepStore,
  type ClaimedPosition,
  type SessionLayout,
} from '@barkeep/session-data';
import { layoutOf, type Row, type SharedParts } from '../lifecycle/index.js';
import { ChunkPool, SessionSource } from '../source/index.js';
import { CleanDates } from './clean-dates.js';
import { JoiningSymbols } from './joining-symbols.js';
import { LockstepLimit } from './lockstep-limit.js';
import { OutsideCounter } from './outside-counter.js';
import { runStream, type StreamStart } from './session-stream.js';
import type { StreamParts, StreamsParts } from './stream-parts.js';
import type { StreamOutcome } from './stream-progress.js';
import { TrailingWindow } from './trailing-window.js';

export class SessionStreams {
  private readonly pool = new ChunkPool();
  private readonly clean = new CleanDates();

  constructor(private readonly parts: StreamsParts) {}

  /**
   * Streams a session until its end or until it is to pause, stop or reload.
   * @param epoch that this process has claimed in Postgres
   * @throws what {@link runStream} throws, UnknownDatasetError
   */
  async stream(row: Row, epoch: number, signal: AbortSignal): Promise<StreamOutcome> {
    const { owner, redis, keyPrefix, sessions, changes, control, wakes } = this.parts;
    const layout = layoutOf(row, keyPrefix);
    const fence = { epoch, owner };
    const writer = new SessionWriter(redis, layout, fence);
    if (row.membership) await changes.updateSymbols(row);
    const position = await this.claimStore(row, epoch, layout, writer);
    // The store may hold a control that is older than the row.
    const now = await control.follow(row);
    if (now.state === 'paused' || now.state === 'stopped') return now.state;
    if (versionOf(now) !== versionOf(row)) return 'changed';
    if (row.state === 'waiting-upkeep') await sessions.setStateIfEpoch(row, epoch, 'running');
    const lockstep = new LockstepLimit(new SessionConsumers(redis, layout), layout);
    const wake = await wakes.listen(row.id);
    try {
      // None of them needs another: one round trip instead of five.
      const [joining, figures, source] = await Promise.all([
        JoiningSymbols.of(redis, layout, fence),
        readStreamFigures(redis, layout),
        this.openSource(row, layout, position.frontiers),
        writer.emitState('running'),
      ]);
      const store = new UpkeepStore(redis, layout);
      const trailing = new TrailingWindow(redis, layout, writer, () => lockstep.slowest);
      const outside = new OutsideCounter({ ...this.parts, layout, writer }, this.clean);
      const own = { layout, epoch, writer, store, joining, lockstep, trailing, outside, wake };
      const parts: StreamParts = { ...this.parts, ...own };
      const start = { ...position, ...figures };
      if (!source) return await this.followFeed(parts, start, position.frontiers, signal);
      try {
        return await runStream(parts, source, start, signal);
      } finally {
        source.close();
      }
    } finally {
      wake.close();
    }
  }

  /** @returns undefined for a session that is fed */
  private async openSource(
    row: Row,
    layout: SessionLayout,
    frontiers: readonly number[],
  ): Promise<SessionSource | undefined> {
    if (row.spec.source.type === 'feed') return undefined;
    const { dataSource, sharedWindows: shared, sessions } = this.parts;
    const { pool } = this;
    const dataset = sourceName(layout.spec);
    const [datasetId, isOneOfMany] = await Promise.all([
      resolveDataset(dataSource, dataset),
      sessions.hasSimilarSession(row),
    ]);
    if (datasetId === undefined) throw new UnknownDatasetError(dataset);
    return SessionSource.open({ dataSource, pool, shared, layout, datasetId, isOneOfMany }, frontiers);
  }

  private async followFeed(
    parts: StreamParts,
    start: StreamStart,
    frontiers: readonly number[],
    signal: AbortSignal,
  ): Promise<StreamOutcome> {
    const wake = await this.parts.wakes.listen(parts.layout.id);
    try {
      const frontier = new FeedFrontier(parts.redis, parts.layout, parts.writer, [...frontiers]);
      return await runStream(parts, { frontier, wake }, start, signal);
    } finally {
      wake.close();
    }
  }

  /**
   * Claims the store and reads its position. Only a session without a checkpoint creates its store: a store that is gone later is
   * lost, and never continued with a hole.
   */
  private async claimStore(
    row: Row,
    epoch: number,
    layout: SessionLayout,
    writer: SessionWriter,
  ): Promise<ClaimedPosition> {
    const { sessions, redis } = this.parts;
    if (!row.checkpoint) await writer.init();
    const position = await writer.claim();
    const { frontier, clock } = position;
    const saved = await sessions.saveCheckpoint(row, epoch, { frontier, clock });
    if (!saved && (await sessions.find(row.id))?.incarnation !== row.incarnation) {
      // The session was deleted while its store was created: none of its keys may come back (I9).
      await removeLeftover(redis, layout);
      throw new SessionLostError(row.id);
    }
    return position;
  }
}

/** Whether the session has other symbols than those of a row that was read earlier. */
export async function isChanged(sessions: SharedParts['sessions'], row: Row): Promise<boolean> {
  const now = await sessions.find(row.id);
  return now?.incarnation === row.incarnation && versionOf(now) !== versionOf(row);
}

/** Version of the session's symbol list. */
export function versionOf({ membership }: Row): number {
  return (membership ?? UNCHANGED).version;
}
