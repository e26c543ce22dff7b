/** The bars of one window, from the start of its read until they are in the store. */
import type { QuarantinedBar } from '@barkeep/bar-repository';
import { chunkBytes, DayChunk, type DayGrid, type Prices } from '@barkeep/bars';
import type { PartitionWindow, SessionLayout, Window } from '@barkeep/session-data';
import { USED_ONCE, type ChunkPool } from './chunk-pool.js';
import type { SilentSourceError } from './silence.js';

/** One partition's part of a window, while it is being read. */
export interface MutablePart extends PartitionWindow {
  chunks: Map<string, DayChunk>;
  refused: Map<string, number>;
}

/** A read of a window that is in progress. */
export interface ReadTask {
  /** Receives the bars; keeps those that came when the read fails or is aborted. */
  into: WindowRead;
  signal: AbortSignal;
  /** Called for every row and every pack. */
  onProgress: () => void;
}

/** Symbols by their ids in Postgres, each with the part of the window that receives its bars. */
export type SymbolParts = Map<number, { symbol: string; part: MutablePart }>;

/** A read of stored rows or packs, and what the bars are that it puts into chunks. */
export interface ChunkRead extends ReadTask {
  /** The base grid of the window's day. */
  grid: DayGrid;
  dataset: string;
  prices: Prices;
  /** One of `ORIGIN_CODES`. */
  origin: number;
  /** No rows and packs of other symbols may come. */
  symbols: SymbolParts;
}

/** The bars of a window so far; complete when its read has ended. */
export class WindowRead {
  /** One part for each partition that lacks the window. */
  parts: readonly MutablePart[];
  /** Refused bars with their values; only the first ones if there are many. */
  quarantined: QuarantinedBar[] = [];
  /** Why the read ended early, without the rest of the bars; undefined otherwise. */
  silence: SilentSourceError | undefined;

  /** @param partitions the partitions that lack the window @param memory the pool of the chunks */
  constructor(
    partitions: readonly number[],
    readonly window: Window,
    public memory: ChunkPool,
  ) {
    this.parts = partitions.map((partition) => ({ partition, chunks: new Map(), bars: 0, refused: new Map() }));
  }

  get bars(): number {
    return sumOf(this.parts.map(({ bars }) => bars));
  }

  get refused(): number {
    return sumOf(this.parts.flatMap(({ refused }) => [...refused.values()]));
  }

  get bytes(): number {
    return sumOf(this.parts.flatMap(({ chunks }) => [...chunks.values()].map(({ bytes }) => bytes.length)));
  }

  /** Takes over the parts and the pool of another window, which is complete. Neither of the two windows is written after this. */
  takeOver({ parts, quarantined, memory }: WindowRead): void {
    Object.assign(this, { parts, quarantined, memory });
  }

  /** Copies the bars that another window has now; its read may continue. */
  copyFrom({ parts, quarantined }: WindowRead): void {
    const copyOf = ({ slotCount, bytes }: DayChunk) => new DayChunk(slotCount, bytes.slice());
    this.memory = USED_ONCE;
    this.quarantined = [...quarantined];
    this.parts = parts.map(({ partition, chunks, bars, refused }) => ({
      partition,
      chunks: new Map([...chunks].map(([symbol, chunk]) => [symbol, copyOf(chunk)])),
      bars,
      refused: new Map(refused),
    }));
  }

  /**
   * Returns the chunks to the pool. Call it only when the parts are in the store: after a failed write a socket may still use the chunks.
   */
  release(): void {
    const { fromSlot, toSlot } = this.window;
    for (const { chunks } of this.parts) this.memory.giveBack(chunks.values(), fromSlot, toSlot);
  }
}

/** Most bytes of memory that a window of a day takes: a chunk has the length of the whole day, also for a short window. */
export function windowBytesMax(layout: SessionLayout, dayIndex: number): number {
  return layout.symbols.length * chunkBytes(layout.grid(dayIndex).slotCount);
}

/** Partitions that have symbols. */
export function usedPartitions(layout: SessionLayout): number[] {
  return layout.keys.flatMap((_, partition) => (layout.isVacant(partition) ? [] : [partition]));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
