/**
 * Streams one session, as its owner: claims its store, opens its source, and runs its loops from the store's position to the end.
 *
 *   source rows ──► windows flushed, frontier moves ──► upkeep ──► watermark moves ──► clock moves
 *
 * Two loops run side by side: one brings the source into the store (frontier-loop.ts) or follows the feed (feed-loop.ts), the
 * other moves the clock (clock-loop.ts). Both end when the session ends, when it is to pause, stop or reload its symbols, or
 * when another coordinator has taken it over. All state that matters is in the store and in Postgres.
 */
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
  type Fence,
} from '@barkeep/session-data';
import { layoutOf, type SessionRecord } from '../lifecycle/index.js';
import { ChunkPool, PrefetchedWindows, SessionSource, type SupplyParts } from '../source/index.js';
import { CleanDates } from './clean-dates.js';
import { ClockLimit } from './clock-limit.js';
import { ClockLoop } from './clock-loop.js';
import { FeedLoop, type FeedParts } from './feed-loop.js';
import { FrontierLoop } from './frontier-loop.js';
import { JoiningSymbols } from './joining-symbols.js';
import { OutsideCounter } from './outside-counter.js';
import { RetainedDays } from './retained-days.js';
import { StreamProgress, type StreamOutcome, type StreamParts, type SharedStreamParts } from './stream-parts.js';

export class SessionStreams {
  private readonly pool = new ChunkPool();
  private readonly clean = new CleanDates();

  constructor(private readonly parts: SharedStreamParts) {}

