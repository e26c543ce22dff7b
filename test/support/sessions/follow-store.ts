/** Writes to a store step by step while a test mirrors and follows it: windows, fills, derived bars, and the clock. */
import { BACKFILLED, DayChunk, recordOffset, type Bar } from '@barkeep/bars';
import type { SymbolFill } from '@barkeep/session-data';
import type { BarsBySymbol } from '../data/market.js';
import { deriveAll, derivedOf, flushUpTo, type TestStore } from './session-store.js';

/** Writes bars of a symbol into empty slots of a day, as a backfill would. @returns the number written */
export async function fillDay(store: TestStore, day: number, symbol: string, bars: readonly Bar[]) {
  const { layout, upkeep } = store;
  const grid = layout.grid(day);
  const partition = layout.partitionOf(symbol)!;
  const [known] = await upkeep.readDay(partition, day, [symbol]);
  const [stored] = (await upkeep.readChunks(partition, day, layout.base, [symbol])).values();
  const after = new Uint8Array(grid.slotCount);
  if (known!.states) after.set(known!.states);
  const chunk = new DayChunk(grid.slotCount);
  const runs: { start: number; records: Uint8Array }[] = [];
  for (const bar of bars) {
    const slot = grid.slotAt(bar.openTime);
    if (typeof slot === 'string' || stored?.has(slot)) continue;
    chunk.writeBar(slot, bar, 'backfilled', 1);
    const [from, to] = [recordOffset(grid.slotCount, slot), recordOffset(grid.slotCount, slot + 1)];
    runs.push({ start: slot, records: chunk.bytes.subarray(from, to) });
    after[slot] = BACKFILLED;
  }
  if (runs.length === 0) return 0;
  const fill: SymbolFill = { symbol, before: known!.states, after, dueAt: undefined, runs };
  const refused = await upkeep.fill(partition, day, [fill]);
  if (refused.size > 0) throw new Error(`expected a fill of ${symbol}, was refused`);
  return runs.length;
}

/** Derives the windows of a day that are closed at the frontier. */
export async function deriveDay(store: TestStore, day: number): Promise<void> {
  const { layout, upkeep } = store;
  for (const [partition, { frontier }] of (await upkeep.positions()).entries()) {
    const closed = layout.grid(day).closedBy(frontier);
    if (closed === 0) continue;
    await upkeep.writeDerived(partition, day, closed, await derivedOf(store, partition, day, closed));
  }
}

/** Streams and derives up to a time, then moves the clock there. */
export async function runTo(store: TestStore, market: BarsBySymbol, time: number): Promise<void> {
  await flushUpTo(store, market, windowEnd(store, time));
  await deriveAll(store);
  await store.writer.moveClock(time);
}

/** The end of the window in which a time lies. */
export function windowEnd({ layout }: TestStore, time: number): number {
  for (const { to } of layout.windowsFrom(0)) if (to >= time) return to;
  return layout.end;
}
