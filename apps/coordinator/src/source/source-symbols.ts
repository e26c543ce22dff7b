/** The symbols of a session that Postgres knows, by their numbers there. */
import type { SessionLayout } from '@barkeep/session-data';
import { usedPartitions } from './missing-windows.js';
import type { MutablePart } from './window-read.js';

/** Symbols by their numbers, each with the part of the window that receives its bars. */
export type SymbolParts = Map<number, { symbol: string; part: MutablePart }>;

export class SourceSymbols {
  /** @param symbolOf symbols by their numbers in Postgres; symbols that Postgres does not know have no bars */
  constructor(
    private readonly layout: SessionLayout,
    private readonly symbolOf: ReadonlyMap<number, string>,
  ) {}

  /** The known symbols of these parts. */
  of(parts: readonly MutablePart[]): SymbolParts {
    const partOf = new Map(parts.map((part) => [part.partition, part]));
    const found: SymbolParts = new Map();
    for (const [id, symbol] of this.symbolOf) {
      const part = partOf.get(this.layout.partitionOf(symbol)!);
      if (part) found.set(id, { symbol, part });
    }
    return found;
  }

  /** Names the symbols and how they are spread over partitions: sessions with the same name have equal windows, byte by byte. */
  get name(): string {
    const places = [...this.symbolOf].map(([id, symbol]) => `${this.layout.partitionOf(symbol)}/${id}`);
    return `${usedPartitions(this.layout).length} ${places.toSorted().join(' ')}`;
  }
}
