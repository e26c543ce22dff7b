/**
 * Reuses the memory of day chunks. A window of 400 symbols takes 7.5 MB outside of the JavaScript heap; when each window
 * allocated that, the garbage collector took a third of the coordinator's time. All sessions of a process share one pool,
 * so that a short session reuses memory too. The pool holds the chunks that were returned, up to a bound.
 */
import { DayChunk } from '@barkeep/bars';

/** Most bytes of free chunks: about nine windows of 400 symbols. A session has about six windows in flight. */
const FREE_BYTES_MAX = 64 * 1024 * 1024;

interface UsedChunk {
  chunk: DayChunk;
  /** Only the slots `[from, to)` may hold bars of an earlier window. */
  from: number;
  to: number;
}

export class ChunkPool {
  /** The chunks in the pool, by their number of slots. */
  private readonly free = new Map<number, UsedChunk[]>();
  private freeBytes = 0;

  /** @param freeBytesMax most bytes that the pool holds; 0: it keeps no chunk */
  constructor(private readonly freeBytesMax = FREE_BYTES_MAX) {}

  /** Returns an empty chunk, which the caller owns until `giveBack()`. */
  take(slotCount: number): DayChunk {
    const used = this.takeUsed(slotCount);
    if (!used) return new DayChunk(slotCount);
    used.chunk.clear(used.from, used.to);
    return used.chunk;
  }

  /** Returns a chunk that may hold old bars, for a caller that overwrites all of its bytes. */
  takeToOverwrite(slotCount: number): DayChunk {
    return this.takeUsed(slotCount)?.chunk ?? new DayChunk(slotCount);
  }

  /**
   * Takes back chunks that no reader and no socket uses any more. Only their slots `[from, to)` may hold bars. A full pool drops its
   * chunks of other lengths, and if that is not enough, the given chunks.
   */
  giveBack(chunks: Iterable<DayChunk>, from: number, to: number): void {
    for (const chunk of chunks) {
      const { slotCount, bytes } = chunk;
      const hasOtherLengths = this.free.size > 1 || !this.free.has(slotCount);
      if (this.freeBytes + bytes.length > this.freeBytesMax && hasOtherLengths) this.keepOnly(slotCount);
      if (this.freeBytes + bytes.length > this.freeBytesMax) return;
      this.freeBytes += bytes.length;
      const free = this.free.get(slotCount);
      if (free) free.push({ chunk, from, to });
      else this.free.set(slotCount, [{ chunk, from, to }]);
    }
  }

  /** Drops the chunks of other lengths: the session that used them may have ended long ago. */
  private keepOnly(slotCount: number): void {
    const kept = this.free.get(slotCount) ?? [];
    this.free.clear();
    this.free.set(slotCount, kept);
    this.freeBytes = kept.reduce((sum, { chunk }) => sum + chunk.bytes.length, 0);
  }

  private takeUsed(slotCount: number): UsedChunk | undefined {
    const used = this.free.get(slotCount)?.pop();
    if (used) this.freeBytes -= used.chunk.bytes.length;
    return used;
  }
}

/**
 * The pool for chunks that several sessions flush. It keeps no chunk, so no session can return one that another still uses. The
 * garbage collector frees a chunk after the last session.
 */
export const USED_ONCE = new ChunkPool(0);
