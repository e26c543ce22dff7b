/** Splits work into batches, because a command with too many keys or bytes would block Redis, or fill this process's memory. */

/** The items in batches of at most `size`, in order; none for no items. */
export function* inBatches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    if (batch.push(item) < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** As {@link inBatches}, with one empty batch for no items: for a call that is made once even then. */
export function atLeastOneBatch<T>(items: readonly T[], size: number): T[][] {
  return items.length === 0 ? [[]] : [...inBatches(items, size)];
}
