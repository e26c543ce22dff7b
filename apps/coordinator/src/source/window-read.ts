/** The rows of one window, from when its reading begins until it is in the store, and whose the memory is that they lie in. */
import type { QuarantinedBar } from '@barkeep/bar-repository';
import { DayChunk } from '@barkeep/bars';
import type { Window } from '@barkeep/session-data';
import type { MutablePart } from './row-packer.js';

/** Where chunks come from, and where they go when they are in the store. */
export interface ChunkMemory {
  /** An empty chunk. */
  take(slotCount: number): DayChunk;
  /** A chunk for one who writes all of its bytes. */
  takeToOverwrite(slotCount: number): DayChunk;
  /** They were written in slots `[from, to)`, and nobody reads them any more. */
  giveBack(chunks: Iterable<DayChunk>, from: number, to: number): void;
}

/**
 * For chunks that several sessions flush: never written again, so that none of them can let go of one too early. The collector frees
 * them when nobody has them any more.
 */
export const USED_ONCE: ChunkMemory = {
  take: (slotCount) => new DayChunk(slotCount),
  takeToOverwrite: (slotCount) => new DayChunk(slotCount),
  giveBack: () => undefined,
};

interface Rows {
  parts: readonly MutablePart[];
  quarantined: QuarantinedBar[];
}

/** The rows of a window so far; whole when its reading has ended. */
export class WindowRead {
  private rows: Rows;

  /** @param partitions those that lack the window */
  constructor(
    partitions: readonly number[],
    private readonly window: Window,
    private memory: ChunkMemory,
  ) {
    const parts = partitions.map((partition) => ({ partition, chunks: new Map(), bars: 0, refused: new Map() }));
    this.rows = { parts, quarantined: [] };
  }

  /** Of the partitions that lack the window. */
  get parts(): readonly MutablePart[] {
    return this.rows.parts;
  }

  /** Refused bars with their values; of many the first. */
  get quarantined(): QuarantinedBar[] {
    return this.rows.quarantined;
  }

  get bars(): number {
    return this.parts.reduce((sum, { bars }) => sum + bars, 0);
  }

  /** What its chunks take in memory. */
  get bytes(): number {
    const bytesOf = ({ chunks }: MutablePart) => [...chunks.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.parts.reduce((sum, part) => sum + bytesOf(part), 0);
  }

  newChunk(slotCount: number): DayChunk {
    return this.memory.take(slotCount);
  }

  /** For one who writes all of its bytes. */
  chunkToOverwrite(slotCount: number): DayChunk {
    return this.memory.takeToOverwrite(slotCount);
  }

  /** Has from now on what `other` has, which is whole: the same rows in the same memory. Nobody writes to either of them any more. */
  share(other: WindowRead): void {
    this.rows = other.rows;
    this.memory = other.memory;
  }

  /** Has from now on what `other` has by now, which may go on being read. */
  copy({ parts, quarantined }: WindowRead): void {
    this.memory = USED_ONCE;
    const copies = parts.map(({ partition, chunks, bars, refused }) => ({
      partition,
      chunks: new Map(
        [...chunks].map(([symbol, { slotCount, bytes }]) => [symbol, new DayChunk(slotCount, bytes.slice())]),
      ),
      bars,
      refused: new Map(refused),
    }));
    this.rows = { parts: copies, quarantined: [...quarantined] };
  }

  /** Gives the chunks' memory back, to be written over: call it when the parts are in the store, and not at all when that failed. */
  release(): void {
    const { fromSlot, toSlot } = this.window;
    for (const { chunks } of this.parts) this.memory.giveBack(chunks.values(), fromSlot, toSlot);
  }
}
