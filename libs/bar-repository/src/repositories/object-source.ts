/**
 * A {@link BarSource} on a user's repository, which returns the bars of one symbol per call. Makes several calls at the same time.
 * A failure for one symbol does not affect the others (I12, docs/ARCHITECTURE.md).
 */
import { anySignal, orAborted } from '@barkeep/bars';
import { addRecords } from './bar-record.js';
import { emptyAnswer, type AskPermit, type RepositoryAnswer, type BarQuery, type BarSource } from './bar-source.js';

/** Requests one symbol from the repository. Returns an array of records, or a promise of one. */
export type Fetch = (symbol: string, start: Date, end: Date, interval: string) => unknown;

/** Thrown for an answer that is not an array, because it must not count as "no bars". */
export class RepositoryAnswerError extends Error {
  override readonly name = 'RepositoryAnswerError';
  constructor(source: string, symbol: string, actual: unknown) {
    super(
      `expected repository ${source} to answer an array of bars of ${symbol}, was ${actual === null ? 'null' : typeof actual}`,
    );
  }
}

/** Number of calls at the same time: enough to hide the round trips, and few enough for a repository with a small connection pool. */
const CONCURRENCY = 8;
/** After this many failed requests the source stops, because the repository is probably down. */
const FAILURES_MAX = 8;

/** The source of one repository of the user. */
export class ObjectSource implements BarSource {
  constructor(
    readonly name: string,
    private readonly fetch: Fetch,
  ) {}

  /** Runs {@link CONCURRENCY} loops that each request one symbol after another. */
  async bars(query: BarQuery, signal?: AbortSignal): Promise<RepositoryAnswer> {
    const answer = emptyAnswer();
    const symbols = eachOnce(query.symbols); // shared: each loop takes the next symbol
    const askInTurn = async (): Promise<void> => {
      for (const symbol of symbols) {
        signal?.throwIfAborted();
        if (query.slice?.aborted || answer.failed.size >= FAILURES_MAX) answer.unasked.add(symbol);
        else await this.askOne(symbol, query, answer, signal);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, askInTurn));
    return answer;
  }

  /** Requests one symbol, and adds its bars, its failure or its name (unasked) to `answer`. */
  private async askOne(symbol: string, query: BarQuery, answer: RepositoryAnswer, signal?: AbortSignal): Promise<void> {
    const reportOutcome = await permitWithin(query, signal);
    if (reportOutcome === undefined) {
      answer.unasked.add(symbol);
      return;
    }
    try {
      const records = await this.records(symbol, query, deadlineOf(query, signal));
      addRecords(answer, symbol, records, query);
      reportOutcome();
    } catch (thrown) {
      // A repository may throw undefined, and `reportOutcome(undefined)` would report success.
      const error = thrown ?? new Error(`expected the repository to throw an error, was ${thrown as undefined}`);
      reportOutcome(error);
      // An abort ends the whole query. An error of the repository concerns this symbol alone.
      signal?.throwIfAborted();
      answer.failed.set(symbol, error);
    }
  }

  /** Calls the repository for one symbol, from its first to its last wanted time. @throws RepositoryAnswerError, what it throws */
  private async records(symbol: string, query: BarQuery, signal: AbortSignal): Promise<unknown[]> {
    const wanted = query.wanted?.get(symbol);
    // New dates for each call, because a repository may change them.
    const start = new Date(wanted?.[0]?.from ?? query.from);
    const end = new Date(wanted?.at(-1)?.to ?? query.to);
    const records = await orAborted(() => this.fetch(symbol, start, end, query.interval), signal);
    if (!Array.isArray(records)) throw new RepositoryAnswerError(this.name, symbol, records);
    return records as unknown[];
  }
}

/**
 * Waits for the permit of one request. @returns the function for the outcome (see {@link AskPermit}); undefined when the slice ended first
 * @throws the reason of `signal`, what the permit throws
 */
export async function permitWithin(
  { permit, slice }: Pick<BarQuery, 'permit' | 'slice'>,
  signal: AbortSignal | undefined,
): Promise<Awaited<ReturnType<AskPermit>> | undefined> {
  if (!permit) return () => undefined;
  try {
    return await permit(slice && signal ? anySignal([slice, signal]) : (slice ?? signal));
  } catch (error) {
    signal?.throwIfAborted();
    if (slice?.aborted) return undefined;
    throw error;
  }
}

/** Yields each symbol once. When one loop over the generator throws, the generator is closed, so all loops that share it end. */
function* eachOnce(symbols: readonly string[]): Generator<string> {
  yield* new Set(symbols);
}

/** A signal that aborts when the query's `timeoutMs` is over, or when the caller's signal aborts. */
export function deadlineOf({ timeoutMs }: Pick<BarQuery, 'timeoutMs'>, signal: AbortSignal | undefined): AbortSignal {
  const signals = signal ? [signal] : [];
  return anySignal(timeoutMs === undefined ? signals : [...signals, AbortSignal.timeout(timeoutMs)]);
}
