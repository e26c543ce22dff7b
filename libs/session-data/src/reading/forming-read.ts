/**
 * Reads the bar that is still forming: the base bars of the bucket that contains the clock, within one day. Gives the caller
 * two commands to send with another read, and aggregates the replies.
 */
import { bitmapBytes, chunkOfPart, formingBar, formingBucket, recordOffset } from '@barkeep/bars';
import type { DerivedPlan, FormingBucket, Interval, StoredBar } from '@barkeep/bars';
import type { ReadCommand } from '../redis/index.js';
import type { PartitionKeys, SessionLayout } from '../layout/index.js';

/** Index of the day of the clock: the last day that opened before the clock, otherwise the first day. */
export function dayAtClock(layout: SessionLayout, clock: number): number {
  const day = layout.dayIndexAt(clock);
  const isOpen = day < layout.days.length && layout.day(day).segments[0]!.open < clock;
  return isOpen ? day : Math.max(0, day - 1);
}

/** The commands that read a chunk's bitmap and the records of its slots `[from, to)`, as `chunkOfPart` expects them. */
export function partCommands(key: string, slotCount: number, from: number, to: number): ReadCommand[] {
  return [
    ['getrangeBuffer', key, 0, bitmapBytes(slotCount) - 1],
    ['getrangeBuffer', key, recordOffset(slotCount, from), recordOffset(slotCount, to) - 1],
  ];
}

/** Reads the forming bar of one symbol at one derived interval. */
export class FormingRead {
  /** @param interval a derived interval of the session */
  constructor(
    private readonly layout: SessionLayout,
    private readonly symbol: string,
    private readonly interval: Interval,
    private readonly keys: PartitionKeys,
  ) {}

  /** Open time of the bucket that contains `clock`, epoch ms; undefined when no bucket is open. */
  openTime(clock: number): number | undefined {
    const forming = this.formingAt(clock);
    return forming?.plan.grid.openTime(forming.slots.bucket);
  }

  /** The commands whose replies {@link bar} needs at this clock; none when no bucket is open. */
  commands(clock: number): ReadCommand[] {
    const forming = this.formingAt(clock);
    if (!forming) return [];
    const { slotCount, date } = this.layout.grid(forming.day);
    const { from, closed } = forming.slots;
    return partCommands(this.keys.chunk(this.layout.base.name, this.symbol, date), slotCount, from, closed);
  }

  /** The forming bar, from the replies to {@link commands}; undefined while its bucket has no base bar. */
  bar(clock: number, [bitmap, records]: readonly (Buffer | null)[]): StoredBar | undefined {
    const forming = this.formingAt(clock);
    if (!forming || !bitmap || !records) return undefined;
    const base = this.layout.grid(forming.day);
    const { from, closed } = forming.slots;
    const chunk = chunkOfPart(base.slotCount, bitmap, records, from, closed);
    return formingBar(base, forming.plan, forming.slots, chunk);
  }

  /** The bucket that contains `clock`: its day, the buckets of that day, and its base slots; undefined when no bucket is open. */
  private formingAt(clock: number): { day: number; plan: DerivedPlan; slots: FormingBucket } | undefined {
    const day = dayAtClock(this.layout, clock);
    const plan = this.layout.plan(day, this.interval);
    const slots = formingBucket(this.layout.grid(day), plan, clock);
    return slots && { day, plan, slots };
  }
}
