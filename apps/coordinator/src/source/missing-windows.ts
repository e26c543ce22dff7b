/** Knows which partitions of a session still lack a window, and makes the empty windows that are to be read for them. */
import type { SessionLayout, Window } from '@barkeep/session-data';
import { WindowRead, type ChunkMemory } from './window-read.js';

export class MissingWindows {
  /** @param frontiers of each partition when the stream started, epoch ms: earlier windows are not read for it */
  constructor(
    private readonly layout: SessionLayout,
    private frontiers: readonly number[],
    private readonly memory: ChunkMemory,
  ) {}

  /** The lowest frontier of all partitions, epoch ms. */
  get from(): number {
    return Math.min(...this.frontiers);
  }

  /** From now on every partition lacks every window: the store lost some of its data. */
  forgetFrontiers(): void {
    this.frontiers = this.frontiers.map(() => -Infinity);
  }

  /** A window without bars, for the partitions that lack it. A symbol that was added later lacks more windows than others. */
  empty(window: Window, memory: ChunkMemory = this.memory): WindowRead {
    const isLacking = (partition: number) => (this.frontiers[partition] ?? 0) < window.to;
    return new WindowRead(usedPartitions(this.layout).filter(isLacking), window, memory);
  }

  /** Whether a window is read for all partitions. */
  isForAll({ parts }: WindowRead): boolean {
    return parts.length === usedPartitions(this.layout).length;
  }
}

/** Partitions that have symbols. */
export function usedPartitions(layout: SessionLayout): number[] {
  return layout.keys.flatMap((_, partition) => (layout.isVacant(partition) ? [] : [partition]));
}
