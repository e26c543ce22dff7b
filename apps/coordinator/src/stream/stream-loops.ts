/**
 * Runs the two loops of a stream side by side:
 *
 *   source rows ──► windows flushed, frontier moves ──► upkeep ──► watermark moves ──► clock moves
 *   └────────── frontier-loop.ts or feed-loop.ts ──────────┘                           └─ clock-loop.ts
 *
 * Both end when the session ends, when it is to pause, stop or reload its symbols, or when another coordinator has taken it over.
 */
import type { ClaimedPosition, readStreamFigures } from '@barkeep/session-data';
import { PrefetchedWindows, SessionSource, type SupplyParts } from '../source/index.js';
import { ClockLimit } from './clock-limit.js';
import { ClockLoop } from './clock-loop.js';
import { FeedLoop, type FeedParts } from './feed-loop.js';
import { FrontierLoop } from './frontier-loop.js';
import type { StreamParts } from './stream-parts.js';
import { StreamProgress, type StreamOutcome } from './stream-progress.js';

/** The position that the claim returned, and the figures in the store. */
type StreamStart = ClaimedPosition & Awaited<ReturnType<typeof readStreamFigures>>;

/**
 * Runs the loops until both have ended.
 * @throws FencedError, SessionLostError, RewindError when the store lost windows that were seen in it, PaceOverrunError, the
 *   signal's reason, what Postgres or Redis throw
 */
export async function runLoops(
  parts: StreamParts,
  source: SessionSource | FeedParts,
  start: StreamStart,
  signal: AbortSignal,
): Promise<StreamOutcome> {
  const { layout, retained, joining, active } = parts;
  const progress = new StreamProgress(parts, start);
  const limit = new ClockLimit(parts, progress);
  // Evicts the days that the last owner could not evict. While a symbol joins, it needs them: then the clock loop evicts them later.
  if (!joining.any) await retained.follow(start.clock, limit.consumers.slowest);
  const frontierLoop =
    source instanceof SessionSource
      ? loopOf(source, parts, progress, start.timedOutDays)
      : new FeedLoop(parts, source, progress);
  const loops = [frontierLoop, new ClockLoop(parts, limit, progress)];
  const stop = AbortSignal.any([signal, progress.ended.signal]);
  const stream = { layout, progress };
  active.add(stream); // for the metrics
  const results = await Promise.allSettled(
    loops.map((loop) =>
      loop.run(stop).catch((error: unknown) => {
        progress.ended.abort(error); // ends the other loop
        throw error;
      }),
    ),
  );
  active.delete(stream);
  await progress.checkpoint(0); // 0: even if the last checkpoint was saved a moment ago
  // Either a loop has ended both with an outcome (pause, stop, changed symbols), or the caller has, or an error has, or they are at the end.
  if (progress.outcome) return progress.outcome;
  signal.throwIfAborted();
  // The reason is the error of the loop that failed first.
  if (results.some(({ status }) => status === 'rejected')) throw progress.ended.signal.reason;
  return 'completed';
}

/** The loop over a dataset. @param timedOutDays dates on which the dataset was silent: their remaining windows are not read */
function loopOf(
  source: SessionSource,
  parts: StreamParts,
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
    forgetFrontiers: () => source.forgetFrontiers(), // after the store has lost data: all partitions are read again
  };
  return new FrontierLoop(parts, supply, progress);
}
