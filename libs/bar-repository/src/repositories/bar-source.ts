/**
 * The interface through which backfill asks any repository for bars.
 * A source returns only valid bars, and lists the records that it refused. It also lists the symbols for which the repository failed,
 * so that the worker does not confuse a failure with an answer without bars.
 *
 * A repository may throw any value, not only an Error.
 */
import type { Bar, Prices, RefusalReason } from '@barkeep/bars';
import type { QuarantinedBar } from '../quarantine.js';
import type { TimeRange } from '../rows/index.js';

/** A request for the bars of several symbols. */
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
  /** The ranges to request, by symbol, oldest first. A source may return bars of all of `[from, to)`. @default all of `[from, to)` */
  wanted?: ReadonlyMap<string, readonly TimeRange[]>;
  /** Longest time for one request, ms. @default no limit */
  timeoutMs?: number;
  /** Called before each request, to limit how often the repository is asked. @default no limit */
  permit?: AskPermit;
  /** The time slice. When it aborts, the source answers with what it has, and lists the other symbols as `unasked`. */
  slice?: AbortSignal;
}

/**
 * Waits until a repository may be asked once more.
 * @returns a function that the source calls with the outcome: undefined for success, or the error of the repository
 * @throws the reason of `signal`
 */
export type AskPermit = (signal: AbortSignal | undefined) => Promise<(error?: unknown) => void>;

/**
 * Why a record was refused. `malformed`: no bar, or one of another symbol or time. `time-in-…`: its time is within the request when it is
 * read in that unit instead of milliseconds.
 */
export type RecordRefusal =
  RefusalReason | 'malformed' | 'time-in-seconds' | 'time-in-microseconds' | 'time-in-nanoseconds';

/** A refused record in the form in which it is quarantined. */
export interface RefusedRecord extends Omit<QuarantinedBar, 'dataset'> {
  reason: RecordRefusal;
}

/** What a source returns for a {@link BarQuery}. */
export interface RepositoryAnswer {
  /** By symbol, oldest first, each open time once, all within the range. A symbol without bars may have no entry. */
  bars: Map<string, Bar[]>;
  /** The refused records. The answer is complete without them. */
  refused: RefusedRecord[];
  /** The symbols for which the repository failed, with its error. */
  failed: Map<string, unknown>;
  /** The symbols that were not requested, because the slice ended or too many requests failed. */
  unasked: Set<string>;
}

/** A repository as backfill sees it. */
export interface BarSource {
  /** Name of the dataset that the bars belong to. */
  readonly name: string;
  /** Errors of requests for one symbol are part of the answer. @throws the signal's reason; a source on a dataset also throws its errors */
  bars(query: BarQuery, signal?: AbortSignal): Promise<RepositoryAnswer>;
}

/** An answer without bars, refusals and failures, to be filled in. */
export function emptyAnswer(): RepositoryAnswer {
  return { bars: new Map(), refused: [], failed: new Map(), unasked: new Set() };
}

/** The longest delay that an error may demand, ms: a delay in a wrong unit must not stop a repository for years. */
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;
const MESSAGE_CHARS_MAX = 500;

/** The delay that a repository's error demands in `retryAfterMs`, in ms, at most a day; undefined without a positive number. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const value = fieldOf(error, 'retryAfterMs');
  const ms = typeof value === 'string' ? Number(value) : value;
  return typeof ms === 'number' && ms > 0 ? Math.min(ms, RETRY_AFTER_MS_MAX) : undefined;
}

/**
 * A text, never empty, for any value that a repository may throw, followed by the text of its cause. It has no NUL and no half of a
 * surrogate pair, which PostgreSQL could not store.
 */
export function messageOf(error: unknown): string {
  const causeText = textOf(fieldOf(error, 'cause') ?? ''); // the message of `fetch` is only "fetch failed"
  const whole = causeText === '' ? textOf(error) : `${textOf(error)} (${causeText})`;
  const text = whole.replaceAll('\0', '').slice(0, MESSAGE_CHARS_MAX);
  // UTF-8 has no halves of surrogate pairs, so the conversion replaces them.
  return Buffer.from(text).toString() || 'an error without a message';
}

function textOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  // A refused connection is an AggregateError without a message.
  const nested = fieldOf(fieldOf(error, 'errors'), '0');
  const texts = [fieldOf(error, 'message'), fieldOf(nested, 'message'), fieldOf(error, 'code'), fieldOf(error, 'name')];
  return texts.find((text): text is string => typeof text === 'string' && text.trim() !== '') ?? '';
}

/** A field of any value; undefined when the value has no such field, or its getter throws. */
function fieldOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
