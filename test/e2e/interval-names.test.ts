/** One interval has several names (`60m` is `1h`). Every call that takes an interval accepts all of its names. */
import { openSession } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-04' };
const SPEC = { ...DATES, symbols: ['FV'], source: { type: 'dataset', dataset: 'whole' } };

let system: TestSystem;
let api: Api;
let redis: Redis;
beforeAll(async () => {
  system = await TestSystem.create({ DATA_UPKEEP_DERIVED_INTERVALS: '[60, 120]' });
  await writeBars(system.databaseUrl, 'whole', marketBars({ ...DATES, symbols: ['FV'], seed: 9 }));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  redis = new Redis(process.env['SESSION_REDIS_URL'] ?? process.env['REDIS_URL']!);
  await api.run({ ...SPEC, id: 'h60', derivedIntervals: ['60m', '120m'] });
  await api.completed('h60');
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  await system?.close();
});

test.each([
  // The last number is that of the bars in the 6.5 hours of the day.
  ['60m', '1h', 7],
  ['1h', '1h', 7],
  ['120m', '2h', 4],
])('queries, the reader and the command line accept %s as %s', async (name, canonical, count) => {
  const bars = await api.bars('h60', 'FV', `interval=${canonical}&last=100`);
  expect(bars).toHaveLength(count);
  expect(await api.bars('h60', 'FV', `interval=${name}&last=100`)).toEqual(bars);
  const latest = await api.ok('GET', `/v1/sessions/h60/latest?symbols=FV&interval=${name}`);
  expect(latest).toEqual({ FV: bars.at(-1) });
  expect(await api.ok('GET', `/v1/sessions/h60/symbols/FV/bars/latest?interval=${name}`)).toEqual(bars.at(-1));
  const printed: unknown = JSON.parse(
    await system.barkeep('bars', 'h60', 'FV', '--interval', name, '--last', '100', '--json', '--coordinator', api.url),
  );
  expect(printed).toEqual(bars);
  const reader = await openSession(redis, system.sessionPrefix, 'h60');
  expect(await reader.lastBars('FV', name, 100)).toEqual(await reader.lastBars('FV', canonical, 100));
  expect(await reader.barCount('FV', name)).toBe(count);
});

test('the defaults of the environment may be a list of minutes', async () => {
  const { spec } = await api.ok<Session>('POST', '/v1/sessions', { ...SPEC, id: 'env' });
  expect(spec.derivedIntervals).toEqual(['1h', '2h']);
});

test('the name of a base interval may be in minutes, too', async () => {
  const hourly = { ...SPEC, id: 'hourly', baseInterval: '60m', derivedIntervals: ['120m'], upkeep: { enabled: false } };
  const { spec } = await api.ok<Session>('POST', '/v1/sessions', hourly);
  expect(spec).toMatchObject({ baseInterval: '1h', derivedIntervals: ['2h'] });
});

test('1440m is refused everywhere, with a message that names 1d', async () => {
  const answers = [
    await api.call<{ detail: string }>('POST', '/v1/sessions', { ...SPEC, derivedIntervals: ['1440m'] }),
    await api.call<{ detail: string }>('GET', '/v1/sessions/h60/symbols/FV/bars?interval=1440m'),
    await api.call<{ detail: string }>('GET', '/v1/sessions/h60/latest?symbols=FV&interval=1440m'),
  ];
  for (const { status, body } of answers) {
    expect(status).toBe(400);
    expect(body.detail).toMatch(/1d/);
  }
  const refused = system.barkeep('bars', 'h60', 'FV', '--interval', '1440m', '--coordinator', api.url);
  await expect(refused).rejects.toThrow(/1d/);
});
