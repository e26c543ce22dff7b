/** The slots of symbols on one trading day, and their counts. Reads bitmaps and slot states, no prices. */
import { addDayCounts, noCounts, type SlotCounts } from '@barkeep/bars';
import type { UpkeepReads } from './upkeep-reads.js';

/** One symbol on one day. */
export interface SymbolDay {
  symbol: string;
  /** Presence bitmap of the base chunk; zeros when nothing was stored. */
  bitmap: Uint8Array;
  /** One state byte per base slot; undefined when nothing was ever missing. */
  states: Uint8Array | undefined;
}

/** Counts of the base slots `[0, end)` of a day, summed over symbols. */
export function countsBefore(symbols: readonly SymbolDay[], end: number): SlotCounts {
  const counts = noCounts();
  for (const { bitmap, states } of symbols) addDayCounts(counts, bitmap, states, end);
  return counts;
}

/** Reads a day for all symbols. The whole day must be before the frontier. */
export async function readDaySlots(store: UpkeepReads, dayIndex: number): Promise<SymbolDay[]> {
  const { layout } = store;
  const reads = layout.keys.map((_, partition) => store.readDay(partition, dayIndex, layout.symbolsOf(partition)));
  return (await Promise.all(reads)).flat();
}
