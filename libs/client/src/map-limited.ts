/**
 * Calls `work` for each item, `limit` at a time. After a call has failed, starts no other call, and throws the first error when all started
 * calls have ended.
 * @returns the results in the order of the items
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const errors: unknown[] = [];
  const remaining = items.entries(); // all workers take from this one iterator
  const worker = async (): Promise<void> => {
    for (const [index, item] of remaining) {
      if (errors.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (errors.length > 0) throw errors[0];
  return results;
}
