/** How symbols are spread over partitions: the same way in every process. Pure. */

/** Symbols of one partition, and so of one script call: bounds how long one flush blocks Redis. */
export const PARTITION_SYMBOLS = 128;
const BASE_PARTITIONS_MAX = 64;

/** Partitions that the symbols of a spec are spread over. */
export function basePartitionsOf(symbols: number): number {
  return Math.min(BASE_PARTITIONS_MAX, Math.ceil(symbols / PARTITION_SYMBOLS));
}

/** The partition of a symbol of the spec, in `[0, basePartitions)`: its FNV-1a hash of 32 bits, modulo their number. */
export function basePartition(symbol: string, basePartitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < symbol.length; i++) hash = Math.imul(hash ^ symbol.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % basePartitions;
}

/** Groups items by partition and keeps their order. */
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
