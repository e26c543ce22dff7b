/** Reads the forming bar with two commands that the caller sends with another read, and aggregates the replies. */
import { formingBar, formingBucket, type Interval, type StoredBar } from '@barkeep/bars';
import type { ReadCommand } from '../redis/index.js';
import type { PartitionKeys, SessionLayout } from '../layout/index.js';
import { dayAtClock, partChunk, partCommands } from './chunk-part.js';

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
    return forming ? partCommands(forming.part) : [];
  }

  /** The forming bar, from the replies to {@link commands}; undefined while its bucket has no base bar. */
  bar(clock: number, replies: readonly (Buffer | null)[]): StoredBar | undefined {
    const forming = this.formingAt(clock);
    const chunk = forming && partChunk(forming.part, replies);
    return chunk && formingBar(forming.base, forming.plan, forming.slots, chunk);
  }

  /** The bucket that contains `clock`, with the buckets of its day, and its closed base slots; undefined when no bucket is open. */
  private formingAt(clock: number) {
    const day = dayAtClock(this.layout, clock);
    const [base, plan] = [this.layout.grid(day), this.layout.plan(day, this.interval)];
    const slots = formingBucket(base, plan, clock);
    if (!slots) return undefined;
    const key = this.keys.chunk(this.layout.base.name, this.symbol, base.date);
    const part = { key, slotCount: base.slotCount, from: slots.from, to: slots.closed };
    return { base, plan, slots, part };
  }
}
