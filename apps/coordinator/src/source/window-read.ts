/** The bars of one window, from the start of its read until they are in the store, and the pool of the memory that holds them. */
import type { QuarantinedBar } from '@barkeep/bar-repository';
import { DayChunk } from '@barkeep/bars';
import type { PartitionWindow, SessionLayout, Window } from '@barkeep/session-data';

/** Most bytes of free chunks: about nine windows of 400 symbols. A session has about six of them in flight. */
const FREE_BYTES_MAX = 64 * 1024 * 1024;

interface UsedChunk {
  chunk: DayChunk;
  /** Only the slots `[from, to)` may hold bars of an earlier window. */
  from: number;
  to: number;
}

/**
 * Reuses the memory of day chunks. A window of 400 symbols takes 7.5 MB outside of the JavaScript heap; when each window
 * allocated that, the garbage collector took a third of the coordinator's time. All sessions of a process share one pool,
 * so that a short session reuses memory too. The pool holds the chunks that were returned, up to a bound.
 */
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
    this.freeBytes = sumOf(kept.map(({ chunk }) => chunk.bytes.length));
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

/** One partition's part of a window, while it is being read. */
export interface MutablePart extends PartitionWindow {
  chunks: Map<string, DayChunk>;
  refused: Map<string, number>;
}

/** The bars of a window so far; complete when its read has ended. */
export class WindowRead {
  /** One part for each partition that lacks the window. */
  parts: readonly MutablePart[];
  /** Refused bars with their values; only the first ones if there are many. */
  quarantined: QuarantinedBar[] = [];

  /** @param partitions the partitions that lack the window @param memory the pool of the chunks */
  constructor(
    partitions: readonly number[],
    private readonly window: Window,
    public memory: ChunkPool,
  ) {
    this.parts = partitions.map((partition) => ({ partition, chunks: new Map(), bars: 0, refused: new Map() }));
  }

  get bars(): number {
    return sumOf(this.parts.map(({ bars }) => bars));
  }

  /** Rows that were refused. */
  get refused(): number {
    return sumOf(this.parts.flatMap(({ refused }) => [...refused.values()]));
  }

  /** Bytes of memory that the chunks take. All have the length of the window's day. */
  get bytes(): number {
    const [first] = this.parts.flatMap(({ chunks }) => chunks.values().next().value ?? []);
    return first ? first.bytes.length * sumOf(this.parts.map(({ chunks }) => chunks.size)) : 0;
  }

  /** Takes over the parts and the pool of another window, which is complete. Neither of the two windows is written after this. */
  share({ parts, quarantined, memory }: WindowRead): void {
    Object.assign(this, { parts, quarantined, memory });
  }

  /** Copies the bars that another window has now; its read may continue. */
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

  /**
   * Returns the chunks to the pool. Call it only when the parts are in the store: after a failed write a socket may still use the
   * chunks.
   */
  release(): void {
    const { fromSlot, toSlot } = this.window;
    for (const { chunks } of this.parts) this.memory.giveBack(chunks.values(), fromSlot, toSlot);
  }
}

/** One read of a window. */
export interface ReadTask {
  window: Window;
  /** Receives the bars; keeps those that came when the read fails or is aborted. */
  into: WindowRead;
  signal: AbortSignal;
  /** Called for every row and every pack. */
  onProgress: () => void;
}

/** Partitions that have symbols. */
export function usedPartitions(layout: SessionLayout): number[] {
  return layout.keys.flatMap((_, partition) => (layout.isVacant(partition) ? [] : [partition]));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
