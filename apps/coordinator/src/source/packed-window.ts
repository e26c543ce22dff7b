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
} from '@barkeep/bars';
import type { ChunkRead, SymbolParts } from './window-read.js';

export class PackedWindow implements PackReceiver {
  /** The symbols for which no pack has come so far. */
  readonly unpacked: SymbolParts;
  private readonly isWholeDay: boolean;

  constructor(private readonly read: ChunkRead) {
    const { into, grid, symbols } = read;
    this.unpacked = new Map(symbols);
    this.isWholeDay = into.window.fromSlot === 0 && into.window.toSlot === grid.slotCount;
  }

  /** @param bars how many the whole day has @param bytes the day's chunk, or the bits and records of the window's slots */
  pack(symbolId: number, bars: number, bytes: Uint8Array): void {
    const { into, symbols, origin, onProgress } = this.read;
    const { symbol, part: target } = symbols.get(symbolId)!;
    const windowBars = this.isWholeDay ? bars : this.countPartBars(bytes);
    if (windowBars > 0) {
      const chunk = this.chunkOf(bytes);
      if (origin === ORIGIN_CODES.historical) stampHistorical(chunk, into.window.fromSlot, into.window.toSlot);
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
    const { fromSlot, toSlot } = this.read.into.window;
    // The part begins with the byte that has the first slot's bit. Bits before it in this byte are of earlier slots.
    const firstBit = fromSlot % 8;
    return countBits(bytes, firstBit, firstBit + toSlot - fromSlot);
  }

  private chunkOf(bytes: Uint8Array): DayChunk {
    const { grid, into } = this.read;
    if (this.isWholeDay) {
      const chunk = into.memory.takeToOverwrite(grid.slotCount);
      chunk.bytes.set(bytes);
      return chunk;
    }
    const chunk = into.memory.take(grid.slotCount);
    const { fromSlot, toSlot } = into.window;
    const bitBytes = bytes.length - (toSlot - fromSlot) * RECORD_BYTES;
    fillPart(chunk, bytes.subarray(0, bitBytes), bytes.subarray(bitBytes), fromSlot, toSlot);
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
