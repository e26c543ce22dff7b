/**
 * The loop of a fed session: moves its frontier, in whole base slots, to the time that every open stream has reached. A stream here is
 * the fed bars of one symbol. Feeding requests write the bars; the frontier only marks the time up to which they are complete.
 */
import type { DayGrid } from '@barkeep/bars';
import type { FeedFrontier, SessionLayout } from '@barkeep/session-data';
import { hintUpkeep } from '../lifecycle/index.js';
import { feedLimit, LOOK_PAUSE_MAX_MS } from './feed-limit.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { FLUSHED, LOOK_AGAIN_MS, type WakeSignal } from './wake-signals.js';

/** What this loop uses, in place of the source of a session that streams a dataset. */
export interface FeedParts {
  feedFrontier: FeedFrontier;
  /** Wakes this loop. The clock loop has another signal, because a signal gives each message to one wait only. */
  wake: WakeSignal;
  close: () => void;
}

export class FeedLoop {
  /** Since when this process reads the progress of the streams without a long pause, epoch ms by Redis' clock. */
  private lookingSince = 0;
  /** When this process last read the progress, epoch ms by Redis' clock; -Infinity before the first time. */
  private lastLookAt = -Infinity;
  /** By symbol: the `heardAt` with which its stream was last recorded as silent, epoch ms. */
  private silences = new Map<string, number>();

  constructor(
    private readonly parts: Pick<StreamParts, 'layout' | 'metrics' | 'producer' | 'wake' | 'warn'>,
    private readonly feed: FeedParts,
    private readonly progress: StreamProgress,
  ) {}

  /** Runs until the frontier is at the end. @throws RewindError, FencedError, SessionLostError, the reason of `stop` */
  async run(stop: AbortSignal): Promise<void> {
    const { layout } = this.parts;
    const { feedFrontier } = this.feed;
    this.silences = await feedFrontier.silences();
    while (feedFrontier.frontier < layout.end) {
      const { limit, waitMs } = await this.nextLimit();
      const to = layout.slotEndBefore(limit);
      if (to > feedFrontier.frontier) await this.advance(to);
      else await this.feed.wake.wait(waitMs, stop);
      stop.throwIfAborted();
    }
  }

  /** How far the frontier may go, and how long to wait for a message before the next look. Records the streams that fell silent. */
  private async nextLimit(): Promise<{ limit: number; waitMs: number }> {
    const { layout } = this.parts;
    const { feedFrontier } = this.feed;
    const progress = await feedFrontier.progress();
    const pauseMs = progress.now - this.lastLookAt;
    // Negative: the clock of Redis was set back.
    if (pauseMs < 0 || pauseMs > LOOK_PAUSE_MAX_MS) this.lookingSince = progress.now;
    this.lastLookAt = progress.now;
    const { silences, lookingSince } = this;
    const timeoutMs = layout.spec.feed.timeoutSeconds * 1000;
    const input = { ...progress, end: layout.end, timeoutMs, lookingSince, silences };
    const { limit, silent, nextSilenceAt } = feedLimit(input);
    for (const { symbol, heardAt } of silent) {
      if (silences.get(symbol) === heardAt) continue; // this silence is recorded already
      await feedFrontier.noteSilent(symbol, heardAt);
      silences.set(symbol, heardAt);
    }
    return { limit, waitMs: Math.min(LOOK_AGAIN_MS, Math.max(1, nextSilenceAt - progress.now)) };
  }

  /** Moves the frontier to `to` (epoch ms), but at most to the end of its day: the next round of the loop moves it further. */
  private async advance(to: number): Promise<void> {
    const { layout, metrics, wake } = this.parts;
    const { feedFrontier } = this.feed;
    const from = feedFrontier.frontier;
    const { bars, control } = await feedFrontier.advance(to);
    const reachedTime = feedFrontier.frontier;
    this.progress.frontier = reachedTime;
    const dayIndex = layout.dayIndexAt(from);
    const isStartOfDay = layout.grid(dayIndex).closedBy(from) === 0;
    if (isStartOfDay) this.progress.dayChanges.dayStored(dayIndex);
    metrics.flushed(bars);
    this.progress.applyControl(control);
    if (wantsUpkeep(layout, from, reachedTime, bars)) hintUpkeep(this.parts);
    // Up to the last barrier the watermark limits the clock, and upkeep wakes it. After that the frontier limits it.
    if (reachedTime > layout.barrierEnd) wake.notify(FLUSHED);
    await this.progress.checkpoint();
  }
}

/**
 * Whether upkeep has work after the frontier moved from `from` to `to`, two times of one day in epoch ms. Before the last barrier
 * it has work when a barrier window ended. After the last barrier, or in a session without barriers, it has work when a slot
 * stayed empty or a bucket of a derived interval closed.
 * @param bars the number of bars between the two times
 */
function wantsUpkeep(layout: SessionLayout, from: number, to: number, bars: number): boolean {
  if (!layout.spec.upkeep.enabled) return false;
  if (layout.windowEndBefore(to) > layout.windowEndBefore(from)) return true;
  if (to <= layout.barrierEnd) return false;
  const dayIndex = layout.dayIndexAt(from);
  const slotsPassed = (grid: DayGrid) => grid.closedBy(to) - grid.closedBy(from);
  if (bars < slotsPassed(layout.grid(dayIndex)) * layout.symbols.length) return true; // a slot stayed empty
  return layout.computed.some((interval) => slotsPassed(layout.grid(dayIndex, interval)) > 0);
}
