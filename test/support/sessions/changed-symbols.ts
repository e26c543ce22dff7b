/** Changes of the symbols of a session, as the coordinator makes them. */
import { withoutSymbol, withSymbol } from '@barkeep/bars';
import { updateSymbols, withMembership, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import type { StoreServer, TestStore } from './session-store.js';

/** The layout of the same session with one more symbol. */
export function layoutWith(symbol: string, layout: SessionLayout): SessionLayout {
  return withMembership(layout, withSymbol(layout.id, membersOf(layout), layout.membership, symbol));
}

/** The layout of the same session without a symbol. */
export function layoutWithout(symbol: string, layout: SessionLayout): SessionLayout {
  const partition = layout.partitionOf(symbol)!;
  return withMembership(layout, withoutSymbol(layout.id, membersOf(layout), layout.membership, symbol, partition));
}

const membersOf = ({ spec, basePartitions }: SessionLayout) => ({ symbols: spec.symbols, basePartitions });

/** Updates a store to the symbols of a layout. @returns the symbols whose data were removed; undefined when there was nothing to do */
export async function updateAllSymbols(redis: Redis, layout: SessionLayout): Promise<string[] | undefined> {
  let symbols: string[] | undefined;
  for (let removed = await updateSymbols(redis, layout); removed; removed = await updateSymbols(redis, layout)) {
    symbols = [...(symbols ?? []), ...removed.symbols];
    await removed.finish();
  }
  return symbols;
}

/** Changes the symbols of a store to those of a layout. @returns the store, claimed again by its owner */
export async function changeStoreTo(server: StoreServer, layout: SessionLayout): Promise<TestStore> {
  await updateAllSymbols(server.redis, layout);
  const store = server.open(layout);
  await store.writer.claim();
  return store;
}
