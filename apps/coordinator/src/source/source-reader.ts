/**
 * Reads a window's bars from the dataset of a session. From packed days the bytes of a pack move from the socket into the chunk
 * that is flushed, and no bar is parsed. Symbols that are not packed are read from rows, which give equal chunks and counts.
 */
import { readPacked, readWindowBytes, withSnapshot, type ConnectionSource } from '@barkeep/bar-repository';
import { ORIGIN_CODES, sourceName, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { PackedWindow } from './packed-window.js';
import { RowPacker, type SymbolParts } from './row-packer.js';
import { usedPartitions, type MutablePart, type WindowRead } from './window-read.js';

export interface ReadTask {
  window: Window;
  /** Keeps the bars that came so far when the read fails or is aborted. */
  into: WindowRead;
  signal: AbortSignal;
  /** Called for every row and every pack. */
  onProgress: () => void;
}

export class SourceReader {
  /**
   * @param symbolOf symbols by their numbers in Postgres; symbols that Postgres does not know have no bars
   * @param isPacked whether the dataset has packed days
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly layout: SessionLayout,
    private readonly datasetId: number,
    private readonly symbolOf: ReadonlyMap<number, string>,
    private readonly isPacked: boolean,
  ) {}

  /** Names the bars and how they are spread over partitions: sessions with the same content have equal windows, byte by byte. */
  get content(): string {
    const { layout, datasetId } = this;
    const places = [...this.symbolOf].map(([id, symbol]) => `${layout.partitionOf(symbol)}/${id}`);
    return `${datasetId} ${layout.spec.prices} ${usedPartitions(layout).length} ${places.toSorted().join(' ')}`;
  }

  /** @throws the signal's reason, what Postgres throws */
  async read(task: ReadTask): Promise<void> {
    const symbols = this.symbolsOf(task.into.parts);
    if (!this.isPacked) return this.readRows(this.dataSource, symbols, task);
    const { layout, datasetId } = this;
    const { dayIndex, fromSlot, toSlot } = task.window;
    const grid = layout.grid(dayIndex);
    const isHistory = layout.isHistory(dayIndex);
    // One snapshot for both: a pack that is dropped between the two reads would lose bars.
    await withSnapshot(this.dataSource, async (client) => {
      const packed = new PackedWindow({ ...task, grid, isHistory, symbols });
      const query = { datasetId, symbolIds: [...symbols.keys()], grid, fromSlot, toSlot };
      await readPacked(client, query, packed, task.signal);
      if (packed.rest.size > 0) await this.readRows(client, packed.rest, task);
    });
  }

  private async readRows(connection: ConnectionSource, symbols: SymbolParts, task: ReadTask): Promise<void> {
    const { layout, datasetId } = this;
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

  /** The known symbols of these parts. */
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

/** The window's time without the breaks between segments. */
function rangesOf(grid: DayGrid, { fromSlot, toSlot }: Window): { from: number; to: number }[] {
  const [start, end] = [grid.openTime(fromSlot), grid.closeTime(toSlot - 1)];
  return grid.day.segments.flatMap(({ open, close }) => {
    const range = { from: Math.max(open, start), to: Math.min(close, end) };
    return range.from < range.to ? [range] : [];
  });
}
