/**
 * Memory of day chunks, used again and again: a window of 400 symbols is 7.5 MB outside of the JavaScript heap, and made anew for
 * each window it kept the garbage collector busy for a third of the coordinator's time. Holds what it was given back, no more, which
 * is what was in flight at once.
 */
import { DayChunk } from '@barkeep/bars';

export class ChunkPool {
  private readonly free = new Map<number, DayChunk[]>();

  /** An empty chunk, for its taker alone until he gives it back. */
  take(slotCount: number): DayChunk {
    return this.free.get(slotCount)?.pop() ?? new DayChunk(slotCount);
  }

  /** Takes chunks back that nobody reads any more. They were written in slots `[from, to)`, and only these are emptied. */
  giveBack(chunks: Iterable<DayChunk>, from: number, to: number): void {
    for (const chunk of chunks) {
      chunk.clear(from, to);
      const free = this.free.get(chunk.slotCount);
      if (free) free.push(chunk);
      else this.free.set(chunk.slotCount, [chunk]);
    }
  }
}
