/**
 * Two digests of one generated market that no optimization may change. However the market is read, flushed and derived,
 * the stored bytes equal those of the first version of the store.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api } from '../support/system/api.js';
import { holey, marketBars, mulberry32, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

/** Enough symbols for two partitions. */
const SYMBOLS = Array.from({ length: 130 }, (_, i) => `S${String(i).padStart(3, '0')}`);
/** Three trading days. The second one, the day after Thanksgiving, is short. */
const DATES = { start: '2013-11-27', end: '2013-12-02' };
/** Dataset `stream` lacks 2 % of the market's bars. `repairs` lacks half of all bars, so some gaps stay. */
const SPEC = { symbols: SYMBOLS, ...DATES, source: { type: 'dataset', dataset: 'stream' }, backfill: ['repairs'] };
const DERIVED = ['5m', '7m', '15m', '1h', '1d'];

/** Only the streamed bars. */
const BASE_DIGEST = 'b376343754da40fab578ef3ce0b989e1f7af1b586c25d40d7f966e835f9bd499';
/** With backfilled and derived bars. */
const REPAIRED_DIGEST = '3d18e7f68be20c74a1441dd8eefa15ed84976bdc4a6ffaa8194e0a0bbbf324ef';

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  const random = mulberry32(3);
  const market = marketBars({ symbols: SYMBOLS, ...DATES, seed: 1 });
  // Fractions, so that a sum of volumes depends on the order in which they are added.
  for (const bar of [...market.values()].flat()) bar.volume *= random();
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', holey(market, 0.02, 2));
  await writeBars(system.databaseUrl, 'repairs', holey(market, 0.5, 4));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});
afterAll(() => system?.close());

// Without barriers a window is a day. Barriers divide days into windows.
it.each([
  { id: 'days', barrier: 'none' },
  { id: 'hours', barrier: { minutes: 60 } },
])('I1 streamed bars have the constant digest in windows of $id', async ({ id, barrier }) => {
  await api.run({ ...SPEC, id, derivedIntervals: [], upkeep: { enabled: false, barrier } });
  await api.completed(id);
  expect(await api.digest(id)).toBe(BASE_DIGEST);
});

it.each([
  { id: 'repaired-days', barrier: 'day' },
  { id: 'repaired-minutes', barrier: { minutes: 130 } },
])('I1 repaired and derived bars have the constant digest: $id', async ({ id, barrier }) => {
  await api.run({ ...SPEC, id, derivedIntervals: DERIVED, upkeep: { barrier, maxRetries: 1 } });
  await api.settled(id);
  expect(await api.digest(id)).toBe(REPAIRED_DIGEST);
});
