/**
 * Cuts what comes, all at once or one by one, into batches: one is full, or its first item has waited long enough. Nobody
 * waits for an item once a signal says so. Keeps the order; knows nothing of bars.
 */

/** How long an item waits for others at most, ms. */
const WAIT_MS = 250;

/** Items that came together. */
export interface Batch<T> {
  items: T[];
  /** True when it is known that no other comes after it. */
  isLast: boolean;
}

/**
 * The items in batches of at most `size`, none empty. The source is told to end (`return`) when it is not gone through to its end.
 * @throws the signal's reason, and what the source throws
 */
export async function* batchesOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Batch<T>, void, undefined> {
  if (Symbol.asyncIterator in items) {
    yield* batchesAsTheyCome(items, size, signal);
    return;
  }
  let batch: T[] = [];
  for (const item of items) {
    if (batch.push(item) < size) continue;
    signal?.throwIfAborted();
    yield { items: batch, isLast: false };
    batch = [];
  }
  signal?.throwIfAborted();
  if (batch.length > 0) yield { items: batch, isLast: true };
}

async function* batchesAsTheyCome<T>(
  items: AsyncIterable<T>,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch<T>, void, undefined> {
  const source = new Source(items[Symbol.asyncIterator]());
  const { wake } = source;
  const isOver = (): boolean => signal?.aborted === true;
  let batch: T[] = [];
  let due = Infinity;
  let timer: NodeJS.Timeout | undefined;
  signal?.addEventListener('abort', wake);
  try {
    for (;;) {
      source.ask();
      while (!source.came && performance.now() < due && !isOver()) await source.event();
      signal?.throwIfAborted();
      const came = source.take();
      if (came && !came.done && batch.push(came.value) === 1) {
        due = performance.now() + WAIT_MS;
        timer = setTimeout(wake, WAIT_MS + 1);
      }
      if (batch.length > 0 && (!came || came.done || batch.length === size)) {
        clearTimeout(timer);
        yield { items: batch, isLast: came?.done === true };
        [batch, due] = [[], Infinity];
      }
      if (came?.done) return;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', wake);
    source.end();
  }
}

/** An asynchronous iterator of which the next item is asked for without being waited for. */
class Source<T> {
  /** What came, until it is taken. */
  came: { result: IteratorResult<T, unknown> } | { error: unknown } | undefined;
  private isAsked = false;
  private isDone = false;
  private notify: () => void = () => undefined;

  constructor(private readonly iterator: AsyncIterator<T, unknown>) {}

  /** Wakes whoever waits for an event. */
  readonly wake = (): void => this.notify();

  /** Asks for the next item, unless it was asked for. */
  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    const come = (came: NonNullable<typeof this.came>): void => {
      this.came = came;
      this.notify();
    };
    this.iterator.next().then(
      (result) => come({ result }),
      (error: unknown) => come({ error }),
    );
  }

  /** Resolves at the next {@link wake}, or when something came. */
  event(): Promise<void> {
    return new Promise((resolve) => (this.notify = resolve));
  }

  /** What came. @throws what the iterator threw */
  take(): IteratorResult<T, unknown> | undefined {
    const { came } = this;
    if (!came) return undefined;
    this.came = undefined;
    this.isAsked = false;
    this.isDone = 'error' in came || came.result.done === true;
    if ('error' in came) throw came.error;
    return came.result;
  }

  /** Tells the iterator that no more is wanted. It may be waiting for an item that never comes: it is not waited for. */
  end(): void {
    if (this.isDone) return;
    try {
      this.iterator.return?.().catch(() => undefined);
    } catch {
      // It could not even begin to: there is nothing left to be ended.
    }
  }
}
