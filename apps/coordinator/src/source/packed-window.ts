/**
 * Receives the packs of one window, one symbol after another, and places their bytes into the chunks that are flushed. The pack of a
 * whole day is received straight into its chunk; a part of a day is received apart and then copied into a chunk.
 */
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

interface PackedRead extends ReadTask {
  /** The base grid of the window's day. */
  grid: DayGrid;
  isHistory: boolean;
  /** The symbols whose packs may come. */
  symbols: SymbolParts;
}

export class PackedWindow implements PackReceiver {
  /** The symbols for which no pack has come so far. */
  readonly rest: SymbolParts;
  private readonly isWholeDay: boolean;
  // The pack that is being received: its symbol, and the number of bars on its whole day.
  private symbolId = 0;
  private bars = 0;
  /** Receives the bytes of a whole day. */
  private chunk: DayChunk | undefined;
  /** Receives the bytes of a part of a day. */
  private partBytes = new Uint8Array();

  constructor(private readonly task: PackedRead) {
    const { window, grid, symbols } = task;
    this.rest = new Map(symbols);
    this.isWholeDay = window.fromSlot === 0 && window.toSlot === grid.slotCount;
  }

  begin(symbolId: number, bars: number, length: number): Uint8Array {
    const { into, grid } = this.task;
    this.symbolId = symbolId;
    this.bars = bars;
    if (this.isWholeDay) {
      this.chunk = into.memory.takeToOverwrite(grid.slotCount);
      return this.chunk.bytes;
    }
    if (this.partBytes.length !== length) this.partBytes = new Uint8Array(length);
    return this.partBytes;
  }

  /** Adds the chunk of the symbol only now that it is complete, so that an aborted read keeps complete chunks only. */
  end(): void {
    const { window, symbols, isHistory, onProgress } = this.task;
    const { symbol, part: target } = symbols.get(this.symbolId)!;
    const bars = this.isWholeDay ? this.bars : this.countPartBars();
    if (bars > 0) {
      const chunk = this.isWholeDay ? this.chunk! : this.chunkOfPart();
      if (isHistory) stampHistorical(chunk, window.fromSlot, window.toSlot);
      target.chunks.set(symbol, chunk);
      target.bars += bars;
    }
    this.rest.delete(this.symbolId);
    onProgress();
  }

  /** Called for a pack without bars, too: such a symbol needs no rows. */
  empty(symbolId: number): void {
    this.rest.delete(symbolId);
  }

  private countPartBars(): number {
    const { fromSlot, toSlot } = this.task.window;
    // The part begins with the byte that has the first slot's bit.
    const firstBit = fromSlot & 7;
    return countBits(this.partBytes, firstBit, firstBit + toSlot - fromSlot);
  }

  private chunkOfPart(): DayChunk {
    const { window, grid, into } = this.task;
    const chunk = into.memory.take(grid.slotCount);
    placePart(this.partBytes, chunk.bytes, grid.slotCount, window.fromSlot, window.toSlot);
    return chunk;
  }
}

/** Sets the origin of the bars to `historical`: in packs all bars have the origin `streamed`. */
function stampHistorical(chunk: DayChunk, fromSlot: number, toSlot: number): void {
  let at = recordOffset(chunk.slotCount, fromSlot) + ORIGIN_OFFSET;
  for (let slot = fromSlot; slot < toSlot; slot++, at += RECORD_BYTES) {
    if (chunk.has(slot)) chunk.bytes[at] = ORIGIN_CODES.historical;
  }
}
