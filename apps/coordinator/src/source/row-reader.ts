/** Reads a window's bars from the rows of a dataset. */
import { readWindowBytes, type ConnectionSource } from '@barkeep/bar-repository';
import { ORIGIN_CODES, sourceName, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import { RowPacker } from './row-packer.js';
import type { SourceSymbols, SymbolParts } from './source-symbols.js';
import type { WindowRead } from './window-read.js';
import type { WindowReader } from './window-source.js';

export class RowReader implements WindowReader {
  constructor(
    private readonly connections: ConnectionSource,
    private readonly layout: SessionLayout,
    private readonly datasetId: number,
    private readonly symbols: SourceSymbols,
  ) {}

  async read(window: Window, into: WindowRead, signal: AbortSignal, onProgress: () => void): Promise<void> {
    await this.readSymbols(this.connections, this.symbols.of(into.parts), window, into, signal, onProgress);
  }

  /** Reads the rows of some of the symbols through the given connection. */
  async readSymbols(
    connection: ConnectionSource,
    symbols: SymbolParts,
    window: Window,
    into: WindowRead,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<void> {
    const { layout } = this;
    const grid = layout.grid(window.dayIndex);
    const packer = new RowPacker({
      grid,
      dataset: sourceName(layout.spec),
      prices: layout.spec.prices,
      origin: layout.isHistory(window.dayIndex) ? ORIGIN_CODES.historical : ORIGIN_CODES.streamed,
      symbols,
      quarantined: into.quarantined,
      newChunk: () => into.newChunk(grid.slotCount),
      onRow: onProgress,
    });
    const query = { datasetId: this.datasetId, symbolIds: [...symbols.keys()], ranges: rangesOf(grid, window) };
    await readWindowBytes(connection, query, packer.add, signal);
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
