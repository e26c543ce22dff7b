/**
 * Reads a part of a chunk, which is one symbol's bars of a stored day. Two commands read the part. Their replies make a chunk that has
 * bars in the slots of the part only. Also finds the day of the clock.
 */
import { bitmapBytes, chunkOfPart, type DayChunk, recordOffset } from '@barkeep/bars';
import type { SessionLayout } from '../layout/index.js';
import type { ReadCommand } from '../redis/index.js';

/** The slots `[from, to)` of a chunk. */
export interface ChunkPart {
  key: string;
  slotCount: number;
  from: number;
  to: number;
}

/** Index of the day of the clock: the last day that opened before the clock; the first day when none did. */
export function dayAtClock(layout: SessionLayout, clock: number): number {
  const day = layout.dayIndexAt(clock); // the first day that is not over; `days.length` when all are over
  const hasOpened = day < layout.days.length && layout.day(day).segments[0]!.open < clock;
  return hasOpened ? day : Math.max(0, day - 1);
}

/** The commands that read the bitmap of the chunk, and the records of the part. */
export function partCommands({ key, slotCount, from, to }: ChunkPart): ReadCommand[] {
  return [
    ['getrangeBuffer', key, 0, bitmapBytes(slotCount) - 1],
    ['getrangeBuffer', key, recordOffset(slotCount, from), recordOffset(slotCount, to) - 1],
  ];
}

/** The part as a chunk, from the replies to {@link partCommands}; undefined when there are no replies. */
export function partChunk(part: ChunkPart, [bitmap, records]: readonly (Buffer | null)[]): DayChunk | undefined {
  return bitmap && records ? chunkOfPart(part.slotCount, bitmap, records, part.from, part.to) : undefined;
}