  /**
   * Streams a session until its end or until it is to pause, stop or reload its symbols.
   * @param epoch the epoch that this process claimed in Postgres
   * @throws what {@link runStream} throws, UnknownDatasetError
   */
  async stream(row: SessionRecord, epoch: number, signal: AbortSignal): Promise<StreamOutcome> {
    const { owner, redis, keyPrefix, sessions, changes, control } = this.parts;
    const layout = layoutOf(row, keyPrefix);
    const fence = { epoch, owner };
    const writer = new SessionWriter(redis, layout, fence);
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

  /** Opens what the stream uses, runs its loops from the position of the store, and closes everything again. */
  private async streamFrom(
    position: ClaimedPosition,
    row: SessionRecord,
    fence: Fence,
    writer: SessionWriter,
    signal: AbortSignal,
  ): Promise<StreamOutcome> {
    const { redis, wakes } = this.parts;
    const { layout } = writer;
    const wake = await wakes.listen(row.id);
    const opening = this.openSource(row, writer, position.frontiers);
    try {
      // None of these needs the result of another, so they run at once.
      const [source, symbols, figures] = await Promise.all([
        opening,
        readSymbols(redis, layout),
        readStreamFigures(redis, layout),
        writer.emitState('running'),
      ]);
      const store = new UpkeepStore(redis, layout);
      const consumers = new SessionConsumers(redis, layout);
      const joining = new JoiningSymbols(redis, layout, fence, symbols.joining);
      const retained = new RetainedDays(redis, writer);
      const outside = new OutsideCounter({ ...this.parts, layout, writer }, this.clean);
      const ofThisStream = { layout, epoch: fence.epoch, writer, store, joining, consumers, retained, outside, wake };
      return await runStream({ ...this.parts, ...ofThisStream }, source, { ...position, ...figures }, signal);
    } finally {
      wake.close();
      // When another read has failed, the source may still be opening: it is closed once it is open.
      void opening.then(
        (source) => source.close(),
        () => undefined,
      );
    }
  }

  private async openSource(row: SessionRecord, writer: SessionWriter, frontiers: readonly number[]) {
    const { layout } = writer;
    const { redis, wakes, dataSource, sharedWindows: shared, sessions } = this.parts;
    if (row.spec.source.type === 'feed') {
      const wake = await wakes.listen(row.id);
      return { feedFrontier: new FeedFrontier(redis, layout, writer, [...frontiers]), wake, close: wake.close };
    }
    const dataset = sourceName(layout.spec);
    const [datasetId, isOneOfMany] = await Promise.all([
      resolveDataset(dataSource, dataset),
      sessions.hasSimilarSession(row),
    ]);
    if (datasetId === undefined) throw new UnknownDatasetError(dataset);
    return SessionSource.open({ dataSource, pool: this.pool, shared, layout, datasetId, isOneOfMany }, frontiers);
  }

  /**
   * Claims the store and reads its position. Only a session without a checkpoint creates its store: when a store is missing
   * later, the session is lost, because a new store would lack its first bars.
   */
  private async claimStore(row: SessionRecord, epoch: number, writer: SessionWriter): Promise<ClaimedPosition> {
    const { sessions, redis } = this.parts;
    if (!row.checkpoint) await writer.init();
    const position = await writer.claim();
    const { frontier, clock } = position;
    const saved = await sessions.saveCheckpoint(row, epoch, { frontier, clock });
    if (!saved && (await sessions.find(row.id))?.incarnation !== row.incarnation) {
      // The session was deleted while its store was created: none of its keys may come back (invariant I9 of docs/ARCHITECTURE.md).
      await removeLeftover(redis, writer.layout);
      throw new SessionLostError(row.id);
    }
    return position;
  }
}

/**
 * Runs the two loops of a stream until both have ended.
 * @throws FencedError, SessionLostError, RewindError when the store lost windows that were seen in it, PaceOverrunError, the
 *   signal's reason, what Postgres or Redis throw
 */
async function runStream(
  parts: StreamParts,
  source: SessionSource | FeedParts,
  /** The position that the claim returned, and the figures in the store. */
  start: ClaimedPosition & Awaited<ReturnType<typeof readStreamFigures>>,
  signal: AbortSignal,
): Promise<StreamOutcome> {
  const { layout, retained, joining, active } = parts;
  const progress = new StreamProgress(parts, start);
  const limit = new ClockLimit(parts, progress);
  // A joining symbol still needs the oldest days. While there is one, the clock loop evicts these days later.
  if (!joining.any) await retained.follow(start.clock, limit.slowest);
  const loops = [
    source instanceof SessionSource
      ? frontierLoop(parts, source, progress, start.timedOutDays)
      : new FeedLoop(parts, source, progress),
    new ClockLoop(parts, limit, progress),
  ];
  const stop = AbortSignal.any([signal, progress.signal]);
  const runs = loops.map(async (loop) => {
    try {
      await loop.run(stop);
    } catch (error) {
      progress.end(error);
      throw error;
    }
  });
  const stream = { layout, progress };
  active.add(stream);
  const results = await Promise.allSettled(runs);
  active.delete(stream);
  await progress.checkpoint(0); // 0: even if the last checkpoint was saved a moment ago
  if (progress.outcome) return progress.outcome;
  signal.throwIfAborted();
  // The reason is the error of the loop that failed first.
  if (results.some(({ status }) => status === 'rejected')) throw progress.signal.reason;
  return 'completed';
}

function frontierLoop(
  parts: StreamParts,
  source: SessionSource,
  progress: StreamProgress,
  timedOutDays: readonly string[],
): FrontierLoop {
  const { layout, metrics, writer, budget, warn } = parts;
  const { figures, dayChanges } = progress;
  const timedOut = new Set(timedOutDays.flatMap((date) => layout.dayIndexOf(date) ?? []));
  const markTimedOut: SupplyParts['markTimedOut'] = async (dayIndex, error) => {
    warn(`session ${layout.id}: ${layout.day(dayIndex).date} timed out`, error);
    await writer.markTimedOut(dayIndex, error.timeoutMs);
    metrics.dayTimedOut();
  };
  const prefetch = { layout, source, budget, dayChanges, figures, metrics, timedOut, markTimedOut };
  const supply = {
    windowsFrom: (frontier: number) => new PrefetchedWindows(prefetch, frontier),
    forgetFrontiers: () => source.forgetFrontiers(),
  };
  return new FrontierLoop(parts, supply, progress);
}

/** Version of the session's symbol list: it rises with each change. */
export function symbolsVersionOf({ membership }: SessionRecord): number {
  return (membership ?? UNCHANGED).version;
}
