/** Stores of a session that has a history and retains three days, for tests that remove days. */
import { hasBit } from '@barkeep/bars';
import { holey, marketBars } from '../data/market.js';
import { deriveDay, symbolFill } from './follow-store.js';
import { flushUpTo, PARTITION, type StoreServer, type TestStore } from './session-store.js';

/** Seven days of 390 slots from 2013-10-01: days 0 to 2 are the history, days 3 to 6 the session. Three finished days are retained. */
export const RETAINED_SPEC = {
  symbols: ['AAA', 'BBB', 'CCC'],
  start: '2013-10-04',
  end: '2013-10-09',
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  history: { trailingDays: 3, retainDays: 3 },
};

/** The bars of the source: a twentieth of all bars is missing. */
export const sourceBars = holey(marketBars({ ...RETAINED_SPEC, start: '2013-10-01', seed: 3 }), 0.05, 4);

/** A store that is streamed to its end, with every kind of data on each day. @param clockAtEndOf number of the day at whose close its clock is */
export async function retainedStore(
  server: StoreServer,
  { clockAtEndOf }: { clockAtEndOf: number },
  spec: object = RETAINED_SPEC,
): Promise<TestStore> {
  const store = await server.begin(server.layout(spec));
  const { layout, writer } = store;
  await flushUpTo(store, sourceBars, layout.end);
  for (let index = 0; index < layout.days.length; index++) await writeAllKinds(store, index);
  await writer.moveClock(layout.grid(clockAtEndOf).close);
  return store;
}

/** Writes what upkeep can store of a day: backfilled bars of AAA and BBB, states, a retry, errors, derived chunks, a dirty mark. */
async function writeAllKinds(store: TestStore, day: number): Promise<void> {
  const { upkeep, layout } = store;
  const { date } = layout.day(day);
  await upkeep.noteError(PARTITION, date, layout.symbols, 'away');
  await fillFirstHole(store, day, 'AAA');
  await deriveDay(store, day);
  // After the derivation, so that the day is dirty again.
  await fillFirstHole(store, day, 'BBB');
  await upkeep.noteError(PARTITION, date, ['CCC'], 'away again');
}

/** Backfills the first empty slot of a symbol's day. @returns the symbols that were refused */
export async function fillFirstHole(store: TestStore, day: number, symbol: string): Promise<Set<string>> {
  const [symbolDay] = await store.upkeep.readDay(PARTITION, day, [symbol]);
  let slot = 0;
  while (hasBit(symbolDay!.bitmap, slot)) slot++;
  const bar = { openTime: store.layout.grid(day).openTime(slot), open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const fill = await symbolFill(store, day, symbol, new Map([[slot, bar]]));
  const dueAt = 1; // the day has a retry, which was due long ago
  return store.upkeep.fill(PARTITION, day, [{ ...fill, dueAt }]);
}
