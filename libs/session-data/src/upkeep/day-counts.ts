/** Counts the slots of one trading day over all symbols. Reads bitmaps and states only. */
import { addDayCounts, noCounts, type SlotCounts } from '@barkeep/bars';
import type { SymbolDay } from './symbol-day.js';
import type { UpkeepStore } from './upkeep-store.js';

/** The slots of one day at the time of the read. */
export class DaySlots {
  constructor(private readonly symbols: readonly SymbolDay[]) {}

  /** Counts of the base slots `[0, end)`. */
  countsBefore(end: number): SlotCounts {
    const counts = noCounts();
    for (const { bitmap, states } of this.symbols) addDayCounts(counts, bitmap, states, end);
    return counts;
  }
}

/** Reads a day that is before the frontier. */
export async function readDaySlots(store: UpkeepStore, dayIndex: number): Promise<DaySlots> {
  const { layout } = store;
  const partitions = await Promise.all(
    layout.keys.map((_, partition) => store.readDay(partition, dayIndex, layout.symbolsOf(partition))),
  );
  return new DaySlots(partitions.flat());
}
