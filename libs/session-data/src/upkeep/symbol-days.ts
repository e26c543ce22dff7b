/** Reads bitmaps and slot states, no prices, of many symbols and days as of one moment, and counts slots in them. */
import { addDayCounts, bitmapBytes, noCounts, type SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS } from '../redis/index.js';

/** One symbol on one day. */
export interface SymbolDay {
  symbol: string;
  /** Presence bitmap of the base chunk; zeros when nothing was stored. */
  bitmap: Uint8Array;
  /** One state byte per base slot; undefined when nothing was ever missing. */
  states: Uint8Array | undefined;
}

/** Reads symbols of one partition on days (indexes), in the given order. 256 of them block Redis for about 0.3 ms. */
export async function readSymbolDays(
  redis: Redis,
  layout: SessionLayout,
  partition: number,
  places: readonly { symbol: string; day: number }[],
): Promise<SymbolDay[]> {
  if (places.length === 0) return [];
  const keys = layout.keysOf(partition);
  const grids = places.map(({ day }) => layout.grid(day));
  const stateKeys = places.map(({ symbol }, i) => keys.states(symbol, grids[i]!.date));
  const chunks = places.map(({ symbol }, i) => keys.chunk(layout.base.name, symbol, grids[i]!.date));
  const lengths = grids.map(({ slotCount }) => bitmapBytes(slotCount));
  // One command for all: each command costs the reader more than the server (docs/performance.md).
  const lastByte = Math.max(...lengths) - 1;
  const values = await SCRIPTS.readSymbolDays.runForBytes(redis, [...stateKeys, ...chunks], [lastByte]);
  const bitmaps = values as Buffer[];
  const states = (values[places.length] ?? []) as (Buffer | null)[];
  return places.map(({ symbol }, i) => {
    // All bitmaps were read with the length of the longest one. A chunk that does not exist has no bytes.
    const bitmap = bitmaps[i]!.length > 0 ? bitmaps[i]!.subarray(0, lengths[i]) : new Uint8Array(lengths[i]!);
    return { symbol, bitmap, states: states[i] ?? undefined };
  });
}

/** Counts of the base slots `[0, end)` of a day, summed over symbols. */
export function countsBefore(symbols: readonly SymbolDay[], end: number): SlotCounts {
  const counts = noCounts();
  for (const { bitmap, states } of symbols) addDayCounts(counts, bitmap, states, end);
  return counts;
}
