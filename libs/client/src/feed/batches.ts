/**
 * Groups items into batches, in their order. A batch is yielded when it is full. A batch of an asynchronous source is also yielded when its
 * first item has waited long enough. When the source fails, the items that it gave before are yielded, and then its error is thrown.
 */

/** How long the first item of a batch waits for others, ms. */
const WAIT_MS = 250;

/** Items that are sent together. */
export interface Batch<T> {
  items: T[];
  /** True when the source is known to have ended. An asynchronous source may end only after its last batch: then no batch is marked. */
  isLast: boolean;
}

/**
 * Yields the items in batches of 1 to `size`. Calls `return` of the source's iterator when the source is not read to its end.
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
  let failure: { error: unknown } | undefined; // an object, because a source may also throw undefined
  try {
    for (const item of items) {
      if (batch.push(item) < size) continue;
      signal?.throwIfAborted();
      yield { items: batch, isLast: false };
      batch = [];
    }
  } catch (error) {
    failure = { error };
  }
  signal?.throwIfAborted();
  if (batch.length > 0) yield { items: batch, isLast: !failure };
  if (failure) throw failure.error;
}

async function* asyncBatches<T>(
  items: AsyncIterable<T>,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch<T>, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  /** The request for the next item. It stays while batches are yielded before the item arrives. */
  let request: Promise<IteratorResult<T, unknown>> | undefined;
  /** True when the source has ended or failed, so that its `return` must not be called. */
  let isDone = false;
  let failure: { error: unknown } | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Ends the wait for an item. */
  let wake: () => void = () => undefined;
  const onAbort = (): void => wake();
  /** The next item; undefined when the timer or the signal ends the wait before the item arrives. */
  const nextItem = (): Promise<IteratorResult<T, unknown> | undefined> =>
    new Promise((resolve, reject) => {
      wake = () => resolve(undefined);
      request ??= iterator.next();
      request.then(resolve, reject);
    });
  signal?.addEventListener('abort', onAbort);
  try {
    while (!isDone) {
      signal?.throwIfAborted();
      const batch: T[] = [];
      while (!isDone && batch.length < size) {
        const result = await nextItem().catch((error: unknown) => {
          isDone = true;
          failure = { error };
        });
        signal?.throwIfAborted();
        if (!result) break; // the wait has ended without an item, or the source has failed
        request = undefined;
        if (result.done) isDone = true;
        else if (batch.push(result.value) === 1) timer = setTimeout(() => wake(), WAIT_MS);
      }
      clearTimeout(timer);
      if (batch.length > 0) yield { items: batch, isLast: isDone && !failure };
      if (failure) throw failure.error;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Does not wait: the iterator may be waiting for an item that never arrives. When `return` fails, nothing is left to end.
    if (!isDone) endSource(iterator).catch(() => undefined);
  }
}

async function endSource(iterator: AsyncIterator<unknown, unknown>): Promise<void> {
  await iterator.return?.();
}
