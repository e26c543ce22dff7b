/** Groups items by partition and keeps their order. Pure. */
export function byPartition<T>(items: readonly T[], partitionOf: (item: T) => number): Map<number, T[]> {
  const found = new Map<number, T[]>();
  for (const item of items) {
    const partition = partitionOf(item);
    const members = found.get(partition);
    if (members) members.push(item);
    else found.set(partition, [item]);
  }
  return found;
}
