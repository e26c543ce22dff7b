/** Writes to a store step by step while a test mirrors and follows it: windows, fills, derived bars, and the clock. */
import { BACKFILLED, DayChunk, type Bar } from '@barkeep/bars';
import type { SymbolFill } from '@barkeep/session-data';
import type { BarsBySymbol } from '../data/market.js';
import { deriveAll, derivedOf, flushUpTo, type TestStore } from './session-store.js';

/** Index of the repository `vendor` among the datasets of {@link SMALL_SPEC}: index 0 is the streamed dataset. */
const VENDOR = 1;

/** Writes bars of a symbol into the empty slots of a day, as a backfill would. @returns the number of written bars */
export async function fillDay(store: TestStore, day: number, symbol: string, bars: readonly Bar[]) {
  const { layout, upkeep } = store;
  const grid = layout.grid(day);
  const partition = layout.partitionOf(symbol)!;
  const [symbolDay] = await upkeep.readDay(partition, day, [symbol]);
  const before = symbolDay!.states;
  const after = new Uint8Array(grid.slotCount);
  if (before) after.set(before);
  const chunks = await upkeep.readChunks(partition, day, layout.base, [symbol]);
  const stored = chunks.get(symbol);
  const filled = new DayChunk(grid.slotCount);
  const runs: { start: number; records: Uint8Array }[] = [];
  for (const bar of bars) {
    // A string is the reason why the time is no slot of this day.
    const slot = grid.slotAt(bar.openTime);
    if (typeof slot === 'string' || stored?.has(slot)) continue;
    filled.writeBar(slot, bar, 'backfilled', VENDOR);
    runs.push({ start: slot, records: filled.record(slot) });
    after[slot] = BACKFILLED;
  }
  if (runs.length === 0) return 0;
  const fill: SymbolFill = { symbol, before, after, dueAt: undefined, runs };
  const refused = await upkeep.fill(partition, day, [fill]);
  if (refused.size > 0) throw new Error(`expected a fill of ${symbol}, was refused`);
  return runs.length;
}

/** Writes the derived bars of a day whose buckets closed before the frontier. */
export async function deriveDay(store: TestStore, day: number): Promise<void> {
  const { layout, upkeep } = store;
  for (const [partition, { frontier }] of (await upkeep.positions()).entries()) {
    const closedSlots = layout.grid(day).closedBy(frontier);
    if (closedSlots === 0) continue;
    await upkeep.writeDerived(partition, day, closedSlots, await derivedOf(store, partition, day, closedSlots));
  }
}

/** Streams the windows up to the one that contains a time, derives their bars, then moves the clock to the time. */
export async function runTo(store: TestStore, market: BarsBySymbol, time: number): Promise<void> {
  await flushUpTo(store, market, windowEnd(store, time));
  await deriveAll(store);
  await store.writer.moveClock(time);
}

/** The end of the window that contains a time; for a time after the last window, the end of the session. */
export function windowEnd({ layout }: TestStore, time: number): number {
  for (const { to } of layout.windowsFrom(0)) if (to >= time) return to;
  return layout.end;
}
