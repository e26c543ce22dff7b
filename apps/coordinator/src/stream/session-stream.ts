/**
 * Streams one session, as its owner: claims its store, opens its source, and runs its loops (stream-loops.ts) from the store's position
 * to the end. All state that matters is in the store and in Postgres.
 */
import { resolveDataset } from '@barkeep/bar-repository';
import { sourceName, UNCHANGED } from '@barkeep/bars';
import * as store from '@barkeep/session-data';
import { layoutOf, type SessionRecord } from '../lifecycle/index.js';
import { ChunkPool, SessionSource } from '../source/index.js';
import { CleanDates } from './clean-dates.js';
import { JoiningSymbols } from './joining-symbols.js';
import { OutsideCounter } from './outside-counter.js';
import { RetainedDays } from './retained-days.js';
import { runLoops } from './stream-loops.js';
import type { SharedStreamParts } from './stream-parts.js';
import type { StreamOutcome } from './stream-progress.js';

/** The session cannot be streamed further. Its message is shown as the session's error. */
class SourceRemovedError extends Error {
  override readonly name = 'SourceRemovedError';
  constructor(dataset: string) {
    const what = `dataset ${JSON.stringify(dataset)}, the source of the session, does not exist any more`;
    super(`${what}: import it again, then start the session`);
  }
}

export class SessionStreams {
  private readonly pool = new ChunkPool();
  private readonly clean = new CleanDates();

  constructor(private readonly parts: SharedStreamParts) {}

  /**
   * Streams a session until its end or until it is to pause, stop or reload its symbols.
   * @param epoch the epoch that this process claimed in Postgres
   * @throws what {@link runLoops} throws, SourceRemovedError
   */
  async stream(row: SessionRecord, epoch: number, signal: AbortSignal): Promise<StreamOutcome> {
    const { owner, redis, keyPrefix, sessions, changes, control } = this.parts;
    const fence = { epoch, owner };
    const writer = new store.SessionWriter(redis, layoutOf(row, keyPrefix), fence);
    // Nothing may be written with the row's symbols before the store has them.
    if (row.membership) await changes.updateStore(row);
    const position = await this.claimStore(row, epoch, writer);
    // The control in the store is a copy of what the row says, and may be older.
    const current = await control.follow(row);
    if (current.state === 'paused' || current.state === 'stopped') return current.state;
    if (symbolsVersionOf(current) !== symbolsVersionOf(row)) return 'changed';
    // The previous owner waited for upkeep; this one has not begun to wait.
    if (row.state === 'waiting-upkeep') await sessions.setStateIfEpoch(row, epoch, 'running');
    return this.streamFrom(position, row, fence, writer, signal);
  }

  /**
   * Claims the store and reads its position. Only a session without a checkpoint creates its store: when a store is missing
   * later, the session is lost, because a new store would lack its first bars.
   */
  private async claimStore(
    row: SessionRecord,
    epoch: number,
    writer: store.SessionWriter,
  ): Promise<store.ClaimedPosition> {
    const { sessions, redis } = this.parts;
    if (!row.checkpoint) await writer.init();
    const position = await writer.claim();
    const { frontier, clock } = position;
    const saved = await sessions.saveCheckpoint(row, epoch, { frontier, clock });
    if (!saved && !(await sessions.reread(row))) {
      // The session was deleted while its store was created: none of its keys may come back (invariant I9 of docs/ARCHITECTURE.md).
      await store.removeLeftover(redis, writer.layout);
      throw new store.SessionLostError(row.id);
    }
    return position;
  }

  /** Opens what the stream uses, runs its loops from the position of the store, and closes everything again. */
  private async streamFrom(
    position: store.ClaimedPosition,
    row: SessionRecord,
    fence: store.Fence,
    writer: store.SessionWriter,
    signal: AbortSignal,
  ): Promise<StreamOutcome> {
    const { redis, wakes } = this.parts;
    const { layout } = writer;
    const wake = await wakes.listen(row.id);
    const opening = this.openSource(row, writer, position.frontiers);
    try {
      const [source, symbols, figures] = await Promise.all([
        opening,
        store.readSymbols(redis, layout),
        store.readStreamFigures(redis, layout),
        writer.emitState('running'),
      ]);
      const ofThisStream = {
        layout,
        epoch: fence.epoch,
        writer,
        store: new store.UpkeepStore(redis, layout),
        joining: new JoiningSymbols(redis, layout, fence, symbols.joining),
        consumers: new store.SessionConsumers(redis, layout),
        retained: new RetainedDays(redis, writer),
        outside: new OutsideCounter({ ...this.parts, layout, writer }, this.clean),
        wake,
      };
      return await runLoops({ ...this.parts, ...ofThisStream }, source, { ...position, ...figures }, signal);
    } finally {
      wake.close();
      // When another read has failed, the source may still be opening: it is closed once it is open.
      void opening.then(
        (source) => source.close(),
        () => undefined,
      );
    }
  }

  private async openSource(row: SessionRecord, writer: store.SessionWriter, frontiers: readonly number[]) {
    const { layout } = writer;
    const { redis, wakes, dataSource, sharedWindows: shared, sessions } = this.parts;
    if (row.spec.source.type === 'feed') {
      const wake = await wakes.listen(row.id);
      return { feedFrontier: new store.FeedFrontier(redis, layout, writer, [...frontiers]), wake, close: wake.close };
    }
    const dataset = sourceName(layout.spec);
    const [datasetId, isOneOfMany] = await Promise.all([
      resolveDataset(dataSource, dataset),
      sessions.hasSimilarSession(row),
    ]);
    if (datasetId === undefined) throw new SourceRemovedError(dataset);
    return SessionSource.open({ dataSource, pool: this.pool, shared, layout, datasetId, isOneOfMany }, frontiers);
  }
}

/** Version of the session's symbol list: it rises with each change. */
export function symbolsVersionOf({ membership }: SessionRecord): number {
  return (membership ?? UNCHANGED).version;
}
