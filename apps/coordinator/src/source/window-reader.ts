/**
 * Reads one window of a session's source from Postgres into day chunks, for the partitions that lack it: packed days where there
 * are some (packed-reader.ts), rows for the rest (row-packer.ts). What other sessions of this process stream as well is read once for all
 * (shared-windows.ts).
 */
import {
  datasetVersion,
  gridKey,
  hasPacks,
  readWindowBytes,
  symbolIds,
  withSnapshot,
  type ConnectionSource,
} from '@barkeep/bar-repository';
import { chunkBytes, ORIGIN_CODES, sourceName, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { ChunkPool } from './chunk-pool.js';
import { readPacks } from './packed-reader.js';
import { RowPacker, type MutablePart } from './row-packer.js';
import { KEPT_MS, type SharedWindows, type SharingReader } from './shared-windows.js';
import type { SymbolParts } from './symbol-parts.js';
import { USED_ONCE, WindowRead, type ChunkMemory } from './window-read.js';

/**
 * Of a day's slots, the part that a window must be to be shared: a chunk has the memory of its whole day, and what is shared is made
 * anew each time, so that a window of minutes costs more to share than to read.
 */
const SHARED_PART_MIN = 1 / 8;

/** What a session's windows are read from. */
export interface WindowSource {
  dataSource: DataSource;
  /** For windows that are not shared. */
  pool: ChunkPool;
  shared: SharedWindows;
  layout: SessionLayout;
  datasetId: number;
  /** Others that stream the same are about to begin. */
  isOneOfMany: boolean;
}

export class WindowReader {
  private readonly sharing: SharingReader;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly shared: SharedWindows,
    private readonly layout: SessionLayout,
    private readonly datasetId: number,
    isOneOfMany: boolean,
    private readonly symbolOf: ReadonlyMap<number, string>,
    /** Up to where each partition had the source when this began; whatever is before that is not read for it. */
    private frontiers: readonly number[],
    /** Whether days of the dataset were packed when this began. */
    private readonly isPacked: boolean,
    private readonly pool: ChunkPool,
  ) {
    const awaitsUntil = isOneOfMany ? performance.now() + KEPT_MS : 0;
    const what = whatOf(layout, datasetId, symbolOf);
    this.sharing = { what, from: Math.min(...frontiers), to: layout.end, awaitsUntil };
    shared.register(this.sharing);
  }

  /**
   * Looks the symbols up once; those that the database does not know have no bars. To be closed.
   */
  static async open(
    { dataSource, pool, shared, layout, datasetId, isOneOfMany }: WindowSource,
    frontiers: readonly number[],
  ): Promise<WindowReader> {
    const [ids, isPacked] = await Promise.all([symbolIds(dataSource, layout.symbols), hasPacks(dataSource, datasetId)]);
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    return new WindowReader(dataSource, shared, layout, datasetId, isOneOfMany, symbolOf, frontiers, isPacked, pool);
  }

  /** Nothing is kept for this session any more. */
  close(): void {
    this.shared.leave(this.sharing);
  }

  /** Reads every window for all partitions from now on: the store lost some of what it had. */
  forgetFrontiers(): void {
    this.frontiers = this.frontiers.map(() => -Infinity);
  }

  /** A window of which nothing is read yet, for the partitions that lack it: one that a symbol came to later lacks more than others. */
  nothing(window: Window, memory: ChunkMemory = this.pool): WindowRead {
    const isLacking = (partition: number) => (this.frontiers[partition] ?? 0) < window.to;
    return new WindowRead(inUse(this.layout).filter(isLacking), window, memory);
  }

  /**
   * Reads a window's bars into `into`, which keeps what came when the source falls silent: packed days where there are some, rows for
   * the rest, or what was read of it for another session.
   * @param heard is called for every row and every pack
   */
  async read(window: Window, into: WindowRead, signal: AbortSignal, heard: () => void): Promise<void> {
    const { layout, shared, sharing: reader } = this;
    const { dayIndex, fromSlot, toSlot, to } = window;
    const grid = layout.grid(dayIndex);
    const bytes = layout.symbols.length * chunkBytes(grid.slotCount);
    const isWhole = into.parts.length === inUse(layout).length;
    const isLong = toSlot - fromSlot >= grid.slotCount * SHARED_PART_MIN;
    if (!isWhole || !isLong || !shared.isWanted(reader, to, bytes)) return this.readOwn(window, into, signal, heard);
    const version = await datasetVersion(this.dataSource, this.datasetId);
    signal.throwIfAborted();
    const origin = layout.isHistory(dayIndex) ? 'history' : 'own';
    const name = `${grid.open} ${gridKey(grid)} ${fromSlot}-${toSlot} ${origin}`;
    const read = shared.join(
      { reader, name, version, bytes },
      () => this.nothing(window, USED_ONCE),
      (rows, ownSignal, ownHeard) => this.readOwn(window, rows, ownSignal, ownHeard),
    );
    await read.wait(into, signal, heard);
  }

  private async readOwn(window: Window, into: WindowRead, signal: AbortSignal, heard: () => void): Promise<void> {
    const symbols = this.symbolsOf(into.parts);
    if (!this.isPacked) return this.readRows(this.dataSource, window, into, symbols, signal, heard);
    await withSnapshot(this.dataSource, async (client) => {
      const { layout, datasetId } = this;
      const packs = { layout, datasetId, window, symbols, into, heard };
      const rest = await readPacks(client, packs, signal);
      if (rest.size > 0) await this.readRows(client, window, into, rest, signal, heard);
    });
  }

  private async readRows(
    source: ConnectionSource,
    window: Window,
    into: WindowRead,
    symbols: SymbolParts,
    signal: AbortSignal,
    heard: () => void,
  ): Promise<void> {
    const { layout } = this;
    const grid = layout.grid(window.dayIndex);
    const packer = new RowPacker({
      grid,
      dataset: sourceName(layout.spec),
      origin: layout.isHistory(window.dayIndex) ? ORIGIN_CODES.historical : ORIGIN_CODES.streamed,
      symbols,
      quarantined: into.quarantined,
      newChunk: () => into.newChunk(grid.slotCount),
      heard,
    });
    const query = { datasetId: this.datasetId, symbolIds: [...symbols.keys()], ranges: rangesOf(grid, window) };
    await readWindowBytes(source, query, packer.add, signal);
  }

  /** Every symbol that these parts have and the database knows, by its number. */
  private symbolsOf(parts: readonly MutablePart[]): SymbolParts {
    const partOf = new Map(parts.map((part) => [part.partition, part]));
    const found: SymbolParts = new Map();
    for (const [id, symbol] of this.symbolOf) {
      const part = partOf.get(this.layout.partitionOf(symbol)!);
      if (part) found.set(id, { symbol, part });
    }
    return found;
  }
}

/** Partitions that something is written to. */
function inUse(layout: SessionLayout): number[] {
  return layout.keys.flatMap((_, partition) => (layout.isVacant(partition) ? [] : [partition]));
}

/** Names what the windows of a session are made of: with the same name they are the same, byte by byte. */
function whatOf(layout: SessionLayout, datasetId: number, symbolOf: ReadonlyMap<number, string>): string {
  const places = [...symbolOf].map(([id, symbol]) => `${layout.partitionOf(symbol)}/${id}`);
  return `${datasetId} ${inUse(layout).length} ${places.toSorted().join(' ')}`;
}

/** The window's time, without the breaks between segments. */
function rangesOf(grid: DayGrid, { fromSlot, toSlot }: Window): { from: number; to: number }[] {
  const [start, end] = [grid.openTime(fromSlot), grid.closeTime(toSlot - 1)];
  return grid.day.segments.flatMap(({ open, close }) => {
    const range = { from: Math.max(open, start), to: Math.min(close, end) };
    return range.from < range.to ? [range] : [];
  });
}
