/** A {@link BarSource} on a repository that answers one symbol per call. Asks for several symbols at the same time. */
import { addRecords } from './bar-record.js';
import type { BarAnswer, BarQuery, BarSource } from './bar-source.js';

/** Asks the repository for one symbol. Returns an array of records, or a promise of one. */
export type Fetch = (symbol: string, start: Date, end: Date, interval: string) => unknown;

/** Thrown for an answer that is no array, which must not count as "no bars". */
export class RepositoryAnswerError extends Error {
  override readonly name = 'RepositoryAnswerError';
  constructor(
    readonly source: string,
    readonly symbol: string,
    actual: unknown,
  ) {
    super(
      `expected repository ${source} to answer an array of bars of ${symbol}, was ${actual === null ? 'null' : typeof actual}`,
    );
  }
}

/** Calls at the same time: enough to hide the round trips, and few enough for a repository with a small connection pool. */
const CONCURRENCY = 8;

export class ObjectSource implements BarSource {
  constructor(
    readonly name: string,
    private readonly fetch: Fetch,
  ) {}

  async bars(query: BarQuery, signal?: AbortSignal): Promise<BarAnswer> {
    const answer: BarAnswer = { bars: new Map(), skipped: new Map() };
    const symbols = [...new Set(query.symbols)].values();
    let failed = false;
    const worker = async (): Promise<void> => {
      for (const symbol of symbols) {
        if (failed) return;
        addRecords(answer, symbol, await this.records(symbol, query, signal), query);
      }
    };
    try {
      await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    } finally {
      failed = true;
    }
    return answer;
  }

  private async records(symbol: string, query: BarQuery, signal: AbortSignal | undefined): Promise<unknown[]> {
    signal?.throwIfAborted();
    const wanted = query.wanted?.get(symbol);
    // New dates for each call, because a repository may change them.
    const start = new Date(wanted?.[0]?.from ?? query.from);
    const end = new Date(wanted?.at(-1)?.to ?? query.to);
    const answer = this.fetch(symbol, start, end, query.interval);
    const records: unknown = await orAborted(answer, signal);
    if (!Array.isArray(records)) throw new RepositoryAnswerError(this.name, symbol, records);
    return records as unknown[];
  }
}

/** The answer, or a rejection when the signal aborts first, so that a repository that hangs does not keep a worker from stopping. */
async function orAborted(answer: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  if (!signal) return answer;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
