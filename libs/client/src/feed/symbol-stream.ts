/**
 * The stream of one symbol into a session that is fed: cuts bars into batches and sends them one after another, each
 * again while the coordinator is away. Sending bars twice is harmless, so a feed may begin anew after a crash.
 */
import type { FeedAnswer } from '../http/index.js';
import { batchesOf } from './batches.js';

/** A bar to be fed; its time is under one of two names. */
export interface FeedBar {
  /** When it opens: epoch ms, ISO 8601 or a Date. */
  openTime?: number | string | Date;
  /** The same by another name. */
  time?: number | string | Date;
  /** First price. */
  open: number;
  /** Highest price. */
  high: number;
  /** Lowest price. */
  low: number;
  /** Last price. */
  close: number;
  /** Traded volume. */
  volume: number;
}

/** Bars of one symbol in any order, all at once or as they come. */
export type FeedBars = Iterable<FeedBar> | AsyncIterable<FeedBar>;

/** What became of bars that were fed: the sum over all batches. */
export interface FeedResult extends FeedAnswer {
  /** Bars that were sent. */
  sent: number;
}

/** How a stream reaches its session. */
export interface FeedTarget {
  /** Sends bars, one a line. */
  feed(ndjson: string, throughMs?: number): Promise<FeedAnswer>;
  /** Ends the stream. */
  end(): Promise<void>;
}

/** Bars a request: about half a megabyte of text. */
const BATCH_BARS = 5_000;
/** As many of the bars that were not taken are told, as one request tells. */
const PROBLEMS_MAX = 100;

/** The stream of one symbol. Made by `registerStream` of a session. */
export class SymbolStream {
  readonly #target: FeedTarget;
  readonly #signal: AbortSignal | undefined;
  #total: FeedResult = nothingFed();

  /** @internal */
  constructor(
    /** Its symbol. */
    readonly symbol: string,
    target: FeedTarget,
    signal?: AbortSignal,
  ) {
    this.#target = target;
    this.#signal = signal;
  }

  /** What became of all bars that were fed through this object so far. */
  get total(): FeedResult {
    return { ...this.#total, refused: { ...this.#total.refused }, problems: [...this.#total.problems] };
  }

  /**
   * Feeds bars; resolves when the last of them is stored. Bars that come one by one are sent after a quarter of a second at most. Bars that come late fill their slots when these are still
   * empty; those that differ from a stored one, or are none, are counted, and quarantined by the coordinator.
   * @param options `throughMs`: the stream has come that far (epoch ms), whatever bars it brought
   * @returns what became of the bars of this call
   * @throws SymbolNotFoundError, WrongStateError, CoordinatorUnreachableError
   */
  async feed(bars: FeedBars, { throughMs }: { throughMs?: number } = {}): Promise<FeedResult> {
    const before = this.#total.sent;
    const result = nothingFed();
    const send = async (batch: readonly FeedBar[], through?: number): Promise<void> => {
      const answer = await this.#target.feed(batch.map((bar) => `${JSON.stringify(bar)}\n`).join(''), through);
      add(result, answer, batch.length, result.sent);
      add(this.#total, answer, batch.length, before + result.sent - batch.length);
    };
    let isSaid = throughMs === undefined;
    for await (const { items, isLast } of batchesOf(bars, BATCH_BARS, this.#signal)) {
      await send(items, isLast ? throughMs : undefined);
      isSaid ||= isLast;
    }
    if (!isSaid) await send([], throughMs);
    return result;
  }

  /** Says that no more bars will come: the session does not wait for this symbol any more. */
  end(): Promise<void> {
    return this.#target.end();
  }
}

function nothingFed(): FeedResult {
  return { sent: 0, accepted: 0, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [] };
}

/** @param from place of the batch's first bar among all that were fed */
function add(sum: FeedResult, answer: FeedAnswer, bars: number, from: number): void {
  sum.sent += bars;
  for (const name of ['accepted', 'duplicates', 'late', 'conflicts'] as const) sum[name] += answer[name];
  for (const [reason, count] of Object.entries(answer.refused)) {
    sum.refused[reason] = (sum.refused[reason] ?? 0) + count;
  }
  const room = PROBLEMS_MAX - sum.problems.length;
  sum.problems.push(...answer.problems.slice(0, room).map((problem) => ({ ...problem, index: from + problem.index })));
}
