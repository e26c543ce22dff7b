/** A part of a stored day: two commands read it, and their replies make a chunk that has bars in these slots only. */
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

/** Index of the day of the clock: the last day that opened before the clock, otherwise the first day. */
export function dayAtClock(layout: SessionLayout, clock: number): number {
  const day = layout.dayIndexAt(clock);
  const isOpen = day < layout.days.length && layout.day(day).segments[0]!.open < clock;
  return isOpen ? day : Math.max(0, day - 1);
}

/** The commands that read the bitmap of the chunk, and the records of the part. */
export function partCommands({ key, slotCount, from, to }: ChunkPart): ReadCommand[] {
  return [
    ['getrangeBuffer', key, 0, bitmapBytes(slotCount) - 1],
    ['getrangeBuffer', key, recordOffset(slotCount, from), recordOffset(slotCount, to) - 1],
  ];
}

/** The part, from the replies to {@link partCommands}; undefined without replies. */
export function partChunk(part: ChunkPart, [bitmap, records]: readonly (Buffer | null)[]): DayChunk | undefined {
  return bitmap && records ? chunkOfPart(part.slotCount, bitmap, records, part.from, part.to) : undefined;
}
