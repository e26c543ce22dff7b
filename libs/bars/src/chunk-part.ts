/** Fills a day chunk from a part of its bytes. Pure. */
import { DayChunk, RECORD_BYTES, recordOffset } from './chunk.js';

/**
 * Fills slots `[from, to)` of an empty chunk.
 * @param bits the bytes of a bitmap that have the bits of these slots; bits of other slots are ignored
 * @param records the records of these slots
 * Both may be shorter when the last slots were never written.
 */
export function fillPart(chunk: DayChunk, bits: Uint8Array, records: Uint8Array, from: number, to: number): void {
  if (from >= to) return;
  chunk.bytes.set(records, recordOffset(chunk.slotCount, from));
  chunk.bitmap.set(bits, from >> 3);
  chunk.bitmap[from >> 3]! &= 0xff >> (from & 7); // clears the bits of the slots before `from`
  if (to & 7) chunk.bitmap[to >> 3]! &= 0xff00 >> (to & 7); // clears the bits from `to` on
}

/** A chunk with only slots `[from, to)` filled. @param bitmap the whole bitmap @param records those of the slots, as in {@link fillPart} */
export function chunkOfPart(
  slotCount: number,
  bitmap: Uint8Array,
  records: Uint8Array,
  from: number,
  to: number,
): DayChunk {
  const chunk = new DayChunk(slotCount);
  const recordBytes = Math.max(0, to - from) * RECORD_BYTES;
  fillPart(chunk, bitmap.subarray(from >> 3, (to + 7) >> 3), records.subarray(0, recordBytes), from, to);
  return chunk;
}
