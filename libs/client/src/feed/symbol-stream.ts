/**
 * The stream of one symbol into a session whose source is `feed`: sends bars in batches, one after another. Repeats a batch
 * while the coordinator does not answer. Sending a bar twice is harmless, so a program may send everything again after a crash.
 * Each batch carries how many bars the store already had, so that the coordinator notices a store that lost bars.
 */
import type { Bar } from '@barkeep/bars';
import { type CoordinatorClient, FedBarsLostError, type FeedAnswer } from '../http/index.js';
import { ArgumentError } from '../errors.js';
import { batchesOf } from './batches.js';

/** A bar to feed. Its open time is in `openTime` or in `time`. */
export interface FeedBar extends Omit<Bar, 'openTime'> {
  /** Open time: epoch ms, ISO 8601 or a Date. */
  openTime?: number | string | Date;
  /** Another name for `openTime`. */
  time?: number | string | Date;
}

/** Bars of one symbol in any order, all at once or as they arrive. */
export type FeedBars = Iterable<FeedBar> | AsyncIterable<FeedBar>;

/** The result of feeding, summed over all batches. */
export interface FeedResult extends Omit<FeedAnswer, 'stored'> {
  /** Number of sent bars. */
  sent: number;
}

/** Bars per request: about half a megabyte of text. */
const BATCH_BARS = 5_000;
/** Maximum number of problems in a result. It equals the maximum in one answer of the coordinator. */
const PROBLEMS_MAX = 100;

/** The stream of one symbol. `registerStream` of a session returns it. */
export class SymbolStream {
  readonly #http: Pick<CoordinatorClient, 'feed' | 'endFeed'>;
  readonly #session: string;
  readonly #signal: AbortSignal | undefined;
  #total: FeedResult = emptyResult();
  /** How many bars the store had: the highest `stored` of all answers. Undefined before the first answer, and after bars were lost. */
  #seen: number | undefined;

  /** @internal */
  constructor(
    /** Symbol of the stream. */
    readonly symbol: string,
    session: string,
    http: Pick<CoordinatorClient, 'feed' | 'endFeed'>,
    signal?: AbortSignal,
  ) {
    this.#session = session;
    this.#http = http;
    this.#signal = signal;
  }

  /** The result of all bars that were fed through this object so far. */
  get total(): FeedResult {
    return { ...this.#total, refused: { ...this.#total.refused }, problems: [...this.#total.problems] };
  }

  /**
   * Feeds bars; resolves when the coordinator has answered for all of them. Bars from an asynchronous source are sent after at most a
   * quarter of a second. A late bar fills its slot if the slot is still empty. The coordinator counts and quarantines a bar that is
   * invalid or differs from the stored one. When iterating over `bars` throws, the bars before the error are sent first.
   * @param options `throughMs`: the stream is complete up to this time, epoch ms, even where it has no bars
   * @returns the result of this call's bars
   * @throws FedBarsLostError when the session Redis lost bars that were fed through this object: the batch is refused. Feed the lost
   *   bars again, through this object or another one. Also ArgumentError, SymbolNotFoundError, WrongStateError, CoordinatorUnreachableError
   */
  async feed(bars: FeedBars, { throughMs }: { throughMs?: number } = {}): Promise<FeedResult> {
    if (throughMs !== undefined && Number.isNaN(new Date(throughMs).getTime())) {
      throw new ArgumentError('throughMs', 'epoch milliseconds', throughMs);
    }
    // A program in JavaScript may pass a generator function in place of what it returns.
    const isIterable = Symbol.iterator in Object(bars) || Symbol.asyncIterator in Object(bars);
    if (!isIterable) throw new ArgumentError('bars', 'an array or an iterable of bars', typeof bars);
    const result = emptyResult();
    const send = async (batch: readonly FeedBar[], through?: number): Promise<void> => {
      const lines = batch.map((bar) => `${JSON.stringify(bar)}\n`).join('');
      const call = this.#http.feed(this.#session, this.symbol, lines, through, this.#seen);
      const answer = await this.#forgetAfterLoss(call);
      // A coordinator of an earlier version does not return `stored`, and refuses it as a parameter.
      this.#seen = answer.stored === undefined ? undefined : Math.max(answer.stored, this.#seen ?? 0);
      add(result, answer, batch.length);
      add(this.#total, answer, batch.length);
    };
    let mustSendThrough = throughMs !== undefined;
    for await (const { items, isLast } of batchesOf(bars, BATCH_BARS, this.#signal)) {
      await send(items, isLast ? throughMs : undefined);
      if (isLast) mustSendThrough = false;
    }
    // Without bars there was no batch, and an asynchronous source may have ended after its last batch.
    if (mustSendThrough) await send([], throughMs);
    return result;
  }

  /** Ends the stream: the session no longer waits for this symbol. @throws as {@link feed} */
  end(): Promise<void> {
    return this.#forgetAfterLoss(this.#http.endFeed(this.#session, this.symbol, this.#seen));
  }

  /** Forgets `#seen` when the store has lost bars. Otherwise the coordinator would refuse the bars that are sent again. */
  async #forgetAfterLoss<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof FedBarsLostError) this.#seen = undefined;
      throw error;
    }
  }
}

function emptyResult(): FeedResult {
  return { sent: 0, accepted: 0, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [] };
}

/** Adds a batch's answer to `sum`. The index of a problem in `sum` counts from the first bar of the first batch. */
function add(sum: FeedResult, answer: FeedAnswer, batchBars: number): void {
  const earlierBars = sum.sent;
  sum.sent += batchBars;
  for (const name of ['accepted', 'duplicates', 'late', 'conflicts'] as const) sum[name] += answer[name];
  for (const [reason, count] of Object.entries(answer.refused)) {
    sum.refused[reason] = (sum.refused[reason] ?? 0) + count;
  }
  const listed = answer.problems.slice(0, PROBLEMS_MAX - sum.problems.length);
  sum.problems.push(...listed.map((problem) => ({ ...problem, index: earlierBars + problem.index })));
}
