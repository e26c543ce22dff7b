/**
 * Two digests of one generated market that no optimization may change. However it is read, flushed and derived, the bytes
 * equal those of the first version of the store.
 */
import { Api } from '../support/system/api.js';
import { holey, marketBars, mulberry32, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

/** Enough symbols for two partitions. */
const SYMBOLS = Array.from({ length: 130 }, (_, i) => `S${String(i).padStart(3, '0')}`);
/** Three trading days. The second one, the day after Thanksgiving, is short. */
const DATES = { start: '2013-11-27', end: '2013-12-02' };
const SPEC = { symbols: SYMBOLS, ...DATES, source: { type: 'dataset', dataset: 'made' }, backfill: ['rest'] };
const DERIVED = ['5m', '7m', '15m', '1h', '1d'];

/** Only the streamed bars. */
const BASE_DIGEST = 'b376343754da40fab578ef3ce0b989e1f7af1b586c25d40d7f966e835f9bd499';
/** With backfilled and derived bars. */
const REPAIRED_DIGEST = '3d18e7f68be20c74a1441dd8eefa15ed84976bdc4a6ffaa8194e0a0bbbf324ef';

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  const random = mulberry32(3);
  const whole = marketBars({ symbols: SYMBOLS, ...DATES, seed: 1 });
  // The sum of these volumes depends on the order in which they are added.
  for (const bars of whole.values()) for (const bar of bars) bar.volume *= random();
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'made', holey(whole, 0.02, 2));
  await writeBars(system.databaseUrl, 'rest', holey(whole, 0.5, 4));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});
afterAll(() => system?.close());

it.each([
  ['day', 'none'],
  ['minutes-60', { minutes: 60 }],
])('I1 streamed bars have the constant digest in windows of a %s', async (id, barrier) => {
  await api.run({ ...SPEC, id, derivedIntervals: [], upkeep: { enabled: false, barrier } });
  await api.until(id, ({ state }) => state === 'completed');
  expect(await api.digest(id)).toBe(BASE_DIGEST);
});

it.each([
  ['repaired-days', 'day'],
  ['repaired-minutes', { minutes: 130 }],
])('I1 repaired and derived bars have the constant digest: %s', async (id, barrier) => {
  await api.run({ ...SPEC, id, derivedIntervals: DERIVED, upkeep: { barrier, maxRetries: 1 } });
  await api.settled(id);
  expect(await api.digest(id)).toBe(REPAIRED_DIGEST);
});
