/**
 * Bars with negative prices, as futures and spreads have: imported, streamed, backfilled and fed. The last test imports bars
 * whose times are close times.
 * docs/ARCHITECTURE.md lists the invariants, such as I7.
 */
import { Api } from '../support/system/api.js';
import { importLines } from '../support/data/import-lines.js';
import { writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2020-04-20', end: '2020-04-20', calendar: 'CMES' };
const SPEC = { ...DATES, symbols: ['CLK20'], derivedIntervals: ['5m'] };
const HEADER = 'time,open,high,low,close,volume';
/** Crude oil for May on 20 April 2020, two minutes of its settlement. The figures are from the public record of that day. */
const OIL_BARS = [
  { openTime: '2020-04-20T18:09:00.000Z', open: -0.6, high: -0.2, low: -3.1, close: -2.9, volume: 1500 },
  { openTime: '2020-04-20T18:10:00.000Z', open: -2.9, high: -2, low: -40.32, close: -37.63, volume: 2000 },
];

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  const rows = OIL_BARS.map((bar) => Object.values(bar).join(','));
  await importLines(system, 'oil', [HEADER, ...rows], '--symbol', 'CLK20', '--allow-negative-prices');
  await writeBars(system.databaseUrl, 'empty', new Map());
});
afterAll(() => system?.close());

/** Runs a session over a dataset to its end. */
async function runOver(dataset: string, id: string, spec: object): Promise<void> {
  await api.run({ ...SPEC, id, source: { type: 'dataset', dataset }, ...spec });
  await api.completed(id);
}

const bars = (id: string, interval = '1m') => api.bars(id, 'CLK20', `interval=${interval}&last=10`);
const metrics = (id: string) => api.metrics(id, 'CLK20');

test('I7 a session with prices `any` streams and derives bars with negative prices', async () => {
  await runOver('oil', 'any', { prices: 'any' });
  expect(await bars('any')).toMatchObject(OIL_BARS);
  expect(await bars('any', '5m')).toMatchObject([
    { openTime: '2020-04-20T18:05:00.000Z', open: -0.6, high: -0.2, close: -2.9, sourceCount: 1 },
    { openTime: '2020-04-20T18:10:00.000Z', open: -2.9, low: -40.32, close: -37.63, sourceCount: 1 },
  ]);
  expect(await metrics('any')).toEqual(expect.objectContaining({ streamed: 2, refused: {} }));
});

test('I7 a session with positive prices refuses the same rows, and counts them with the reason', async () => {
  await runOver('oil', 'positive', {}); // prices are `positive` by default
  expect(await bars('positive')).toEqual([]);
  expect(await metrics('positive')).toMatchObject({ streamed: 0, refused: { 'negative-price': 2 } });
});

test('I4 only a session with prices `any` is repaired with negative prices', async () => {
  await runOver('empty', 'repaired-any', { backfill: ['oil'], prices: 'any' });
  expect(await bars('repaired-any')).toMatchObject(OIL_BARS);
  expect(await metrics('repaired-any')).toMatchObject({ backfilled: 2 });
  await runOver('empty', 'repaired-positive', { backfill: ['oil'], prices: 'positive' });
  expect(await bars('repaired-positive')).toEqual([]);
  expect(await metrics('repaired-positive')).toMatchObject({ backfilled: 0 });
});

test('I7 a fed session with prices `any` accepts negative prices, and one with positive prices names the reason', async () => {
  const feed = (id: string) => api.ok('POST', `/v1/sessions/${id}/symbols/CLK20/bars`, OIL_BARS);
  const source = { type: 'feed' };
  await api.run({ ...SPEC, id: 'fed-any', source, prices: 'any' });
  expect(await feed('fed-any')).toEqual(expect.objectContaining({ accepted: 2, refused: {} }));
  await api.run({ ...SPEC, id: 'fed-positive', source });
  expect(await feed('fed-positive')).toMatchObject({ accepted: 0, refused: { 'negative-price': 2 } });
  await Promise.all(['fed-any', 'fed-positive'].map((id) => api.ok('DELETE', `/v1/sessions/${id}`)));
});

test('I7 a row of zeros is a bar only in a session with prices `any`', async () => {
  const rows = ['2020-04-20T18:09:00Z,1,2,1,2,5', '2020-04-20T18:10:00Z,0,0,0,0,0'];
  await importLines(system, 'zeros', [HEADER, ...rows], '--symbol', 'CLK20', '--allow-negative-prices');
  await runOver('zeros', 'zeros-any', { prices: 'any' });
  expect(await metrics('zeros-any')).toEqual(expect.objectContaining({ streamed: 2, refused: {} }));
  await runOver('zeros', 'zeros-positive', { prices: 'positive' });
  expect(await metrics('zeros-positive')).toMatchObject({ streamed: 1, refused: { 'zero-price': 1 } });
});

test('bars whose times are close times are stored with their open times', async () => {
  const rows = Array.from({ length: 390 }, (_, slot) => {
    const closeTime = new Date(Date.parse('2024-03-04T14:31:00Z') + slot * 60_000).toISOString();
    return `${closeTime},${slot},${slot + 1},${slot},${slot + 1},100`;
  });
  await importLines(system, 'closes', [HEADER, ...rows], '--symbol', 'NT', '--times', 'close');
  const source = { type: 'dataset', dataset: 'closes' };
  const id = await api.run({ id: 'closes', symbols: ['NT'], start: '2024-03-04', end: '2024-03-04', source });
  await api.completed(id);
  expect(await api.metrics(id, 'NT')).toMatchObject({ expected: 390, streamed: 390, barQuality: 100 });
  const stored = await api.bars(id, 'NT', 'last=390');
  expect(stored[0]).toMatchObject({ openTime: '2024-03-04T14:30:00.000Z', open: 0 });
  expect(stored.at(-1)).toMatchObject({ openTime: '2024-03-04T20:59:00.000Z', close: 390 });
});
