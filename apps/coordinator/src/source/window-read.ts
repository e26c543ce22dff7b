/** The bars of one window, from the start of its read until they are in the store, and the owner of the memory that holds them. */
import type { QuarantinedBar } from '@barkeep/bar-repository';
import { DayChunk } from '@barkeep/bars';
import type { PartitionWindow, SessionLayout, Window } from '@barkeep/session-data';
import { ChunkPool } from './chunk-pool.js';

/**
 * For chunks that several sessions flush: they are never reused, so no session can return one too early. The garbage collector
 * frees them after the last session.
 */
export const USED_ONCE = new ChunkPool(0);

/** One partition's part of a window, while it is being read. */
export interface MutablePart extends PartitionWindow {
  chunks: Map<string, DayChunk>;
  refused: Map<string, number>;
}

interface Bars {
  parts: readonly MutablePart[];
  quarantined: QuarantinedBar[];
}

/** The bars of a window so far; complete when its read has ended. */
export class WindowRead {
  private content: Bars;

  /** @param partitions those that lack the window */
  constructor(
    partitions: readonly number[],
    private readonly window: Window,
    private memory: ChunkPool,
  ) {
    const parts = partitions.map((partition) => ({ partition, chunks: new Map(), bars: 0, refused: new Map() }));
    this.content = { parts, quarantined: [] };
  }

  /** One for each partition that lacks the window. */
  get parts(): readonly MutablePart[] {
    return this.content.parts;
  }

  /** Refused bars with their values: the first ones, when there are many. */
  get quarantined(): QuarantinedBar[] {
    return this.content.quarantined;
  }

  get bars(): number {
    return this.parts.reduce((sum, { bars }) => sum + bars, 0);
  }

  /** Rows that were refused. */
  get refused(): number {
    return this.parts.reduce(
      (sum, part) => sum + [...part.refused.values()].reduce((rows, count) => rows + count, 0),
      0,
    );
  }

  /** Memory that its chunks take. */
  get bytes(): number {
    const bytesOf = ({ chunks }: MutablePart) => [...chunks.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.parts.reduce((sum, part) => sum + bytesOf(part), 0);
  }

  newChunk(slotCount: number): DayChunk {
    return this.memory.take(slotCount);
  }

  /** A chunk for a caller that writes all of its bytes. */
  chunkToOverwrite(slotCount: number): DayChunk {
    return this.memory.takeToOverwrite(slotCount);
  }

  /** Uses the bars and the memory of `other`, which is complete. Neither of the two is written after this. */
  share(other: WindowRead): void {
    this.content = other.content;
    this.memory = other.memory;
  }

  /** Copies the bars that `other` has now; its read may continue. */
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
    this.content = { parts: copies, quarantined: [...quarantined] };
  }

  /** Returns the chunks for reuse. Call it when the parts are in the store, and not when writing them failed. */
  release(): void {
    const { fromSlot, toSlot } = this.window;
    for (const { chunks } of this.parts) this.memory.giveBack(chunks.values(), fromSlot, toSlot);
  }
}

/** Partitions that have symbols. */
export function usedPartitions(layout: SessionLayout): number[] {
  return layout.keys.flatMap((_, partition) => (layout.isVacant(partition) ? [] : [partition]));
}
