/**
 * The interface through which backfill asks any repository for bars.
 * A source answers valid bars only, and counts the records that it refused by reason. When the repository fails, the source
 * rejects, because the worker must not take a failure for "there are no bars".
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
  /** The ranges to ask for, by symbol and in order, when they are less than `[from, to)`. A source may answer more. */
  wanted?: ReadonlyMap<string, readonly TimeRange[]>;
}

/** Why a record was refused. `malformed` means that it is no bar, or a bar of another symbol or of a time outside the request. */
export type SkipReason = RefusalReason | 'malformed';

export interface BarAnswer {
  /** By symbol, oldest first, each open time once, all within the range. A symbol without bars may be missing. */
  bars: Map<string, Bar[]>;
  /** Number of refused records by reason. The answer is complete without them. */
  skipped: Map<SkipReason, number>;
}

export interface BarSource {
  /** Name of the dataset that the bars belong to. */
  readonly name: string;
  /** @throws what the repository throws, the signal's reason, RepositoryAnswerError for an answer that is no array. */
  bars(query: BarQuery, signal?: AbortSignal): Promise<BarAnswer>;
}

/** Adds one to a count. */
export function countSkipped(skipped: Map<SkipReason, number>, reason: SkipReason): void {
  skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
}
