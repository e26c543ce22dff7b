/**
 * The stream of a session whose clock does not move stores no more than a few days ahead of it, and does not slow down
 * other sessions.
 * docs/ARCHITECTURE.md lists the invariants, such as I8.
 */
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

/** Days that a stream may store ahead of the clock. */
const STAGED_DAYS = 2;
const MARKET = { symbols: ['AAA'], start: '2013-10-07', end: '2013-10-11' };
/** Minutes of the five trading days. */
const BARS = 5 * 390;
const SPEC = { ...MARKET, source: { type: 'dataset', dataset: 'bounded' }, derivedIntervals: ['5m'] };

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  // The coordinator has room for the streams of two sessions.
  system = await TestSystem.create({ BARKEEP_STAGED_DAYS: String(STAGED_DAYS), BARKEEP_STREAM_CONCURRENCY: '2' });
  await writeBars(system.databaseUrl, 'bounded', marketBars({ ...MARKET, seed: 8 }));
  api = new Api((await system.coordinator()).url);
});
afterAll(() => system?.close());

test('I8 a stream waits for a clock that does not move, and another session runs at the same time', async () => {
  // No worker runs yet, so neither the watermark nor the clock moves.
  await api.run({ id: 'waiting', ...SPEC });
  const waiting = await api.until('waiting', ({ state }) => state === 'waiting-upkeep');
  expect(waiting.clock).toBe('2013-10-07T13:30:00.000Z'); // the first open
  expect(waiting.frontier).toBe('2013-10-08T20:00:00.000Z'); // the close of the second day

  await api.run({ id: 'free', ...SPEC, upkeep: { barrier: 'none' } });
  expect((await api.completed('free')).counts.streamed).toBe(BARS);
  expect((await api.session('waiting')).frontier).toBe(waiting.frontier);

  await system.worker();
  expect((await api.completed('waiting')).counts).toMatchObject({ expected: BARS, streamed: BARS });
});
