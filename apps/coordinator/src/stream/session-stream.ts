/**
 * Streams one session, as its owner, from the position of its store to its end.
 *
 *   source rows ──► windows flushed, frontier moves ──► upkeep ──► watermark moves ──► clock moves, place by place
 *
 * Two loops run side by side: one brings the source into the store (frontier-loop.ts) or follows the feed (feed-loop.ts), the
 * other moves the clock (clock-loop.ts). Both end when the session ends, when it is to pause or stop, or when another owner has
 * taken it over. All state that matters is in the store and in Postgres.
 */
import type { SessionRepository } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import type { SessionWriter, StreamFigures } from '@barkeep/session-data';
import { type ActiveStreams, DayChanges } from '../figures/index.js';
import { type PrefetchBudget, PrefetchedWindows, type PrefetchParts, type SessionSource } from '../source/index.js';
import { ClockLoop, type ClockLoopParts } from './clock-loop.js';
import { FeedLoop, type FeedParts } from './feed-loop.js';
import { FrontierLoop, type FrontierLoopParts } from './frontier-loop.js';
import { StreamProgress, type StreamOutcome } from './stream-progress.js';

/** Where the bars come from: a dataset, or a feed. */
export type StreamSource = { source: SessionSource; budget: PrefetchBudget } | { feed: FeedParts };

/** Position of a session's store. */
export interface StreamStart {
  /** As the claim returned them, epoch ms. */
  frontier: number;
  clock: number;
  figures: StreamFigures;
  /** Dates. */
  timedOutDays: readonly string[];
}

export interface SessionStreamParts extends ClockLoopParts, Omit<FrontierLoopParts, 'joining' | 'writer'> {
  epoch: number;
  sessions: SessionRepository<SessionSpec>;
  writer: SessionWriter;
  active: ActiveStreams;
}

export class SessionStream {
  constructor(
    private readonly parts: SessionStreamParts,
    private readonly source: StreamSource,
  ) {}

  /**
   * @throws FencedError, SessionLostError, RewindError when the store is behind what was seen of it, PaceOverrunError, the
   *   signal's reason, what Postgres or Redis throw
   */
  async run(start: StreamStart, signal: AbortSignal): Promise<StreamOutcome> {
    const { layout, epoch, sessions, writer, metrics, trailing, joining, active } = this.parts;
    // No day may be evicted that a joining symbol still has to pass: the clock loop evicts after that.
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
    const release = active.add({ layout, progress });
    const results = await Promise.allSettled(runs);
    release();
    await progress.checkpoint(0);
    if (progress.outcome) return progress.outcome;
    signal.throwIfAborted();
    for (const { status } of results) if (status === 'rejected') throw progress.signal.reason;
    return 'completed';
  }

  private frontierLoop(start: StreamStart, progress: StreamProgress, dayChanges: DayChanges): FrontierLoop | FeedLoop {
    const { parts } = this;
    if ('feed' in this.source) return new FeedLoop(parts, this.source.feed, progress, dayChanges);
    const { source, budget } = this.source;
    const { layout, metrics, writer, warn } = parts;
    const timedOut = new Set(start.timedOutDays.flatMap((date) => layout.dayIndexOf(date) ?? []));
    const windowsParts: PrefetchParts = {
      layout,
      source,
      budget,
      dayChanges,
      figures: start.figures,
      metrics,
      timedOut,
      markTimedOut: async (dayIndex, error) => {
        warn(`session ${layout.id}: ${layout.day(dayIndex).date} timed out`, error);
        await writer.markTimedOut(dayIndex, error.timeoutMs);
        metrics.dayTimedOut();
      },
    };
    const supply = {
      windowsFrom: (frontier: number) => new PrefetchedWindows(windowsParts, frontier),
      forgetFrontiers: () => source.forgetFrontiers(),
    };
    return new FrontierLoop(parts, supply, progress, dayChanges);
  }
}
