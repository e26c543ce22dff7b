/** Reads a forming bar: the commands go with another read of the caller, and their replies are aggregated. */
import { formingBar, formingBucket, type Interval, type StoredBar } from '@barkeep/bars';
import type { PartitionKeys, SessionLayout } from '../layout/index.js';
import type { ReadCommand } from '../redis/index.js';
import { dayAtClock, partChunk, partCommands } from './chunk-part.js';

export interface FormingRead {
  /** Open time of the bucket that contains the clock, epoch ms. */
  openTime: number;
  commands: ReadCommand[];
  /** The bar, from the replies to the commands; undefined while its bucket has no base bar. */
  barOf(replies: readonly (Buffer | null)[]): StoredBar | undefined;
}

/** The read of a symbol's bar that forms at `clock`; undefined when no bucket is open. @param interval a derived interval of the session */
export function formingRead(
  layout: SessionLayout,
  { symbol, interval, keys }: { symbol: string; interval: Interval; keys: PartitionKeys },
  clock: number,
): FormingRead | undefined {
  const day = dayAtClock(layout, clock);
  const [base, plan] = [layout.grid(day), layout.plan(day, interval)];
  const slots = formingBucket(base, plan, clock);
  if (!slots) return undefined;
  const key = keys.chunk(layout.base.name, symbol, base.date);
  const part = { key, slotCount: base.slotCount, from: slots.from, to: slots.closed };
  return {
    openTime: plan.grid.openTime(slots.bucket),
    commands: partCommands(part),
    barOf: (replies) => {
      const chunk = partChunk(part, replies);
      return chunk && formingBar(base, plan, slots, chunk);
    },
  };
}
