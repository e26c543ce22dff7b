/**
 * Derives the longer bars of one symbol in this process while its base bars are loaded. Uses the function with which upkeep derives
 * stored bars. Does no I/O.
 */
import {
  aggregateInto,
  DayChunk,
  hasBit,
  ORIGIN_OFFSET,
  RECORD_BYTES,
  recordOffset,
  type DayGrid,
  type Interval,
} from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';

/** Records of consecutive slots of a day, at one interval. */
export interface DayRecords {
  /** Index into the layout's days. */
  day: number;
  interval: Interval;
  /** The records of slots `[fromSlot, toSlot)`, in sequence; records at the end may be missing. */
  records: Uint8Array;
  fromSlot: number;
  toSlot: number;
}

export class Derivation {
  /** The base bars of the newest day. The other days were complete when they were derived. */
  private newest: { day: number; chunk: DayChunk } | undefined;

  constructor(private readonly intervals: readonly Interval[]) {}

  /**
   * The derived bars whose buckets close within the slots of `base`. The base bars replace earlier ones of the same day from `fromSlot`
   * on: a read that was cut off may have loaded some of them before.
   */
  derive(layout: SessionLayout, base: DayRecords): DayRecords[] {
    const { day, fromSlot, toSlot } = base;
    const grid = layout.grid(day, base.interval);
    const chunk = this.emptiedFrom(fromSlot, day, grid);
    writeRecords(chunk, base);
    const derived: DayRecords[] = [];
    for (const interval of this.intervals) {
      const plan = layout.plan(day, interval);
      const firstBucket = plan.grid.closedBy(closedAt(grid, fromSlot));
      const endBucket = plan.grid.closedBy(closedAt(grid, toSlot));
      if (firstBucket === endBucket) continue;
      const records = aggregated(chunk, plan.starts.subarray(firstBucket, endBucket + 1));
      derived.push({ day, interval, records, fromSlot: firstBucket, toSlot: endBucket });
    }
    return derived;
  }

  /** The chunk of a day, without the bars from a slot on. Keeps it for later bars unless the day is before the newest one. */
  private emptiedFrom(slot: number, day: number, grid: DayGrid): DayChunk {
    if (this.newest?.day === day) {
      this.newest.chunk.clear(slot);
      return this.newest.chunk;
    }
    const chunk = new DayChunk(grid.slotCount);
    if (this.newest === undefined || this.newest.day < day) this.newest = { day, chunk };
    return chunk;
  }
}

/** The time from which on all slots before `slot` are closed, epoch ms; the day's open for slot 0. */
function closedAt(grid: DayGrid, slot: number): number {
  return slot === 0 ? grid.open : grid.closeTime(slot - 1);
}

/** Writes records into their slots of a chunk and sets their presence bits. */
function writeRecords(chunk: DayChunk, { records, fromSlot, toSlot }: DayRecords): void {
  const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
  const start = recordOffset(chunk.slotCount, fromSlot);
  chunk.bytes.set(records.subarray(0, slots * RECORD_BYTES), start);
  // A record without an origin is an empty slot. In the bitmap, the first slot of a byte is its highest bit.
  for (let slot = fromSlot, at = start + ORIGIN_OFFSET; slot < fromSlot + slots; slot++, at += RECORD_BYTES) {
    if (chunk.bytes[at] !== 0 && !hasBit(chunk.bitmap, slot)) chunk.bitmap[slot >> 3]! |= 0x80 >> (slot & 7);
  }
}

/** The records of derived bars. @param starts where each bucket starts, as a slot of `base`, and then where the last bucket ends */
function aggregated(base: DayChunk, starts: Int32Array): Uint8Array {
  const buckets = starts.length - 1;
  const into = new DayChunk(buckets); // not a whole day: allocating that for every few buckets would be slow
  aggregateInto(into, base, starts, buckets);
  return into.bytes.subarray(recordOffset(buckets, 0));
}
