/** A day chunk of which only some slots, or a single record, were fetched. Pure. */
import type { StoredBar } from './bar.js';
import { DayChunk, ORIGIN_CODES, RECORD_BYTES, recordOffset } from './chunk.js';
import type { DayGrid } from './slots.js';

/**
 * A chunk that holds slots `[from, to)` alone; all others are empty in it.
 * @param bitmap the whole presence bitmap, or what there is of it
 * @param records the records of slots `[from, to)`; may be shorter when the rest was never written
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
  chunk.bitmap[firstByte]! &= 0xff >> (from & 7);
  if (to & 7) chunk.bitmap[endByte - 1]! &= 0xff00 >> (to & 7);
  return chunk;
}

const ORIGIN_AT = 40;
/** Every record is put here to be read: new memory for each would cost more than the reading. */
const single = new DayChunk(1);
single.bitmap[0] = 0x80;

/** The bar of one slot of which the record alone was fetched; undefined when it is empty or was never written. */
export function barOfRecord(record: Uint8Array, slot: number, grid: DayGrid): StoredBar | undefined {
  if (record.length < RECORD_BYTES || (record[ORIGIN_AT] ?? 0) < ORIGIN_CODES.streamed) return undefined;
  single.bytes.set(record.length === RECORD_BYTES ? record : record.subarray(0, RECORD_BYTES), recordOffset(1, 0));
  return single.bar(0, { openTime: () => grid.openTime(slot), closeTime: () => grid.closeTime(slot) });
}
