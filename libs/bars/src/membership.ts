/**
 * Membership: the changes of a session's symbols since its spec, which itself never changes. An added symbol gets a separate partition, so
 * that it can catch up independently. When it is removed, another symbol may get the partition. Pure.
 */
import { SYMBOLS_MAX } from './spec/index.js';

/** A session has at most this many partitions, including those of added symbols. Job payloads have the same limit. */
export const PARTITIONS_MAX = 1_024;

/** The changes since the spec. Stored as JSON in PostgreSQL and in the session's store. */
export interface Membership {
  /** Number of changes so far. */
  version: number;
  /** Symbols of the spec that were removed. A symbol that was added again afterwards is in `added` as well. */
  removed: readonly string[];
  /** Added symbols with their partition. Look one up with {@link addedPartition}: `constructor` may be a symbol. */
  added: Readonly<Record<string, number>>;
  /** For each partition whose symbols changed: the version of its last change. By it the store refuses writers with an older list. */
  stamps: Readonly<Record<number, number>>;
}

/** No changes: the symbols are those of the spec. */
export const UNCHANGED: Membership = { version: 0, removed: [], added: {}, stamps: {} };

/** The symbols and partitions that a session starts with. */
interface Members {
  /** Symbols of the spec. */
  symbols: readonly string[];
  /** Number of partitions over which these symbols are spread. */
  basePartitions: number;
}

/** Thrown for a change that would leave a session without symbols, or with too many. */
export class SymbolCountError extends Error {
  override readonly name = 'SymbolCountError';
  constructor(sessionId: string, expected: string, was: string) {
    super(`session ${sessionId}: expected ${expected}, was ${was}`);
  }
}

/** The partition of a symbol that was added; undefined for others. */
export function addedPartition({ added }: Membership, symbol: string): number | undefined {
  return Object.hasOwn(added, symbol) ? added[symbol] : undefined;
}

/** The current symbols: those of the spec in its order, then added ones. */
export function currentSymbols(symbols: readonly string[], { removed, added }: Membership): string[] {
  const removedSet = new Set(removed);
  return [...symbols.filter((symbol) => !removedSet.has(symbol)), ...Object.keys(added)];
}

/** Adds a symbol. Returns `before` itself when the session has the symbol already. @throws SymbolCountError */
export function withSymbol(sessionId: string, members: Members, before: Membership, symbol: string): Membership {
  const present = currentSymbols(members.symbols, before);
  if (present.includes(symbol)) return before;
  if (present.length >= SYMBOLS_MAX)
    throw new SymbolCountError(sessionId, `at most ${SYMBOLS_MAX} symbols`, 'one more');
  const used = new Set(Object.values(before.added)); // the partition of a removed symbol is free again
  let partition = members.basePartitions;
  while (used.has(partition)) partition++;
  if (partition >= PARTITIONS_MAX) {
    const expected = `at most ${PARTITIONS_MAX - members.basePartitions} symbols that were added since it was created`;
    throw new SymbolCountError(sessionId, expected, 'one more');
  }
  const version = before.version + 1;
  return {
    version,
    removed: before.removed,
    added: { ...before.added, [symbol]: partition },
    stamps: { ...before.stamps, [partition]: version },
  };
}

/**
 * Removes a symbol. Returns `before` itself when the session does not have it.
 * @param partition that of the symbol: the layout of the session knows it @throws SymbolCountError when it is the only symbol
 */
export function withoutSymbol(
  sessionId: string,
  members: Members,
  before: Membership,
  symbol: string,
  partition: number,
): Membership {
  const present = currentSymbols(members.symbols, before);
  if (!present.includes(symbol)) return before;
  if (present.length === 1) throw new SymbolCountError(sessionId, 'at least one symbol to stay', `only ${symbol}`);
  const version = before.version + 1;
  const stamps = { ...before.stamps, [partition]: version };
  if (!Object.hasOwn(before.added, symbol)) return { ...before, version, removed: [...before.removed, symbol], stamps };
  const { [symbol]: _, ...added } = before.added;
  return { ...before, version, added, stamps };
}

/** Parses a stored membership. @throws TypeError for any other value */
export function parseMembership(stored: unknown): Membership {
  const { version, removed, added, stamps } = (stored ?? {}) as Partial<Record<keyof Membership, unknown>>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const areCounts = (value: unknown): value is Record<string, number> =>
    typeof value === 'object' && value !== null && Object.values(value).every(isCount);
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (isCount(version) && Array.isArray(removed) && removed.every(isText) && areCounts(added) && areCounts(stamps)) {
    return { version, removed, added, stamps };
  }
  throw new TypeError(`expected the changes of a session's symbols, was ${JSON.stringify(stored)?.slice(0, 80)}`);
}
