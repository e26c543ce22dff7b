/**
 * The source of one session's bars: reads windows from its dataset. Sessions of this process that stream the same window share one
 * read (shared-windows.ts), and a read fails when Postgres is silent for too long (silence.ts). Each stream opens a source.
 *
 * On packed days the bytes of a pack move from the socket into the chunk that is flushed, and no bar is parsed. Symbols without a
 * pack are read from rows, which give equal chunks and counts.
 */
import {
  datasetVersion,
  gridKey,
  hasPacks,
  readPacked,
  readWindowBytes,
  symbolIds,
  withSnapshot,
  type ConnectionSource,
} from '@barkeep/bar-repository';
import { chunkBytes, ORIGIN_CODES, sourceName, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { PackedWindow } from './packed-window.js';
import { RowPacker, type SymbolParts } from './row-packer.js';
import { KEPT_MS, type SharedWindows, type SharingSession } from './shared-windows.js';
import { SilentSourceError, unlessSilent } from './silence.js';
import {
  USED_ONCE,
  usedPartitions,
  WindowRead,
  type ChunkPool,
  type MutablePart,
  type ReadTask,
} from './window-read.js';

/**
 * A window is shared only if it has at least this part of its day's slots. A chunk takes the memory of its whole day, and a shared
 * window allocates new chunks, so a window of minutes costs more to share than to read.
 */
const SHARED_PART_MIN = 1 / 8;

interface SessionSourceParts {
  dataSource: DataSource;
  /** Gives the memory for windows that are not shared. */
  pool: ChunkPool;
  shared: SharedWindows;
  layout: SessionLayout;
  datasetId: number;
  /** Whether other sessions over the same dataset and symbols are probably about to start. */
  isOneOfMany: boolean;
}

/** The source was silent for too long; `read` holds the bars of the window that came before. */
export class SilentWindowError extends SilentSourceError {
  constructor(
    timeoutMs: number,
    readonly read: WindowRead,
  ) {
    super(timeoutMs);
  }
}

export class SessionSource {
  private readonly session: SharingSession;

  /**
   * @param symbolOf the symbols by their ids in Postgres; a symbol without an id has no bars
   * @param isPacked whether the dataset has packed days
   * @param frontiers the frontier of each partition when the stream started, epoch ms: windows up to it are not read for the partition
   */
  private constructor(
    private readonly parts: SessionSourceParts,
    private readonly symbolOf: ReadonlyMap<number, string>,
    private readonly isPacked: boolean,
    private frontiers: readonly number[],
  ) {
    const { layout, shared, isOneOfMany } = parts;
    const awaitsUntil = isOneOfMany ? performance.now() + KEPT_MS : 0;
    this.session = { content: this.content, from: Math.min(...frontiers), to: layout.end, awaitsUntil };
    shared.register(this.session);
  }

  /** Looks the ids of the symbols up. The caller calls `close()` at the end. @param frontiers of the partitions, epoch ms */
  static async open(parts: SessionSourceParts, frontiers: readonly number[]): Promise<SessionSource> {
    const { dataSource, layout, datasetId } = parts;
    const [ids, isPacked] = await Promise.all([symbolIds(dataSource, layout.symbols), hasPacks(dataSource, datasetId)]);
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    return new SessionSource(parts, symbolOf, isPacked, frontiers);
  }

  /** Ends the sharing of windows for this session. */
  close(): void {
    this.parts.shared.leave(this.session);
  }

  /** From now on, reads every window for all partitions: the store lost some of its data. -Infinity: a partition lacks all windows. */
  forgetFrontiers(): void {
    this.frontiers = this.frontiers.map(() => -Infinity);
  }

  /**
   * A window without bars, for the partitions that lack the window. Partitions differ, because the partition of a symbol that was
   * added later lacks earlier windows.
   */
  empty(window: Window, memory = this.parts.pool): WindowRead {
    const isLacking = (partition: number) => (this.frontiers[partition] ?? 0) < window.to;
    return new WindowRead(usedPartitions(this.parts.layout).filter(isLacking), window, memory);
  }

  /** Reads a window for the partitions that lack it. @throws SilentWindowError, the reason of `stop`, what Postgres throws */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const into = this.empty(window);
    const timeoutMs = this.parts.layout.spec.feed.timeoutSeconds * 1000;
    try {
      await unlessSilent(timeoutMs, stop, (signal, onProgress) => this.readInto({ window, into, signal, onProgress }));
    } catch (error) {
      if (error instanceof SilentSourceError) throw new SilentWindowError(error.timeoutMs, into);
      throw error;
    }
    return into;
  }

  /**
   * Reads the window into `task.into`: by a shared read if other sessions stream the window too. A shared read always has all
   * partitions.
   */
  private async readInto(task: ReadTask): Promise<void> {
    const { dataSource, datasetId, layout, shared } = this.parts;
    const { window, into, signal, onProgress } = task;
    const { dayIndex, fromSlot, toSlot, to } = window;
    const grid = layout.grid(dayIndex);
    const bytes = layout.symbols.length * chunkBytes(grid.slotCount);
    const isForAllPartitions = into.parts.length === usedPartitions(layout).length;
    const isLongEnough = toSlot - fromSlot >= grid.slotCount * SHARED_PART_MIN;
    if (!isForAllPartitions || !isLongEnough || !shared.isWanted(this.session, to, bytes)) return this.readBars(task);
    const version = await datasetVersion(dataSource, datasetId);
    signal.throwIfAborted();
    const origin = layout.isHistory(dayIndex) ? 'history' : 'own'; // the bars of the two have different origins
    const name = `${grid.open} ${gridKey(grid)} ${fromSlot}-${toSlot} ${origin}`;
    const read = shared.join(
      { session: this.session, name, version, bytes },
      () => this.empty(window, USED_ONCE),
      (sharedWindow, sharedSignal, onRow) =>
        this.readBars({ window, into: sharedWindow, signal: sharedSignal, onProgress: onRow }),
    );
    await read.wait(into, signal, onProgress);
  }

  /** A key of the bars and their partitions: sessions with the same key have equal windows, byte by byte. */
  private get content(): string {
    const { layout, datasetId } = this.parts;
    const places = [...this.symbolOf].map(([id, symbol]) => `${layout.partitionOf(symbol)}/${id}`);
    return `${datasetId} ${layout.spec.prices} ${usedPartitions(layout).length} ${places.toSorted().join(' ')}`;
  }

  /** Reads packs and rows into `task.into`. @throws the signal's reason, what Postgres throws */
  private async readBars(task: ReadTask): Promise<void> {
    const symbols = this.symbolsOf(task.into.parts);
    const { dataSource, layout, datasetId } = this.parts;
    if (!this.isPacked) return this.readRows(dataSource, symbols, task);
    const { dayIndex, fromSlot, toSlot } = task.window;
    const grid = layout.grid(dayIndex);
    // Both reads use one snapshot: otherwise bars would be missing when a pack is dropped between them.
    await withSnapshot(dataSource, async (client) => {
      const packed = new PackedWindow({ ...task, grid, isHistory: layout.isHistory(dayIndex), symbols });
      const query = { datasetId, symbolIds: [...symbols.keys()], grid, fromSlot, toSlot };
      await readPacked(client, query, packed, task.signal);
      if (packed.rest.size > 0) await this.readRows(client, packed.rest, task);
    });
  }

  /** Reads the rows of these symbols and packs them into `task.into`. */
  private async readRows(connection: ConnectionSource, symbols: SymbolParts, task: ReadTask): Promise<void> {
    const { layout, datasetId } = this.parts;
    const { window, into, signal, onProgress } = task;
    const grid = layout.grid(window.dayIndex);
    const packer = new RowPacker({
      grid,
      dataset: sourceName(layout.spec),
      prices: layout.spec.prices,
      origin: layout.isHistory(window.dayIndex) ? ORIGIN_CODES.historical : ORIGIN_CODES.streamed,
      symbols,
      quarantined: into.quarantined,
      newChunk: () => into.memory.take(grid.slotCount),
      onRow: onProgress,
    });
    const query = { datasetId, symbolIds: [...symbols.keys()], ranges: rangesOf(grid, window) };
    await readWindowBytes(connection, query, packer.add, signal);
  }

  /** The symbols of these parts by their ids in Postgres. */
  private symbolsOf(parts: readonly MutablePart[]): SymbolParts {
    const partOf = new Map(parts.map((part) => [part.partition, part]));
    const symbols: SymbolParts = new Map();
    for (const [id, symbol] of this.symbolOf) {
      const part = partOf.get(this.parts.layout.partitionOf(symbol)!);
      if (part) symbols.set(id, { symbol, part });
    }
    return symbols;
  }
}

/** The times `[from, to)` of a window, epoch ms, without the breaks between segments. */
function rangesOf(grid: DayGrid, { fromSlot, toSlot }: Window): { from: number; to: number }[] {
  const [start, end] = [grid.openTime(fromSlot), grid.closeTime(toSlot - 1)];
  return grid.day.segments.flatMap(({ open, close }) => {
    const range = { from: Math.max(open, start), to: Math.min(close, end) };
    return range.from < range.to ? [range] : [];
  });
}
