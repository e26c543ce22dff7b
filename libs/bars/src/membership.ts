/**
 * Which symbols a session has when they come and go: what was changed since its spec, and where in the store the symbols
 * that came later are. A symbol that comes gets a partition of its own, so that it catches up on its own; the partition of
 * one that left is used again. The spec stays what the user asked for. Pure; the store's side: `@barkeep/session-data`.
 */
import { SYMBOLS_MAX } from './session-spec.js';

/** Partitions of a session, those of its spec and those of symbols that came later: what a job's payload can name. */
export const PARTITIONS_MAX = 1_024;

/** What changed since the spec. Stored as JSON, in Postgres and in the session's store. */
export interface Membership {
  /** Counts the changes; 0: none. */
  version: number;
  /** Symbols of the spec that left; one that came back is in `added` as well. */
  removed: readonly string[];
  /** Symbols that came, with their partition. */
  added: Readonly<Record<string, number>>;
  /** Version in which a partition's symbols last changed, for those in which they ever did. */
  stamps: Readonly<Record<number, number>>;
}

/** The symbols are those of the spec. */
export const UNCHANGED: Membership = { version: 0, removed: [], added: {}, stamps: {} };

/** The part of a session that changes are made to. */
export interface Members {
  /** Symbols of the spec. */
  symbols: readonly string[];
  /** Partitions that these are spread over. */
  basePartitions: number;
}

/** The last symbol of a session cannot leave, nor can it have more than so many. */
export class SymbolCountError extends Error {
  override readonly name = 'SymbolCountError';
  constructor(
    readonly sessionId: string,
    readonly expected: string,
    readonly was: string,
  ) {
    super(`session ${sessionId}: expected ${expected}, was ${was}`);
  }
}

/** The current symbols: those of the spec in its order, then those that came. */
export function currentSymbols(symbols: readonly string[], { removed, added }: Membership): string[] {
  const gone = new Set(removed);
  return [...symbols.filter((symbol) => !gone.has(symbol)), ...Object.keys(added)];
}

/** With one symbol more; the same object when it is there already. @throws SymbolCountError */
export function withSymbol(sessionId: string, members: Members, before: Membership, symbol: string): Membership {
  const present = currentSymbols(members.symbols, before);
  if (present.includes(symbol)) return before;
  if (present.length >= SYMBOLS_MAX)
    throw new SymbolCountError(sessionId, `at most ${SYMBOLS_MAX} symbols`, 'one more');
  const used = new Set(Object.values(before.added));
  let partition = members.basePartitions;
  while (used.has(partition)) partition++;
  if (partition >= PARTITIONS_MAX) {
    const most = PARTITIONS_MAX - members.basePartitions;
    throw new SymbolCountError(sessionId, `at most ${most} symbols that were added since it was created`, 'one more');
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
 * Without a symbol; the same object when it is not there.
 * @param partition where the symbol is @throws SymbolCountError
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
  if (!(symbol in before.added)) return { ...before, version, removed: [...before.removed, symbol], stamps };
  const { [symbol]: _, ...added } = before.added;
  return { ...before, version, added, stamps };
}

/** Checks what was stored. @throws TypeError when it is no membership */
export function parseMembership(stored: unknown): Membership {
  const { version, removed, added, stamps } = (stored ?? {}) as Partial<Record<keyof Membership, unknown>>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const isCounts = (value: unknown): value is Record<string, number> =>
    typeof value === 'object' && value !== null && Object.values(value).every(isCount);
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (isCount(version) && Array.isArray(removed) && removed.every(isText) && isCounts(added) && isCounts(stamps)) {
    return { version, removed, added, stamps };
  }
  throw new TypeError(`expected the changes of a session's symbols, was ${JSON.stringify(stored)?.slice(0, 80)}`);
}
