/**
 * The loop of a fed session: moves its frontier to the time that every open stream has reached, in whole base slots, and
 * requests upkeep when there is work for it. A stream here is the fed bars of one symbol; feeding requests have written them, and
 * the frontier only marks up to when they are complete. All state is in the store, so the next owner continues from there.
 */
import type { SymbolProgress, FeedFrontier, FeedProgress, SessionLayout } from '@barkeep/session-data';
import { hintUpkeep } from '../lifecycle/index.js';
import type { StreamParts, StreamProgress } from './stream-parts.js';
import { FLUSHED, LOOK_AGAIN_MS, type WakeSignal } from './wake-signals.js';

/** The frontier of a fed session. */
export interface FeedParts {
  frontier: FeedFrontier;
  /** For this loop alone: the clock loop waits for the same messages. */
  wake: WakeSignal;
  close: () => void;
}

export class FeedLoop {
  /** When this process first looked at the streams, epoch ms by Redis' clock. */
  private since = Infinity;
  /** For each stream that fell silent, the time at which it had last sent. */
  private silences = new Map<string, number>();

  constructor(
    private readonly parts: Pick<StreamParts, 'layout' | 'metrics' | 'producer' | 'wake' | 'warn'>,
    private readonly feed: FeedParts,
    private readonly progress: StreamProgress,
  ) {}

  /** Runs until the frontier is at the end. @throws RewindError, FencedError, SessionLostError, the reason of `stop` */
  async run(stop: AbortSignal): Promise<void> {
    const { layout } = this.parts;
    const { frontier } = this.feed;
    this.silences = await frontier.silences();
    while (frontier.frontier < layout.end) {
      const { limit, waitMs } = await this.limit();
      const to = layout.slotEndBefore(limit);
      if (to > frontier.frontier) await this.advance(to);
      else await this.feed.wake.wait(waitMs, stop);
      stop.throwIfAborted();
    }
  }

  /** How far the frontier may go, and how long to wait for a message before the next look. Records the streams that fell silent. */
  private async limit(): Promise<{ limit: number; waitMs: number }> {
    const { layout } = this.parts;
    const seen = await this.feed.frontier.progress();
    this.since = Math.min(this.since, seen.now);
    const { silences, since } = this;
    const timeoutMs = layout.spec.feed.timeoutSeconds * 1000;
    const { limit, silent, nextSilenceAt } = feedLimit({ ...seen, end: layout.end, timeoutMs, since, silences });
    for (const { symbol, heardAt } of silent) {
      if (silences.get(symbol) === heardAt) continue;
      await this.feed.frontier.noteSilent(symbol, heardAt);
      silences.set(symbol, heardAt);
    }
    return { limit, waitMs: Math.min(LOOK_AGAIN_MS, Math.max(1, nextSilenceAt - seen.now)) };
  }

  private async advance(to: number): Promise<void> {
    const { layout, metrics, wake } = this.parts;
    const { frontier } = this.feed;
    const from = frontier.frontier;
    const { bars, control } = await frontier.advance(to);
    this.progress.frontier = frontier.frontier;
    const dayIndex = layout.dayIndexAt(from);
    if (layout.grid(dayIndex).closedBy(from) === 0) this.progress.dayChanges.stored(dayIndex);
    metrics.flushed(bars);
    this.progress.applyControl(control);
    if (wantsUpkeep(layout, from, frontier.frontier, bars)) hintUpkeep(this.parts);
    if (frontier.frontier > layout.barrierEnd) wake.wake(FLUSHED);
    await this.progress.checkpoint();
  }
}

/**
 * Whether upkeep has work after the frontier moved between two times of a day: where there are barriers, when a window ended;
 * otherwise when slots are empty or a bucket of a derived interval closed.
 * @param bars the number of bars between the two times
 */
function wantsUpkeep(layout: SessionLayout, from: number, to: number, bars: number): boolean {
  if (!layout.spec.upkeep.enabled) return false;
  if (layout.windowEndBefore(to) > layout.windowEndBefore(from)) return true;
  if (to <= layout.barrierEnd) return false;
  const dayIndex = layout.dayIndexAt(from);
  const [slotsBefore, slotsAfter] = [from, to].map((time) => layout.grid(dayIndex).closedBy(time));
  if (bars < (slotsAfter! - slotsBefore!) * layout.symbols.length) return true;
  return layout.computed.some((interval) => {
    const grid = layout.grid(dayIndex, interval);
    return grid.closedBy(to) > grid.closedBy(from);
  });
}

export interface FeedLimitInput extends FeedProgress {
  /** End of the session, epoch ms: a stream that ended has reached it. */
  end: number;
  /** A stream that sends nothing for this long is silent, ms. */
  timeoutMs: number;
  /** When this process first looked at the streams, epoch ms: time before that does not count as silence. */
  since: number;
  /** For each stream that fell silent, the time at which it had last sent, epoch ms; a stream that sent again is not silent. */
  silences: ReadonlyMap<string, number>;
}

interface FeedLimit {
  /** How far the frontier may go, epoch ms. */
  limit: number;
  /** The open streams that are silent now. */
  silent: SymbolProgress[];
  /** When the next stream falls silent if it sends nothing, epoch ms by the clock of `now`; Infinity when none can. */
  nextSilenceAt: number;
}

/**
 * How far the frontier of a fed session may go: to the lowest time that every open stream has reached. A stream that sends
 * nothing for too long no longer holds it, until it sends again. When no stream holds the frontier, it goes to the time of the
 * furthest stream, so that all bars that came may be shown. Pure.
 */
export function feedLimit({ streams, now, end, timeoutMs, since, silences }: FeedLimitInput): FeedLimit {
  const open = streams.filter(({ ended }) => !ended);
  const silentAt = ({ symbol, heardAt }: SymbolProgress) =>
    silences.get(symbol) === heardAt ? -Infinity : Math.max(heardAt, since) + timeoutMs;
  const silent = open.filter((stream) => silentAt(stream) <= now);
  const holding = open.filter((stream) => !silent.includes(stream));
  const reached = ({ ended, reached: time }: SymbolProgress) => (ended ? end : Math.min(time, end));
  const limit = holding.length > 0 ? Math.min(...holding.map(reached)) : Math.max(...streams.map(reached));
  return { limit, silent, nextSilenceAt: Math.min(...holding.map(silentAt)) };
}
