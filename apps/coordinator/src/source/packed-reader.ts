/**
 * Reads a window's bars from packed days: the bytes of a pack move from the socket into the chunk that is flushed, and no bar is
 * parsed. The chunks and counts equal those that the rows of that day give. Symbols that are not packed are read from rows.
 */
import { placePart, readPacked, withSnapshot, type PackReceiver } from '@barkeep/bar-repository';
import {
  countBits,
  ORIGIN_CODES,
  ORIGIN_OFFSET,
  RECORD_BYTES,
  recordOffset,
  type DayChunk,
  type DayGrid,
} from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { RowReader } from './row-reader.js';
import type { SourceSymbols, SymbolParts } from './source-symbols.js';
import type { WindowRead } from './window-read.js';
import type { WindowReader } from './window-source.js';

export class PackedReader implements WindowReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly layout: SessionLayout,
    private readonly datasetId: number,
    private readonly symbols: SourceSymbols,
    private readonly rows: RowReader,
  ) {}

  // One snapshot for both: a pack that is dropped between the two reads would lose bars.
  async read(window: Window, into: WindowRead, signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { layout, datasetId } = this;
    const symbols = this.symbols.of(into.parts);
    const grid = layout.grid(window.dayIndex);
    const isHistory = layout.isHistory(window.dayIndex);
    await withSnapshot(this.dataSource, async (client) => {
      const receiver = new WindowReceiver({ window, grid, isHistory, symbols, into, onPack: onProgress });
      const { fromSlot, toSlot } = window;
      await readPacked(client, { datasetId, symbolIds: [...symbols.keys()], grid, fromSlot, toSlot }, receiver, signal);
      const { rest } = receiver;
      if (rest.size > 0) await this.rows.readSymbols(client, rest, window, into, signal, onProgress);
    });
  }
}

interface ReceivedWindow {
  window: Window;
  grid: DayGrid;
  isHistory: boolean;
  symbols: SymbolParts;
  /** Gives the chunks that receive the bars. */
  into: Pick<WindowRead, 'newChunk' | 'chunkToOverwrite'>;
  onPack: () => void;
}

class WindowReceiver implements PackReceiver {
  /** Symbols without a pack of this day so far. */
  readonly rest: SymbolParts;
  private readonly isWhole: boolean;
  private symbolId = 0;
  private bars = 0;
  private chunk: DayChunk | undefined;
  /** The received bytes of a part of a day, before they are placed into a chunk. */
  private part = new Uint8Array();

  constructor(private readonly received: ReceivedWindow) {
    const { window, grid, symbols } = received;
    this.rest = new Map(symbols);
    this.isWhole = window.fromSlot === 0 && window.toSlot === grid.slotCount;
  }

  begin(symbolId: number, bars: number, length: number): Uint8Array {
    const { into, grid } = this.received;
    this.symbolId = symbolId;
    this.bars = bars;
    if (this.isWhole) return (this.chunk = into.chunkToOverwrite(grid.slotCount)).bytes;
    if (this.part.length !== length) this.part = new Uint8Array(length);
    return this.part;
  }

  // A chunk is added only when it is complete: a read that is aborted keeps the complete ones.
  end(): void {
    const { window, symbols, isHistory, onPack } = this.received;
    const { symbol, part } = symbols.get(this.symbolId)!;
    const bars = this.isWhole ? this.bars : this.barsOfPart();
    if (bars > 0) {
      const chunk = this.isWhole ? this.chunk! : this.placed();
      if (isHistory) stampHistorical(chunk, window.fromSlot, window.toSlot);
      part.chunks.set(symbol, chunk);
      part.bars += bars;
    }
    this.empty(this.symbolId);
    onPack();
  }

  empty(symbolId: number): void {
    this.rest.delete(symbolId);
  }

  private barsOfPart(): number {
    const { fromSlot, toSlot } = this.received.window;
    // The part begins with the byte that has the first slot's bit.
    return countBits(this.part, fromSlot & 7, (fromSlot & 7) + toSlot - fromSlot);
  }

  private placed(): DayChunk {
    const { window, grid, into } = this.received;
    const chunk = into.newChunk(grid.slotCount);
    placePart(this.part, chunk.bytes, grid.slotCount, window.fromSlot, window.toSlot);
    return chunk;
  }
}

/** Packs have the origin of streamed bars; bars of a history have another one. */
function stampHistorical(chunk: DayChunk, fromSlot: number, toSlot: number): void {
  let at = recordOffset(chunk.slotCount, fromSlot) + ORIGIN_OFFSET;
  for (let slot = fromSlot; slot < toSlot; slot++, at += RECORD_BYTES) {
    if (chunk.has(slot)) chunk.bytes[at] = ORIGIN_CODES.historical;
  }
}
