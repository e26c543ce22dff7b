/**
 * The interface through which backfill asks any repository for bars.
 * A source answers valid bars only, and lists the records that it refused. It lists the symbols for which the repository failed,
 * so that the worker does not confuse a failure with an answer without bars.
 */
import type { QuarantinedBar } from '../datasets/index.js';
import type { TimeRange } from '../rows/index.js';
import type { Bar, Prices, RefusalReason } from '@barkeep/bars';

export interface BarQuery {
  symbols: readonly string[];
  /** Epoch ms. */
  from: number;
  /** Epoch ms, exclusive. */
  to: number;
  /** Such as `1m`. */
  interval: string;
  /** Which prices are valid. @default 'positive' */
  prices?: Prices;
  /** The ranges to ask for, by symbol and in order, when they are less than `[from, to)`. A source may answer more. */
  wanted?: ReadonlyMap<string, readonly TimeRange[]>;
  /** Longest time for one request, ms. @default no limit */
  timeoutMs?: number;
  /** Called before each request. @default no limit */
  permit?: AskPermit;
  /** When it aborts, the source starts no more requests and lists the symbols that it did not request. */
  slice?: AbortSignal;
}

/**
 * Waits until a repository may be asked once more.
 * @returns a function that the source calls with the outcome: undefined, or the error of the repository
 * @throws the reason of `signal`
 */
export type AskPermit = (signal: AbortSignal | undefined) => Promise<(error?: unknown) => void>;

/**
 * Why a record was refused. `malformed` means that it is no bar, or a bar of another symbol or of a time outside the request. The
 * others mean that its time is within the request when it is read in another unit than milliseconds.
 */
export type RecordRefusal =
  RefusalReason | 'malformed' | 'time-in-seconds' | 'time-in-microseconds' | 'time-in-nanoseconds';

/** A refused record, in the form in which it is quarantined. */
export interface RefusedRecord extends Omit<QuarantinedBar, 'dataset'> {
  reason: RecordRefusal;
}

export interface RepositoryAnswer {
  /** By symbol, oldest first, each open time once, all within the range. A symbol without bars may be missing. */
  bars: Map<string, Bar[]>;
  /** The refused records. The answer is complete without them. */
  refused: RefusedRecord[];
  /** The symbols for which the repository failed, with its error. */
  failed: Map<string, unknown>;
  /** The symbols that were not requested, because the slice ended or too many requests failed. */
  unasked: Set<string>;
}

export interface BarSource {
  /** Name of the dataset that the bars belong to. */
  readonly name: string;
  /** @throws what a dataset throws, the signal's reason; errors of single requests are part of the answer */
  bars(query: BarQuery, signal?: AbortSignal): Promise<RepositoryAnswer>;
}

/** An answer without anything. */
export function emptyAnswer(): RepositoryAnswer {
  return { bars: new Map(), refused: [], failed: new Map(), unasked: new Set() };
}
