/**
 * The partitions of a session, and the names of all its keys. Every process spreads symbols over partitions in the same way.
 * All keys of a partition have one hash tag, so that a script could use all of them on a Redis Cluster (which is not supported). What
 * each key holds in detail: docs/storage-layout.md. Pure.
 */

export type PartitionKeys = ReturnType<typeof partitionKeys>;

export function partitionKeys(prefix: string, sessionId: string, partition: number) {
  const base = `${prefix}:{${sessionId}:${partition}}`;
  return {
    prefix,
    /** The beginning of all key names of the partition. */
    base,
    /** Hash: position, fence and counters of the partition; in partition 0 also the clock, the spec and the symbols. */
    meta: `${base}:meta`,
    /** Sorted set of `date symbol`, scored by the time (ms) at which absent bars are due for another try. */
    retry: `${base}:retry`,
    /** Set of `date symbol` whose derived bars are older than its base bars. */
    dirty: `${base}:dirty`,
    /** Hash of `date symbol` to the last error that a repository answered for that day. */
    errors: `${base}:errors`,
    /** Hash of repository to its failure as JSON. Has only repositories that fail now; partition 0 only. */
    repositories: `${base}:repositories`,
    /** Hash of `close symbol reason` to the number of refused bars of repositories (also in `refused`); `close`: of the day, epoch ms. */
    repositoryRefused: `${base}:repository-refused`,
    /** Hash of `symbol reason` to the number of refused bars. */
    refused: `${base}:refused`,
    /** Hash of `date symbol` to the counts of the source's rows without a slot on that local date (stream/outside.ts). */
    outside: `${base}:outside`,
    /** Hash of symbol to the number of its bars of history; exists once the history is complete. */
    history: `${base}:history`,
    /** Stream of public events: those of the session and its clock in partition 0, those of upkeep in each partition. */
    events: `${base}:events`,
    /** Stream of changes by upkeep and feeding, also of slots after the clock: for mirrors and operators, not for a strategy. */
    changes: `${base}:changes`,
    /** Sorted set of changes to publish, scored by the earliest clock (ms) at which a part of the change may be published. */
    pending: `${base}:pending`,
    /** Hash of `time symbol reason` to refused bars that strategies must not see before the clock is at `time` (ms). */
    refusedAhead: `${base}:refused-ahead`,
    /** Hash of the values emitted last, so that none is emitted twice: gaps and counts of days; in partition 0 also the state. */
    emitted: `${base}:told`, // the name in stores of earlier versions
    /** Hash of consumer to its state and position (consumers/); partition 0 only. */
    consumers: `${base}:consumers`,
    /** Hash of symbol to the progress of its stream (feed/); fed sessions only. */
    feed: `${base}:feed`,
    /** Hash: figures and wait of the stream, days that timed out (`timed-out date`), silent feeds; partition 0 only. */
    stream: `${base}:stream`,
    /** String: the day chunk. */
    chunk: (interval: string, symbol: string, date: string) => `${base}:chunk:${interval}:${symbol}:${date}`,
    /** String: a day chunk under a temporary name; exists only inside the transaction that flushes it. */
    staged: (symbol: string) => `${base}:staged:${symbol}`,
    /** String: one state byte per base slot; exists only for days on which something was missing. */
    states: (symbol: string, date: string) => `${base}:states:${symbol}:${date}`,
    /** Pub/sub channel that wakes the owner of the session. */
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
