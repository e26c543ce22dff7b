/**
 * Bars with negative prices, as futures and spreads have: imported, streamed, backfilled and fed. The last test imports bars
 * whose times are close times.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

/** Crude oil for May on 20 April 2020, two minutes of its settlement. The figures are from the public record of that day. */
const ROWS = ['2020-04-20T18:09:00Z,-0.6,-0.2,-3.1,-2.9,1500', '2020-04-20T18:10:00Z,-2.9,-2,-40.32,-37.63,2000'];
const DATES = { start: '2020-04-20', end: '2020-04-20', calendar: 'CMES' };
const SPEC = { ...DATES, symbols: ['CLK20'], derivedIntervals: ['5m'] };
const OIL = { ...SPEC, source: { type: 'dataset', dataset: 'oil' } };
/** The same rows as bars. */
const OIL_BARS = [
  { openTime: '2020-04-20T18:09:00.000Z', open: -0.6, high: -0.2, low: -3.1, close: -2.9, volume: 1500 },
  { openTime: '2020-04-20T18:10:00.000Z', open: -2.9, high: -2, low: -40.32, close: -37.63, volume: 2000 },
];

let system: TestSystem;
let api: Api;
let folder: string;

beforeAll(async () => {
  system = await TestSystem.create();
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  folder = await mkdtemp(join(tmpdir(), 'barkeep-negative-'));
  const file = join(folder, 'oil.csv');
  await writeFile(file, ['time,open,high,low,close,volume', ...ROWS, ''].join('\n'));
  await system.barkeep('import', file, '--dataset', 'oil', '--symbol', 'CLK20', '--allow-negative-prices');
});

afterAll(async () => {
  await system?.close();
  if (folder) await rm(folder, { recursive: true });
});

const bars = (id: string, interval = '1m') => api.bars(id, 'CLK20', `interval=${interval}&last=10`);

test('I7 a session with prices `any` streams and derives bars with negative prices', async () => {
  const id = await api.run({ ...OIL, id: 'any', prices: 'any' });
  await api.completed(id);
  expect(await bars(id)).toMatchObject(OIL_BARS);
  expect(await bars(id, '5m')).toMatchObject([
    { openTime: '2020-04-20T18:05:00.000Z', open: -0.6, high: -0.2, close: -2.9, sourceCount: 1 },
    { openTime: '2020-04-20T18:10:00.000Z', open: -2.9, low: -40.32, close: -37.63, sourceCount: 1 },
  ]);
  expect(await api.metrics(id, 'CLK20')).toMatchObject({ streamed: 2, refused: {} });
});

test('I7 a session with positive prices refuses the same rows, and counts them with the reason', async () => {
  const id = await api.run({ ...OIL, id: 'positive' });
  await api.completed(id);
  expect(await bars(id)).toEqual([]);
  expect(await api.metrics(id, 'CLK20')).toMatchObject({ streamed: 0, refused: { 'negative-price': 2 } });
});

test('I4 only a session with prices `any` is repaired with negative prices', async () => {
  await writeBars(system.databaseUrl, 'empty', new Map());
  const source = { type: 'dataset', dataset: 'empty' };
  for (const prices of ['any', 'positive']) {
    const id = await api.run({ ...SPEC, id: `repaired-${prices}`, source, backfill: ['oil'], prices });
    await api.completed(id);
    expect(await bars(id)).toMatchObject(prices === 'any' ? OIL_BARS : []);
    expect(await api.metrics(id, 'CLK20')).toMatchObject({ backfilled: prices === 'any' ? 2 : 0 });
  }
});

test('I7 a fed session with prices `any` accepts negative prices, and one with positive prices names the reason', async () => {
  const feed = (id: string) => api.ok('POST', `/v1/sessions/${id}/symbols/CLK20/bars`, OIL_BARS);
  const source = { type: 'feed' };
  await api.run({ ...SPEC, id: 'fed-any', source, prices: 'any' });
  expect(await feed('fed-any')).toMatchObject({ accepted: 2, refused: {} });
  await api.run({ ...SPEC, id: 'fed-positive', source });
  expect(await feed('fed-positive')).toMatchObject({ accepted: 0, refused: { 'negative-price': 2 } });
  await Promise.all(['fed-any', 'fed-positive'].map((id) => api.ok('DELETE', `/v1/sessions/${id}`)));
});

test('I7 a row of zeros is a bar only in a session with prices `any`', async () => {
  const file = join(folder, 'zeros.csv');
  const rows = ['2020-04-20T18:09:00Z,1,2,1,2,5', '2020-04-20T18:10:00Z,0,0,0,0,0'];
  await writeFile(file, ['time,open,high,low,close,volume', ...rows, ''].join('\n'));
  await system.barkeep('import', file, '--dataset', 'zeros', '--symbol', 'CLK20', '--allow-negative-prices');
  const source = { type: 'dataset', dataset: 'zeros' };
  for (const [prices, streamed] of [
    ['any', 2],
    ['positive', 1],
  ] as const) {
    const id = await api.run({ ...SPEC, id: `zeros-${prices}`, source, prices });
    await api.completed(id);
    const refused = prices === 'any' ? {} : { 'zero-price': 1 };
    expect(await api.metrics(id, 'CLK20')).toMatchObject({ streamed, refused });
  }
});

test('bars whose times are close times are stored with their open times', async () => {
  const file = join(folder, 'closes.csv');
  const time = (minute: number) => new Date(Date.parse('2024-03-04T14:30:00Z') + minute * 60_000).toISOString();
  const rows = Array.from({ length: 390 }, (_, i) => `${time(i + 1)},${i},${i + 1},${i},${i + 1},100`);
  await writeFile(file, ['time,open,high,low,close,volume', ...rows, ''].join('\n'));
  await system.barkeep('import', file, '--dataset', 'closes', '--symbol', 'NT', '--times', 'close');
  const source = { type: 'dataset', dataset: 'closes' };
  const id = await api.run({ id: 'closes', symbols: ['NT'], start: '2024-03-04', end: '2024-03-04', source });
  await api.completed(id);
  expect(await api.metrics(id, 'NT')).toMatchObject({ expected: 390, streamed: 390, barQuality: 100 });
  const all = await api.bars(id, 'NT', 'last=390');
  expect(all[0]).toMatchObject({ openTime: '2024-03-04T14:30:00.000Z', open: 0 });
  expect(all.at(-1)).toMatchObject({ openTime: '2024-03-04T20:59:00.000Z', close: 390 });
});
