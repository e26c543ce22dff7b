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

/** The bars of a window so far; complete when its read has ended. */
export class WindowRead {
  /** One for each partition that lacks the window. */
  parts: readonly MutablePart[];
  /** Refused bars with their values: the first ones, when there are many. */
  quarantined: QuarantinedBar[] = [];

  /** @param partitions those that lack the window @param memory gives the chunks that receive the bars */
  constructor(
    partitions: readonly number[],
    private readonly window: Window,
    public memory: ChunkPool,
  ) {
    this.parts = partitions.map((partition) => ({ partition, chunks: new Map(), bars: 0, refused: new Map() }));
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

  /** Uses the bars and the memory of `other`, which is complete. Neither of the two is written after this. */
  share({ parts, quarantined, memory }: WindowRead): void {
    Object.assign(this, { parts, quarantined, memory });
  }

  /** Copies the bars that `other` has now; its read may continue. */
  copy({ parts, quarantined }: WindowRead): void {
    this.memory = USED_ONCE;
    this.quarantined = [...quarantined];
    this.parts = parts.map(({ partition, chunks, bars, refused }) => ({
      partition,
      chunks: new Map(
        [...chunks].map(([symbol, { slotCount, bytes }]) => [symbol, new DayChunk(slotCount, bytes.slice())]),
      ),
      bars,
      refused: new Map(refused),
    }));
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
