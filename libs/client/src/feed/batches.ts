/** Groups items into batches, in their order. A batch is sent when it is full or when its first item has waited long enough. */

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
  const iterator = items[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<T, unknown>> | undefined;
  let isDone = false;
  let timer: NodeJS.Timeout | undefined;
  let wake: () => void = () => undefined;
  const onAbort = (): void => wake();
  /** The next item; undefined when something else wakes the loop before it arrives. */
  const arrival = (): Promise<IteratorResult<T, unknown> | undefined> =>
    new Promise((resolve, reject) => {
      wake = () => resolve(undefined);
      next ??= iterator.next();
      next.then(resolve, reject);
    });
  signal?.addEventListener('abort', onAbort);
  try {
    while (!isDone) {
      signal?.throwIfAborted();
      const batch: T[] = [];
      while (!isDone && batch.length < size) {
        const result = await arrival().catch((error: unknown) => {
          isDone = true;
          throw error;
        });
        signal?.throwIfAborted();
        if (!result) break;
        next = undefined;
        if (result.done) isDone = true;
        else if (batch.push(result.value) === 1) timer = setTimeout(() => wake(), WAIT_MS);
      }
      clearTimeout(timer);
      if (batch.length > 0) yield { items: batch, isLast: isDone };
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // When `return` itself fails there is nothing left to end.
    if (!isDone) end(iterator).catch(() => undefined);
  }
}

/** Does not wait: the iterator may be waiting for an item that never arrives. */
async function end(iterator: AsyncIterator<unknown, unknown>): Promise<void> {
  await iterator.return?.();
}
