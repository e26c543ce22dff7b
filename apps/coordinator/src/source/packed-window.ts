/**
 * Receives the packs of one window, one symbol after another, and places their bytes into the chunks that are flushed. The pack of a
 * whole day is the chunk itself.
 */
import type { PackReceiver } from '@barkeep/bar-repository';
import {
  countBits,
  fillPart,
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
  readonly unpacked: SymbolParts;
  private readonly isWholeDay: boolean;

  constructor(private readonly task: PackedRead) {
    const { window, grid, symbols } = task;
    this.unpacked = new Map(symbols);
    this.isWholeDay = window.fromSlot === 0 && window.toSlot === grid.slotCount;
  }

  /** @param bars how many the whole day has @param bytes the day's chunk, or the bits and records of the window's slots */
  pack(symbolId: number, bars: number, bytes: Uint8Array): void {
    const { window, symbols, isHistory, onProgress } = this.task;
    const { symbol, part: target } = symbols.get(symbolId)!;
    const windowBars = this.isWholeDay ? bars : this.countPartBars(bytes);
    if (windowBars > 0) {
      const chunk = this.chunkOf(bytes);
      if (isHistory) stampHistorical(chunk, window.fromSlot, window.toSlot);
      target.chunks.set(symbol, chunk);
      target.bars += windowBars;
    }
    this.unpacked.delete(symbolId);
    onProgress();
  }

  /** Called for a pack without bars, too: such a symbol needs no rows. */
  empty(symbolId: number): void {
    this.unpacked.delete(symbolId);
  }

  private countPartBars(bytes: Uint8Array): number {
    const { fromSlot, toSlot } = this.task.window;
    // The part begins with the byte that has the first slot's bit. Bits before it in this byte are of earlier slots.
    const firstBit = fromSlot % 8;
    return countBits(bytes, firstBit, firstBit + toSlot - fromSlot);
  }

  private chunkOf(bytes: Uint8Array): DayChunk {
    const { window, grid, into } = this.task;
    if (this.isWholeDay) {
      const chunk = into.memory.takeToOverwrite(grid.slotCount);
      chunk.bytes.set(bytes);
      return chunk;
    }
    const chunk = into.memory.take(grid.slotCount);
    const bitBytes = bytes.length - (window.toSlot - window.fromSlot) * RECORD_BYTES;
    fillPart(chunk, bytes.subarray(0, bitBytes), bytes.subarray(bitBytes), window.fromSlot, window.toSlot);
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
