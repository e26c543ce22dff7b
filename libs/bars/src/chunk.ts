/**
 * The day chunk: all bars of one symbol, trading day and interval as one string of bytes (docs/storage-layout.md).
 *
 *   bitmap : one bit per slot, set when it has a bar; slot 0 is the highest bit of byte 0; padded with zeros to a multiple of 8 bytes
 *   records: slotCount × 48 bytes: open, high, low, close, volume as float64, then
 *            origin u8, zero u8, dataset u16, source count u16, expected count u16; all little-endian
 *
 * Equal bars make equal bytes: an empty slot is 48 zero bytes, and a value of -0 is written as 0. Does no I/O.
 */
import type { Bar, BarOrigin, StoredBar } from './bar.js';
import type { DayGrid } from './slots.js';

/** Length of the record of a slot. */
export const RECORD_BYTES = 48;
/** Offset of the origin in a record, in bytes. The prices and the volume come before it. */
export const ORIGIN_OFFSET = 40;
/** Length of a record, in doubles. */
export const RECORD_DOUBLES = RECORD_BYTES / 8;
/** Offset of the word with the origin and the dataset in a record, in words of four bytes. */
const META_WORD = 10;
/** Offset of the word with the source count in its low half and the expected count in its high half. */
export const COUNTS_WORD = 11;

/** The numbers that are stored for the origins; an empty slot has 0. */
export const ORIGIN_CODES = { streamed: 1, backfilled: 2, derived: 3, historical: 4 } as const satisfies Record<
  BarOrigin,
  number
>;
/** The origin of each code; `undefined` for code 0. */
const ORIGINS: readonly (BarOrigin | undefined)[] = [undefined, 'streamed', 'backfilled', 'derived', 'historical'];

/** Length of the presence bitmap in bytes. */
export function bitmapBytes(slotCount: number): number {
  return Math.ceil(slotCount / 64) * 8;
}

/** Length of a whole chunk in bytes. */
export function chunkBytes(slotCount: number): number {
  return bitmapBytes(slotCount) + slotCount * RECORD_BYTES;
}

/** Offset of a slot's record from the chunk's start, in bytes; for `slotCount` the chunk's end. */
export function recordOffset(slotCount: number, slot: number): number {
  return bitmapBytes(slotCount) + slot * RECORD_BYTES;
}

/** Whether a slot's bit is set in a presence bitmap. */
export function hasBit(bitmap: Uint8Array, slot: number): boolean {
  return ((bitmap[slot >> 3] ?? 0) & (0x80 >> (slot & 7))) !== 0;
}

/** Number of set bits in each value of a byte. */
const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** Number of set bits among slots `[from, to)` of a presence bitmap. */
export function countBits(bitmap: Uint8Array, from: number, to: number): number {
  let count = 0;
  let slot = from;
  for (; slot < to && (slot & 7) !== 0; slot++) if (hasBit(bitmap, slot)) count++;
  for (; slot + 8 <= to; slot += 8) count += BITS_SET[bitmap[slot >> 3] ?? 0] ?? 0;
  for (; slot < to; slot++) if (hasBit(bitmap, slot)) count++;
  return count;
}

/** Thrown for bytes whose length is not that of a chunk with this number of slots. */
export class ChunkLengthError extends Error {
  override readonly name = 'ChunkLengthError';
  constructor(slotCount: number, expected: number, was: number) {
    super(`chunk of ${slotCount} slots: expected ${expected} bytes, was ${was}`);
  }
}

/** A day chunk in memory: a view of its bytes, read and written in place. */
export class DayChunk {
  /** The whole chunk, as it is stored. */
  readonly bytes: Uint8Array;
  readonly bitmap: Uint8Array;
  /** The same bytes as doubles. The record of slot `s` starts at index `firstDouble + s * RECORD_DOUBLES`. */
  readonly doubles: Float64Array;
  /**
   * The same bytes as 32-bit words. In the record whose open is double `d`, word `2 * d + META_WORD` is `origin | dataset << 16`, and word
   * `2 * d + COUNTS_WORD` is `source count | expected count << 16`.
   */
  readonly words: Uint32Array;
  readonly firstDouble: number;

