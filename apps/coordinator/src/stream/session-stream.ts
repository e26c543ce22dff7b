/**
 * Streams one session, as its owner, from the position of its store to its end.
 *
 *   source rows ──► windows flushed, frontier moves ──► upkeep ──► watermark moves ──► clock moves, place by place
 *
 * Two loops run side by side: one brings the source into the store (frontier-loop.ts) or follows the feed (feed-loop.ts), the
 * other moves the clock (clock-loop.ts). Both end when the session ends, when it is to pause or stop, or when another owner has
 * taken it over. All state that matters is in the store and in Postgres.
 */
import type { ClaimedPosition, readStreamFigures } from '@barkeep/session-data';
import { PrefetchedWindows, type PrefetchParts, type SessionSource } from '../source/index.js';
import { ClockLoop } from './clock-loop.js';
import { FeedLoop, type FeedParts } from './feed-loop.js';
import { FrontierLoop } from './frontier-loop.js';
import type { StreamParts } from './stream-parts.js';
import { StreamProgress, type StreamOutcome } from './stream-progress.js';

/** Where the bars come from: a dataset, or a feed. */
export type StreamSource = SessionSource | FeedParts;

/** Position of a session's store, as the claim returned it, and its figures. */
type StreamStart = ClaimedPosition & Awaited<ReturnType<typeof readStreamFigures>>;

/**
 * @throws FencedError, SessionLostError, RewindError when the store is behind what was seen of it, PaceOverrunError, the
 *   signal's reason, what Postgres or Redis throw
 */
export async function runStream(
  parts: StreamParts,
  source: StreamSource,
  start: StreamStart,
  signal: AbortSignal,
): Promise<StreamOutcome> {
  const { layout, trailing, joining, active } = parts;
  // No day may be evicted that a joining symbol still has to pass: the clock loop evicts after that.
  if (!joining.any) await trailing.follow(start.clock);
  const progress = new StreamProgress(parts, start);
  const loops = [
    'wake' in source
      ? new FeedLoop(parts, source, progress)
      : frontierLoop(parts, source, progress, start.timedOutDays),
    new ClockLoop(parts, progress),
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
  await progress.checkpoint(0);
  if (progress.outcome) return progress.outcome;
  signal.throwIfAborted();
  for (const { status } of results) if (status === 'rejected') throw progress.signal.reason;
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
  const markTimedOut: PrefetchParts['markTimedOut'] = async (dayIndex, error) => {
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
