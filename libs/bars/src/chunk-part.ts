/** Makes a day chunk from a part of its bytes. Pure. */
import { DayChunk, recordOffset } from './chunk.js';

/**
 * A chunk with slots `[from, to)` filled from fetched bytes; all other slots are empty.
 * @param bitmap the presence bitmap; may be shorter when the chunk was never written
 * @param records the records of slots `[from, to)`; may be shorter when the last ones were never written
 */
export function chunkOfPart(
  slotCount: number,
  bitmap: Uint8Array,
  records: Uint8Array,
  from: number,
  to: number,
): DayChunk {
  const chunk = new DayChunk(slotCount);
  if (from >= to) return chunk;
  const start = recordOffset(slotCount, from);
  chunk.bytes.set(records.subarray(0, recordOffset(slotCount, to) - start), start);
  const [firstByte, endByte] = [from >> 3, (to + 7) >> 3];
  chunk.bitmap.set(bitmap.subarray(firstByte, endByte), firstByte);
  chunk.bitmap[firstByte]! &= 0xff >> (from & 7); // clears the bits of the slots before `from`
  if (to & 7) chunk.bitmap[endByte - 1]! &= 0xff00 >> (to & 7); // clears the bits from `to` on
  return chunk;
}
