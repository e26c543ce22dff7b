/** Opens the stream of a session for its owner: claims the store, reads its position, opens its source, and runs the loops. */
import { resolveDataset, UnknownDatasetError } from '@barkeep/bar-repository';
import { sourceName, UNCHANGED } from '@barkeep/bars';
import {
  FeedFrontier,
  readStreamFigures,
  readSymbols,
  removeLeftover,
  SessionConsumers,
  SessionLostError,
  SessionWriter,
  UpkeepStore,
  type ClaimedPosition,
  type SessionLayout,
} from '@barkeep/session-data';
import { layoutOf, type SessionRecord, type SharedParts } from '../lifecycle/index.js';
import { ChunkPool, SessionSource } from '../source/index.js';
import { CleanDates } from './clean-dates.js';
import { JoiningSymbols } from './joining-symbols.js';
import { LockstepLimit } from './lockstep-limit.js';
import { OutsideCounter } from './outside-counter.js';
import { runStream, type StreamSource } from './session-stream.js';
import type { StreamsParts } from './stream-parts.js';
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
  async stream(row: SessionRecord, epoch: number, signal: AbortSignal): Promise<StreamOutcome> {
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
    const opening = this.openSource(row, layout, writer, position.frontiers);
    try {
      // None of them needs another: one round trip instead of five.
      const [source, symbols, figures] = await Promise.all([
        opening,
        readSymbols(redis, layout),
        readStreamFigures(redis, layout),
        writer.emitState('running'),
      ]);
      const store = new UpkeepStore(redis, layout);
      const joining = new JoiningSymbols(redis, layout, fence, symbols.joining);
      const trailing = new TrailingWindow(redis, layout, writer, () => lockstep.slowest);
      const outside = new OutsideCounter({ ...this.parts, layout, writer }, this.clean);
      const own = { layout, epoch, writer, store, joining, lockstep, trailing, outside, wake };
      return await runStream({ ...this.parts, ...own }, source, { ...position, ...figures }, signal);
    } finally {
      wake.close();
      // Also when another of the parts could not be read: then this does not wait for the source.
      void opening.then(
        (source) => source.close(),
        () => undefined,
      );
    }
  }

  /** Opens what the bars come from: the session's feed or its dataset. */
  private async openSource(
    row: SessionRecord,
    layout: SessionLayout,
    writer: SessionWriter,
    frontiers: readonly number[],
  ): Promise<StreamSource> {
    const { redis, wakes, dataSource, sharedWindows: shared, sessions } = this.parts;
    if (row.spec.source.type === 'feed') {
      const wake = await wakes.listen(row.id);
      return { frontier: new FeedFrontier(redis, layout, writer, [...frontiers]), wake, close: wake.close };
    }
    const { pool } = this;
    const dataset = sourceName(layout.spec);
    const [datasetId, isOneOfMany] = await Promise.all([
      resolveDataset(dataSource, dataset),
      sessions.hasSimilarSession(row),
    ]);
    if (datasetId === undefined) throw new UnknownDatasetError(dataset);
    return SessionSource.open({ dataSource, pool, shared, layout, datasetId, isOneOfMany }, frontiers);
  }

  /**
   * Claims the store and reads its position. Only a session without a checkpoint creates its store: a store that is gone later is
   * lost, and never continued with a hole.
   */
  private async claimStore(
    row: SessionRecord,
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
export async function isChanged(sessions: SharedParts['sessions'], row: SessionRecord): Promise<boolean> {
  const now = await sessions.find(row.id);
  return now?.incarnation === row.incarnation && versionOf(now) !== versionOf(row);
}

/** Version of the session's symbol list. */
export function versionOf({ membership }: SessionRecord): number {
  return (membership ?? UNCHANGED).version;
}
