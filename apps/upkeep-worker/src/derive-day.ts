/** Derives the bars of one partition on one trading day from its base bars. */
import { aggregateCascade, closedBuckets, countBits, firstMissing, planCascade, type DayChunk } from '@barkeep/bars';
import type { SymbolDay, UpkeepStore } from '@barkeep/session-data';

/** The chunks of at most this many symbols are in memory at the same time. */
const SYMBOLS_PER_BATCH = 32;

interface PartitionDay {
  store: UpkeepStore;
  partition: number;
  /** Index of the day in the session's layout. */
  day: number;
}

/** True when readers see bars before they are repaired: then derived bars must not wait for a repository (invariant I12). */
export function hasNoBarrier({ layout }: UpkeepStore): boolean {
  return layout.spec.upkeep.barrier === 'none';
}

/**
 * Derives the buckets of a day that have closed.
 *
 * A window is a day, or the time between two barriers; it is whole when no symbol has a missing slot in it or before it. A symbol with a
 * missing slot gets only the buckets of whole windows, because readers wait at a barrier for the others. Without barriers it gets all
 * closed buckets, from the bars that are stored.
 * @param symbols as they were read: all of the partition, or some @param frontier epoch ms; slots that close later are not derived
 * @param which `stale`: only symbols with a stale bucket
 * @returns the time up to which no symbol has a missing slot and every symbol is derived, epoch ms
 */
export async function deriveDay(
  at: PartitionDay,
  symbols: readonly SymbolDay[],
  frontier: number,
  which: 'all' | 'stale' = 'stale',
): Promise<number> {
  const { layout } = at.store;
  const grid = layout.grid(at.day);
  const closedSlots = grid.closedBy(frontier);
  const firstMissingSlots = symbols.map(({ bitmap, states }) => firstMissing(bitmap, states, closedSlots));
  // The watermark moves window by window, as the clock does, so it stops before the window with the first missing slot.
  const wholeSlots = layout.windowStart(at.day, Math.min(closedSlots, ...firstMissingSlots));
  const isHeldBack = (i: number) => firstMissingSlots[i]! < closedSlots && !hasNoBarrier(at.store);
  const [heldBack, others] = [symbols.filter((_, i) => isHeldBack(i)), symbols.filter((_, i) => !isHeldBack(i))];
  let changed = await deriveSymbols(at, closedSlots, others, which);
  if (wholeSlots > 0) changed += await deriveSymbols(at, wholeSlots, heldBack, which);
  // A symbol that changed meanwhile must be derived again, so nothing of the day counts as derived yet.
  if (changed > 0 || wholeSlots === 0) return grid.open;
  return grid.closeTime(wholeSlots - 1);
}

/** Derives the buckets within the first `slots` slots. @returns the number of symbols that changed meanwhile */
async function deriveSymbols(at: PartitionDay, slots: number, symbols: readonly SymbolDay[], which: 'all' | 'stale') {
  const { store, partition, day } = at;
  const { layout } = store;
  let planned: ReturnType<typeof planCascade> | undefined; // at the first stale symbol: it takes a millisecond for many intervals
  let changed = 0;
  for (let from = 0; from < symbols.length; from += SYMBOLS_PER_BATCH) {
    const batch = symbols.slice(from, from + SYMBOLS_PER_BATCH);
    const names = (which === 'all' ? batch : await staleOf(at, slots, batch)).map(({ symbol }) => symbol);
    if (names.length === 0) continue;
    const cascade = (planned ??= planCascade(layout.computed.map((interval) => layout.plan(day, interval))));
    const bases = await store.readChunks(partition, day, layout.base, names);
    const derived = [...bases].map(([symbol, base]) => {
      return { symbol, bitmap: base.bitmap, chunks: aggregateCascade(base, cascade, slots) };
    });
    changed += (await store.writeDerived(partition, day, slots, derived)).size;
  }
  return changed;
}

/** The symbols with a stale bucket among the first `slots` slots. */
async function staleOf({ store, partition, day }: PartitionDay, slots: number, batch: readonly SymbolDay[]) {
  const names = batch.map(({ symbol }) => symbol);
  const stale = new Set<SymbolDay>();
  for (const interval of store.layout.computed) {
    const { starts } = store.layout.plan(day, interval);
    const stored = await store.readChunks(partition, day, interval, names);
    for (const symbolDay of batch) {
      if (isStale(symbolDay.bitmap, stored.get(symbolDay.symbol), starts, slots)) stale.add(symbolDay);
    }
  }
  return [...stale];
}

/** Whether a bucket was derived from another number of base bars than are stored now. @param starts first base slot of each bucket */
function isStale(bitmap: Uint8Array, derived: DayChunk | undefined, starts: Int32Array, slots: number): boolean {
  const buckets = closedBuckets(starts, slots);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const storedBars = countBits(bitmap, starts[bucket]!, starts[bucket + 1]!);
    if (storedBars !== (derived?.sourceCount(bucket) ?? 0)) return true;
  }
  return false;
}
