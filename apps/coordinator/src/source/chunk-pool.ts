/**
 * Reuses the memory of day chunks. A window of 400 symbols takes 7.5 MB outside of the JavaScript heap; when each window
 * allocated that, the garbage collector took a third of the coordinator's time. All sessions of a process share one pool,
 * so that a short session finds pages that are in use already. The pool holds the chunks that were returned, up to a bound.
 */
import { DayChunk } from '@barkeep/bars';

/** Bytes of free chunks that are kept: about six windows of 400 symbols are in flight in one session. */
const FREE_BYTES_MAX = 64 * 1024 * 1024;

interface UsedChunk {
  chunk: DayChunk;
  /** Slots `[from, to)` may still hold bars of an earlier window. */
  from: number;
  to: number;
}

export class ChunkPool {
  private readonly free = new Map<number, UsedChunk[]>();
  private freeBytes = 0;

  constructor(private readonly freeBytesMax = FREE_BYTES_MAX) {}

  /** An empty chunk. Owned by the caller until `giveBack()`. */
  take(slotCount: number): DayChunk {
    const used = this.takeUsed(slotCount);
    if (!used) return new DayChunk(slotCount);
    used.chunk.clear(used.from, used.to);
    return used.chunk;
  }

  /** A chunk for a caller that writes all of its bytes: it may hold bars of an earlier window. */
  takeToOverwrite(slotCount: number): DayChunk {
    return this.takeUsed(slotCount)?.chunk ?? new DayChunk(slotCount);
  }

  /** Returns chunks that no reader and no socket uses any more. Their slots `[from, to)` were written. */
  giveBack(chunks: Iterable<DayChunk>, from: number, to: number): void {
    for (const chunk of chunks) {
      const { slotCount, bytes } = chunk;
      const hasOthers = this.free.size > 1 || !this.free.has(slotCount);
      if (this.freeBytes + bytes.length > this.freeBytesMax && hasOthers) this.keepOnly(slotCount);
      if (this.freeBytes + bytes.length > this.freeBytesMax) return;
      this.freeBytes += bytes.length;
      const free = this.free.get(slotCount);
      if (free) free.push({ chunk, from, to });
      else this.free.set(slotCount, [{ chunk, from, to }]);
    }
  }

  /** Drops chunks of days with another length: the session that used them may have ended long ago. */
  private keepOnly(slotCount: number): void {
    const same = this.free.get(slotCount) ?? [];
    this.free.clear();
    this.free.set(slotCount, same);
    this.freeBytes = same.reduce((sum, { chunk }) => sum + chunk.bytes.length, 0);
  }

  private takeUsed(slotCount: number): UsedChunk | undefined {
    const used = this.free.get(slotCount)?.pop();
    if (used) this.freeBytes -= used.chunk.bytes.length;
    return used;
  }
}
