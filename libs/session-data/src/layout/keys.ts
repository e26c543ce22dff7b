/** The partitions of a session, and the names of its keys. The keys of a partition share a hash tag. Pure. */

export type PartitionKeys = ReturnType<typeof partitionKeys>;

/** The names of a partition's keys. What each key holds: docs/storage-layout.md#keys. */
export function partitionKeys(prefix: string, sessionId: string, partition: number) {
  /** The beginning of all key names of the partition. */
  const base = `${prefix}:{${sessionId}:${partition}}`;
  return {
    prefix,
    base,
    meta: `${base}:meta`,
    retry: `${base}:retry`,
    dirty: `${base}:dirty`,
    errors: `${base}:errors`,
    repositories: `${base}:repositories`,
    repositoryRefused: `${base}:repository-refused`,
    refused: `${base}:refused`,
    outside: `${base}:outside`,
    history: `${base}:history`,
    events: `${base}:events`,
    changes: `${base}:changes`,
    pending: `${base}:pending`,
    refusedAhead: `${base}:refused-ahead`,
    emitted: `${base}:told`, // the name in stores of earlier versions
    consumers: `${base}:consumers`,
    feed: `${base}:feed`,
    stream: `${base}:stream`,
    chunk: (interval: string, symbol: string, date: string) => `${base}:chunk:${interval}:${symbol}:${date}`,
    staged: (symbol: string) => `${base}:staged:${symbol}`,
    states: (symbol: string, date: string) => `${base}:states:${symbol}:${date}`,
    /** Not a key: the pub/sub channel that wakes the owner of the session. */
    wake: wakeChannel(prefix, sessionId),
  };
}

/** Name of the pub/sub channel that wakes the owner of a session. */
export function wakeChannel(prefix: string, sessionId: string): string {
  return `${prefix}:wake:${sessionId}`;
}

/** The name of a symbol's day in the sets and hashes above. */
export function dayMember(date: string, symbol: string): string {
  return `${date} ${symbol}`;
}

/** Upper limit of the average number of symbols per partition, which bounds how long one flush blocks Redis. */
export const PARTITION_SYMBOLS = 128;

/** The constants of the 32-bit FNV-1a hash. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Number of base partitions, over which the symbols of a spec are spread. Each symbol that joins later gets another one. */
export function basePartitionsOf(symbols: number): number {
  return Math.ceil(symbols / PARTITION_SYMBOLS);
}

/** The partition of a symbol of the spec, in `[0, basePartitions)`: its FNV-1a hash (32 bits) modulo the number of partitions. */
export function basePartition(symbol: string, basePartitions: number): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < symbol.length; i++) hash = Math.imul(hash ^ symbol.charCodeAt(i), FNV_PRIME);
  // `>>> 0` makes the hash an unsigned number.
  return (hash >>> 0) % basePartitions;
}

/** Groups items by partition and keeps their order. */
export function byPartition<T>(items: readonly T[], partitionOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const partition = partitionOf(item);
    const members = groups.get(partition);
    if (members) members.push(item);
    else groups.set(partition, [item]);
  }
  return groups;
}
