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
  const chunks = await upkeep.readChunks(partition, day, layout.base, [symbol]);
  const stored = chunks.get(symbol);
  const filled = new Map<number, Bar>();
  for (const bar of bars) {
    // A string is the reason why the time is no slot of this day.
    const slot = grid.slotAt(bar.openTime);
    if (typeof slot === 'string' || stored?.has(slot)) continue;
    filled.set(slot, bar);
  }
  if (filled.size === 0) return 0;
  const refused = await upkeep.fill(partition, day, [await symbolFill(store, day, symbol, filled)]);
  if (refused.size > 0) throw new Error(`expected a fill of ${symbol}, was refused`);
  return filled.size;
}

/**
 * Makes a fill of AAA on the first day. @param bars AAA's bars by slot @param filled the slots that get their bars
 * @param states states of other slots, by slot
 */
export async function fillOf(
  store: TestStore,
  bars: readonly Bar[],
  filled: readonly number[],
  states: Record<number, number> = {},
): Promise<SymbolFill> {
  return symbolFill(store, 0, 'AAA', new Map(filled.map((slot) => [slot, bars[slot]!])), states);
}

/** Makes a fill of a symbol's day. @param filled bars by slot @param states states of other slots, by slot */
export async function symbolFill(
  { layout, upkeep }: TestStore,
  day: number,
  symbol: string,
  filled: ReadonlyMap<number, Bar>,
  states: Record<number, number> = {},
): Promise<SymbolFill> {
  const { slotCount } = layout.grid(day);
  const [symbolDay] = await upkeep.readDay(layout.partitionOf(symbol)!, day, [symbol]);
  const before = symbolDay!.states;
  const after = Uint8Array.from(before ?? new Uint8Array(slotCount));
  for (const [slot, state] of Object.entries(states)) after[Number(slot)] = state;
  const chunk = new DayChunk(slotCount);
  const runs = [...filled].map(([slot, bar]) => {
    chunk.writeBar(slot, bar, 'backfilled', VENDOR);
    after[slot] = BACKFILLED;
    return { start: slot, records: chunk.record(slot) };
  });
  return { symbol, before, after, dueAt: undefined, runs };
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
