/**
 * Groups the items of an iterable into batches. A batch is sent when it is full or when its first item has waited long enough.
 * A signal ends the wait for items. Keeps the order; knows nothing of bars.
 */

/** The longest time that an item waits for others, ms. */
const WAIT_MS = 250;

/** Items that are sent together. */
export interface Batch<T> {
  items: T[];
  /** True when it is known to be the last batch. */
  isLast: boolean;
}

/**
 * Yields the items in batches of 1 to `size`. Calls `return` of the source's iterator when it is not read to its end.
 * @throws the signal's reason, and what the source throws
 */
export async function* batchesOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Batch<T>, void, undefined> {
  if (Symbol.asyncIterator in items) {
    yield* asyncBatches(items, size, signal);
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

async function* asyncBatches<T>(
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
      source.request();
      while (!source.arrived && performance.now() < due && !isOver()) await source.event();
      signal?.throwIfAborted();
      const result = source.take();
      if (result && !result.done && batch.push(result.value) === 1) {
        due = performance.now() + WAIT_MS;
        timer = setTimeout(wake, WAIT_MS + 1);
      }
      if (batch.length > 0 && (!result || result.done || batch.length === size)) {
        clearTimeout(timer);
        yield { items: batch, isLast: result?.done === true };
        [batch, due] = [[], Infinity];
      }
      if (result?.done) return;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', wake);
    source.end();
  }
}

/** Requests the next item of an asynchronous iterator without waiting for it. */
class Source<T> {
  /** The requested result, from its arrival until {@link Source.take}. */
  arrived: { result: IteratorResult<T, unknown> } | { error: unknown } | undefined;
  private isRequested = false;
  private isDone = false;
  private notify: () => void = () => undefined;

  constructor(private readonly iterator: AsyncIterator<T, unknown>) {}

  /** Resolves the pending {@link Source.event}. */
  readonly wake = (): void => this.notify();

  /** Requests the next item, unless a request is pending. */
  request(): void {
    if (this.isRequested) return;
    this.isRequested = true;
    const onArrival = (arrived: NonNullable<typeof this.arrived>): void => {
      this.arrived = arrived;
      this.notify();
    };
    this.iterator.next().then(
      (result) => onArrival({ result }),
      (error: unknown) => onArrival({ error }),
    );
  }

  /** Resolves at the next {@link wake}, or when a result arrives. */
  event(): Promise<void> {
    return new Promise((resolve) => (this.notify = resolve));
  }

  /** Returns and clears the arrived result; undefined when none has arrived. @throws what the iterator threw */
  take(): IteratorResult<T, unknown> | undefined {
    const { arrived } = this;
    if (!arrived) return undefined;
    this.arrived = undefined;
    this.isRequested = false;
    this.isDone = 'error' in arrived || arrived.result.done === true;
    if ('error' in arrived) throw arrived.error;
    return arrived.result;
  }

  /** Calls `return` of the iterator. Does not wait for it: the iterator may be waiting for an item that never arrives. */
  end(): void {
    if (this.isDone) return;
    try {
      this.iterator.return?.().catch(() => undefined);
    } catch {
      // `return` itself failed; there is nothing left to end.
    }
  }
}
