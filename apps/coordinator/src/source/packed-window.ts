/** Receives the packed days of one window: the bytes of each go into the chunk that is flushed. */
import { placePart, type PackReceiver } from '@barkeep/bar-repository';
import {
  countBits,
  ORIGIN_CODES,
  ORIGIN_OFFSET,
  RECORD_BYTES,
  recordOffset,
  type DayChunk,
  type DayGrid,
} from '@barkeep/bars';
import type { SymbolParts } from './row-packer.js';
import type { ReadTask } from './window-read.js';

interface ReceivedWindow extends ReadTask {
  grid: DayGrid;
  isHistory: boolean;
  symbols: SymbolParts;
}

export class PackedWindow implements PackReceiver {
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
    if (this.isWhole) return (this.chunk = into.memory.takeToOverwrite(grid.slotCount)).bytes;
    if (this.part.length !== length) this.part = new Uint8Array(length);
    return this.part;
  }

  // A chunk is added only when it is complete: a read that is aborted keeps the complete ones.
  end(): void {
    const { window, symbols, isHistory, onProgress } = this.received;
    const { symbol, part } = symbols.get(this.symbolId)!;
    const bars = this.isWhole ? this.bars : this.barsOfPart();
    if (bars > 0) {
      const chunk = this.isWhole ? this.chunk! : this.placed();
      if (isHistory) stampHistorical(chunk, window.fromSlot, window.toSlot);
      part.chunks.set(symbol, chunk);
      part.bars += bars;
    }
    this.empty(this.symbolId);
    onProgress();
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
    const chunk = into.memory.take(grid.slotCount);
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
