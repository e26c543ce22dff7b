/**
 * The partitions of a session, and the names of all its keys. Symbols are spread over partitions the same way in every process.
 * All keys of a partition carry one hash tag, so that a script may use all of them on a cluster. Pure.
 */

export type PartitionKeys = ReturnType<typeof partitionKeys>;

/** Key names of one partition of one session. */
export function partitionKeys(prefix: string, sessionId: string, partition: number) {
  const base = `${prefix}:{${sessionId}:${partition}}`;
  return {
    prefix,
    /** What all key names of the partition begin with. */
    base,
    /**
     * Hash: incarnation, fence (epoch, owner), frontier, watermark, counters, retainedFrom and retiredTo (stream/remove.ts), begun (symbols/membership.ts); in
     * partition 0 also clock, control, spec, historyDays, days, joins and gathered (consumers/consumers.ts).
     */
    meta: `${base}:meta`,
    /** Sorted set of `date symbol`, scored by the time (ms) at which absent bars are due for another try. */
    retry: `${base}:retry`,
    /** Set of `date symbol` whose derived bars are older than its base bars. */
    dirty: `${base}:dirty`,
    /** Hash of `date symbol` to the last error of a repository. */
    errors: `${base}:errors`,
    /**
     * Hash of repository to its current failure as JSON: `error`, `since` and `nextTryAt` (epoch ms), `failures`. There only while
     * the repository fails; partition 0 only.
     */
    repositories: `${base}:repositories`,
    /** Hash of `close symbol reason` to the number of refused bars of repositories that `refused` includes; close of the day, epoch ms. */
    repositoryRefused: `${base}:repository-refused`,
    /** Hash of `symbol reason` to the number of refused bars. */
    refused: `${base}:refused`,
    /**
     * Hash of `date symbol` to the rows of the source that have no slot on that local date (stream/outside.ts), and of `counted` to how
     * far they are counted.
     */
    outside: `${base}:outside`,
    /** Hash of symbol to the number of its bars before the session's first day; exists once the history is whole. */
    history: `${base}:history`,
    /** Stream of events: of the session and its clock in partition 0, of upkeep in each. */
    events: `${base}:events`,
    /**
     * Stream of changes that upkeep and feeding make, when they make them, also after the clock: mirrors and operators read it.
     * A strategy must not.
     */
    changes: `${base}:changes`,
    /** Sorted set of changes that are not in the public events yet, scored by the earliest time at which a part of them may be. */
    pending: `${base}:pending`,
    /** Hash of refused bars by window, for windows that the clock has not passed: `time symbol reason` to their number. */
    refusedAhead: `${base}:refused-ahead`,
    /** Hash of the values that were emitted last, so that none is emitted twice: gaps and counts of days in each partition, the state in partition 0. */
    emitted: `${base}:told`,
    /** Hash of consumer to its state and position (consumers/); partition 0 only. */
    consumers: `${base}:consumers`,
    /** Hash of symbol to the progress of its stream (feed/); fed sessions only. */
    feed: `${base}:feed`,
    /** Hash of figures of the stream, and of `timed-out date` for days whose source was silent; partition 0 only. */
    stream: `${base}:stream`,
    /** String: the day chunk. */
    chunk: (interval: string, symbol: string, date: string) => `${base}:chunk:${interval}:${symbol}:${date}`,
    /** String: a day chunk to be renamed; exists only inside the transaction that flushes it. */
    staged: (symbol: string) => `${base}:staged:${symbol}`,
    /** String: one status byte a base slot, present only for days in which something was missing. */
    states: (symbol: string, date: string) => `${base}:states:${symbol}:${date}`,
    /** Pub/sub channel that wakes the owner of the session. */
    wake: wakeChannel(prefix, sessionId),
  };
}

export function wakeChannel(prefix: string, sessionId: string): string {
  return `${prefix}:wake:${sessionId}`;
}

/** The pattern of SCAN for the keys that begin with a text. */
export function keysFrom(text: string): string {
  return `${text.replace(/[\\*?[\]^]/g, '\\$&')}*`;
}

/** Names a symbol's day in the sets and hashes above. */
export function dayMember(date: string, symbol: string): string {
  return `${date} ${symbol}`;
}

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
