/**
 * The port through which a backfill gets bars, whatever repository is behind it.
 * A source answers with good bars only, and says how many records it left out and why. A repository that fails makes it reject:
 * "failed" and "answered, without these bars" are different things to the one who asks.
 */
import type { TimeRange } from '../rows/index.js';
import type { Bar, RefusalReason } from '@barkeep/bars';

export interface BarQuery {
  symbols: readonly string[];
  /** Epoch ms. */
  from: number;
  /** Epoch ms, exclusive. */
  to: number;
  intervalMs: number;
  /** The same interval by name: `1m`. */
  interval: string;
  /** What is wanted of each symbol, in order, when that is less than `[from, to)`; a source may answer more. */
  wanted?: ReadonlyMap<string, readonly TimeRange[]>;
}

/** Why a record of an answer was left out; `malformed` is no bar at all, or one that was not asked for (another symbol, another time). */
export type SkipReason = RefusalReason | 'malformed';

export interface BarAnswer {
  /** By symbol, oldest first, no two of one open time, all within the range; a symbol without bars may be missing. */
  bars: Map<string, Bar[]>;
  /** Records that were left out; they were not good, and the answer counts as given without them. */
  skipped: Map<SkipReason, number>;
}

export interface BarSource {
  /** The dataset that the bars are counted under. */
  readonly name: string;
  /** @throws what the repository throws, the signal's reason, RepositoryAnswerError for an answer that is no array. */
  bars(query: BarQuery, signal?: AbortSignal): Promise<BarAnswer>;
}

/** Adds one to a count. */
export function countSkipped(skipped: Map<SkipReason, number>, reason: SkipReason): void {
  skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
}
