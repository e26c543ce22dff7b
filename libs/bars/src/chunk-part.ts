/** Fills a day chunk from a part of its bytes. Pure. */
import { DayChunk, RECORD_BYTES, recordOffset } from './chunk.js';

/**
 * Fills slots `[from, to)` of an empty chunk. `bits` and `records` may be shorter when the last slots were never written.
 * @param bits the bytes of a bitmap that have the bits of these slots; bits of other slots are ignored
 * @param records the records of these slots
 */
export function fillPart(chunk: DayChunk, bits: Uint8Array, records: Uint8Array, from: number, to: number): void {
  if (from >= to) return;
  const { bytes, bitmap, slotCount } = chunk;
  bytes.set(records, recordOffset(slotCount, from));
  const firstByte = from >> 3;
  bitmap.set(bits, firstByte);
  // The first and the last byte may have bits of other slots, which are cleared here. The lowest slot has the highest bit.
  const bitsBefore = from & 7;
  bitmap[firstByte]! &= 0xff >> bitsBefore;
  const bitsInLastByte = to & 7; // 0 when all of its bits belong to the part
  if (bitsInLastByte > 0) bitmap[to >> 3]! &= 0xff00 >> bitsInLastByte;
}

/** A chunk in which only slots `[from, to)` may have bars. @param bitmap of the whole day @param records as in {@link fillPart} */
export function chunkOfPart(
  slotCount: number,
  bitmap: Uint8Array,
  records: Uint8Array,
  from: number,
  to: number,
): DayChunk {
  const chunk = new DayChunk(slotCount);
  const recordBytes = Math.max(0, to - from) * RECORD_BYTES;
  const bits = bitmap.subarray(from >> 3, (to + 7) >> 3); // the bytes that have the bits of these slots
  fillPart(chunk, bits, records.subarray(0, recordBytes), from, to);
  return chunk;
}