  /** An empty chunk, or a view of `bytes` (copied only when they do not start at a multiple of 8). @throws ChunkLengthError */
  constructor(
    readonly slotCount: number,
    bytes?: Uint8Array,
  ) {
    const length = chunkBytes(slotCount);
    if (bytes && bytes.length !== length) throw new ChunkLengthError(slotCount, length, bytes.length);
    let aligned = bytes ?? new Uint8Array(length);
    if (aligned.byteOffset % 8 !== 0) aligned = Uint8Array.from(aligned); // a Float64Array must start at a multiple of 8
    this.bytes = aligned;
    this.bitmap = aligned.subarray(0, bitmapBytes(slotCount));
    this.doubles = new Float64Array(aligned.buffer, aligned.byteOffset, length / 8);
    this.words = new Uint32Array(aligned.buffer, aligned.byteOffset, length / 4);
    this.firstDouble = bitmapBytes(slotCount) / 8;
  }

  has(slot: number): boolean {
    return hasBit(this.bitmap, slot);
  }

  /** Number of filled slots in `[from, to)`. */
  count(from = 0, to = this.slotCount): number {
    return countBits(this.bitmap, from, to);
  }

  /** Writes the bar of a slot and replaces an earlier one. Does not check the values: the caller refuses invalid ones first. */
  write(
    slot: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    originCode: number,
    dataset: number,
    sourceCount: number,
    expectedCount: number,
  ): void {
    const at = this.firstDouble + slot * RECORD_DOUBLES;
    const { doubles, words } = this;
    // + 0 turns -0 into 0, which compares equal but has other bytes.
    doubles[at] = open + 0;
    doubles[at + 1] = high + 0;
    doubles[at + 2] = low + 0;
    doubles[at + 3] = close + 0;
    doubles[at + 4] = volume + 0;
    words[2 * at + META_WORD] = originCode | (dataset << 16);
    words[2 * at + COUNTS_WORD] = sourceCount | (expectedCount << 16);
    this.bitmap[slot >> 3]! |= 0x80 >> (slot & 7);
  }

  /** Empties slots `[from, to)`: clears their bits and sets their records to zeros. */
  clear(from = 0, to = this.slotCount): void {
    if (from === 0 && to === this.slotCount) {
      this.bytes.fill(0);
      return;
    }
    this.bytes.fill(0, recordOffset(this.slotCount, from), recordOffset(this.slotCount, to));
    for (let slot = from; slot < to; slot++) this.bitmap[slot >> 3]! &= ~(0x80 >> (slot & 7));
  }

  /** Writes a base bar into its slot. */
  writeBar(slot: number, bar: Bar, origin: BarOrigin, dataset: number): void {
    this.write(slot, bar.open, bar.high, bar.low, bar.close, bar.volume, ORIGIN_CODES[origin], dataset, 1, 1);
  }

  /** A view of the 48 bytes of a slot's record. */
  record(slot: number): Uint8Array {
    const start = recordOffset(this.slotCount, slot);
    return this.bytes.subarray(start, start + RECORD_BYTES);
  }

  /** Number of base bars in a slot's bar; 0 when the slot is empty. */
  sourceCount(slot: number): number {
    return (this.words[2 * (this.firstDouble + slot * RECORD_DOUBLES) + COUNTS_WORD] ?? 0) & 0xffff;
  }

  /** The bar of a slot, or undefined when it is empty. The grid must be that of the chunk's day and interval. */
  bar(slot: number, grid: Pick<DayGrid, 'openTime' | 'closeTime'>): StoredBar | undefined {
    if (!this.has(slot)) return undefined;
    const at = this.firstDouble + slot * RECORD_DOUBLES;
    const value = (index: number) => this.doubles[at + index] ?? 0;
    const meta = this.words[2 * at + META_WORD] ?? 0;
    const counts = this.words[2 * at + COUNTS_WORD] ?? 0;
    const sourceCount = counts & 0xffff;
    const expectedCount = counts >>> 16;
    return {
      openTime: grid.openTime(slot),
      closeTime: grid.closeTime(slot),
      open: value(0),
      high: value(1),
      low: value(2),
      close: value(3),
      volume: value(4),
      origin: ORIGINS[meta & 0xff] ?? 'streamed',
      dataset: meta >>> 16,
      sourceCount,
      expectedCount,
      complete: sourceCount === expectedCount,
    };
  }

  /** The filled bars of slots `[from, to)`, oldest first. */
  bars(grid: DayGrid, from = 0, to = this.slotCount): StoredBar[] {
    const bars: StoredBar[] = [];
    for (let slot = from; slot < to; slot++) {
      const bar = this.bar(slot, grid);
      if (bar) bars.push(bar);
    }
    return bars;
  }
}
