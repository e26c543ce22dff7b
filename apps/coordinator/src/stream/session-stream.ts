/**
 * Streams one session from where its store stands to its end, as the one who holds its fence.
 *
 *   source rows ──► windows flushed, frontier moves ──► upkeep ──► watermark moves ──► clock moves, place by place
 *
 * Two loops run side by side: one brings the source into the store (frontier-loop.ts), or follows those who feed it
 * (feed-loop.ts), the other moves the clock (clock-loop.ts). Both end when the session does, when it is to pause or stop, or when somebody else has taken it over.
 * Nothing is kept in memory that the store and Postgres do not know.
 */
import type { StreamFigures } from '@barkeep/session-data';
import { ClockLoop } from './clock-loop.js';
import { DayChanges } from '../figures/index.js';
import { FeedLoop, type FeedParts } from './feed-loop.js';
import { FrontierLoop } from './frontier-loop.js';
import type { WindowReader } from '../source/index.js';
import { StreamProgress, type StreamOutcome } from './stream-progress.js';
import type { StreamParts } from './stream-parts.js';

/** Where the bars come from: rows that are read, or whoever feeds them. */
export type StreamSource = { reader: WindowReader } | { feed: FeedParts };

/** Where a session's store stands. */
export interface StreamStart {
  /** As the claim answered them, epoch ms. */
  frontier: number;
  clock: number;
  figures: StreamFigures;
  /** Dates. */
  timedOutDays: readonly string[];
}

export class SessionStream {
  constructor(
    private readonly parts: StreamParts,
    private readonly source: StreamSource,
  ) {}

  /**
   * @throws FencedError, SessionLostError, RewindError when the store is behind what was seen of it, PaceOverrunError, the
   *   signal's reason, what Postgres or Redis throw
   */
  async run(start: StreamStart, signal: AbortSignal): Promise<StreamOutcome> {
    const { layout, epoch, sessions, writer, metrics, trailing, joining } = this.parts;
    // No day may leave that a symbol which is joining has still to go through: the clock loop follows when it has.
    if (!joining.any) await trailing.follow(start.clock);
    const progress = new StreamProgress(layout, epoch, sessions, writer, start, start.figures);
    const dayChanges = new DayChanges(start.figures, metrics);
    const loops = [this.frontierLoop(start, progress, dayChanges), new ClockLoop(this.parts, progress, dayChanges)];
    const stop = AbortSignal.any([signal, progress.signal]);
    const runs = loops.map(async (loop) => {
      try {
        await loop.run(stop);
      } catch (error) {
        progress.end(error);
        throw error;
      }
    });
    const results = await Promise.allSettled(runs);
    await progress.checkpoint(0);
    if (progress.outcome) return progress.outcome;
    signal.throwIfAborted();
    for (const { status } of results) if (status === 'rejected') throw progress.signal.reason;
    return 'completed';
  }

  private frontierLoop(start: StreamStart, progress: StreamProgress, dayChanges: DayChanges): FrontierLoop | FeedLoop {
    const { parts, source } = this;
    if ('feed' in source) return new FeedLoop(parts, source.feed, progress, dayChanges);
    const timedOut = new Set(start.timedOutDays.flatMap((date) => parts.layout.dayIndexOf(date) ?? []));
    return new FrontierLoop(parts, progress, { ...parts, ...source, figures: start.figures, dayChanges, timedOut });
  }
}
