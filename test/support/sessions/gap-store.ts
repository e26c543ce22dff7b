/** A market with one gap, and a store with its first day, for tests of what upkeep writes and emits. */
import type { SymbolFill } from '@barkeep/session-data';
import { marketBars } from '../data/market.js';
import { fillOf } from './follow-store.js';
import { FIRST_DAY, flushUpTo, PARTITION, SMALL_SPEC, type StoreServer, type TestStore } from './session-store.js';

const fullMarket = marketBars({ ...SMALL_SPEC, seed: 5 });
/** All bars of AAA, also those of the gap. The first day's bars come first, so `barsOfAaa[i]` is the bar of its slot i. */
export const barsOfAaa = fullMarket.get('AAA')!;
/** AAA lacks slots 10 to 19 of the first day. Nothing else is missing. */
export const gapMarket = new Map(fullMarket).set('AAA', barsOfAaa.toSpliced(10, 10));

/** A new store with the bars of the first day. */
export async function storeWithGap(server: StoreServer): Promise<TestStore> {
  const store = await server.begin();
  await flushUpTo(store, gapMarket, store.layout.grid(FIRST_DAY).close);
  return store;
}

/** Makes a fill of AAA's first day. @param filled slots that get their bars @param states state codes of other slots, by slot */
export function fillOfAaa(
  store: TestStore,
  filled: readonly number[],
  states?: Record<number, number>,
): Promise<SymbolFill> {
  return fillOf(store, barsOfAaa, filled, states);
}

/** Writes fills of the first day. @returns the symbols whose chunk has changed since the fill was made; their fills were refused */
export function writeFills({ upkeep }: TestStore, ...fills: SymbolFill[]): Promise<Set<string>> {
  return upkeep.fill(PARTITION, FIRST_DAY, fills);
}
