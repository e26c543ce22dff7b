/**
 * Memory of day chunks, used again and again: a window of 400 symbols is 7.5 MB outside of the JavaScript heap, and made anew for
 * each window it kept the garbage collector busy for a third of the coordinator's time. One for all sessions of a process, so that a
 * short session does not begin with pages that nobody has touched. Holds what it was given back, which is what was in flight at once,
 * and of that no more than a bound.
 */
import { DayChunk } from '@barkeep/bars';

/** What is kept for later: about six windows of 400 symbols are in flight in one session. */
const FREE_BYTES_MAX = 64 * 1024 * 1024;

interface Used {
  chunk: DayChunk;
  /** Slots `[from, to)` may still hold what was written last. */
  from: number;
  to: number;
}

export class ChunkPool {
  private readonly free = new Map<number, Used[]>();
  private freeBytes = 0;

  constructor(private readonly freeBytesMax = FREE_BYTES_MAX) {}

  /** An empty chunk, for its taker alone until he gives it back. */
  take(slotCount: number): DayChunk {
    const used = this.takeUsed(slotCount);
    if (!used) return new DayChunk(slotCount);
    used.chunk.clear(used.from, used.to);
    return used.chunk;
  }

  /** A chunk for one who writes all of its bytes: it may hold bars of an earlier window. */
  takeToOverwrite(slotCount: number): DayChunk {
    return this.takeUsed(slotCount)?.chunk ?? new DayChunk(slotCount);
  }

  /** Takes chunks back that nobody reads any more, neither here nor in what is being sent. They were written in slots `[from, to)`. */
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

  /** What is used now makes room for itself: chunks of days of another length may be of a session that is long gone. */
  private keepOnly(slotCount: number): void {
    const same = this.free.get(slotCount) ?? [];
    this.free.clear();
    this.free.set(slotCount, same);
    this.freeBytes = same.reduce((sum, { chunk }) => sum + chunk.bytes.length, 0);
  }

  private takeUsed(slotCount: number): Used | undefined {
    const used = this.free.get(slotCount)?.pop();
    if (used) this.freeBytes -= used.chunk.bytes.length;
    return used;
  }
}
