/**
 * One interval has several names (`60m` is `1h`). Every call that takes an interval accepts all of its names. A session whose base interval
 * is not the interval of its dataset warns of it.
 */
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
  const market = marketBars({ ...DATES, symbols: ['FV'], seed: 9 });
  await writeBars(system.databaseUrl, 'whole', market);
  const everyFifth = market.get('FV')!.filter((_, slot) => slot % 5 === 0);
  await writeBars(system.databaseUrl, 'sparse', new Map([['FV', everyFifth]]));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  await api.run({ ...SPEC, id: 'hours', derivedIntervals: ['60m', '120m'] });
  await api.completed('hours');
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  await system?.close();
});

const barkeepBars = (...options: string[]) =>
  system.barkeep('bars', 'hours', 'FV', '--coordinator', api.url, ...options);

// A day of 390 minutes has six and a half hours.
test.each([
  { name: '60m', canonical: '1h', barsInDay: 7 },
  { name: '1h', canonical: '1h', barsInDay: 7 },
  { name: '120m', canonical: '2h', barsInDay: 4 },
])('queries, the reader and the command line accept $name as $canonical', async ({ name, canonical, barsInDay }) => {
  const bars = await api.bars('hours', 'FV', `interval=${canonical}&last=100`);
  expect(bars).toHaveLength(barsInDay);
  expect(await api.bars('hours', 'FV', `interval=${name}&last=100`)).toEqual(bars);
  const latest = bars.at(-1);
  expect(await api.ok('GET', `/v1/sessions/hours/latest?symbols=FV&interval=${name}`)).toEqual({ FV: latest });
  expect(await api.ok('GET', `/v1/sessions/hours/symbols/FV/bars/latest?interval=${name}`)).toEqual(latest);

  const printed = await barkeepBars('--interval', name, '--last', '100', '--json');
  expect(JSON.parse(printed)).toEqual(bars);

  const reader = await openSession(redis, system.sessionPrefix, 'hours');
  expect(await reader.lastBars('FV', name, 100)).toEqual(await reader.lastBars('FV', canonical, 100));
  expect(await reader.barCount('FV', name)).toBe(barsInDay);
});

test('the intervals that a coordinator derives by default may be a list of minutes', async () => {
  const { spec } = await api.ok<Session>('POST', '/v1/sessions', { ...SPEC, id: 'env' });
  expect(spec.derivedIntervals).toEqual(['1h', '2h']);
});

test('a base interval may be named in minutes, too', async () => {
  const hourly = { ...SPEC, id: 'hourly', baseInterval: '60m', derivedIntervals: ['120m'], upkeep: { enabled: false } };
  const { spec } = await api.ok<Session>('POST', '/v1/sessions', hourly);
  expect(spec).toMatchObject({ baseInterval: '1h', derivedIntervals: ['2h'] });
});

test('a session of five-minute bars refuses minutes at which no slot opens, and warns of the interval', async () => {
  await api.run({ ...SPEC, id: 'fives', baseInterval: '5m', derivedIntervals: [], upkeep: { enabled: false } });
  const { counts, warnings } = await api.completed('fives');
  expect(counts).toMatchObject({ streamed: 78, refused: 312, outside: 0 });
  expect(warnings).toEqual(['312 of 390 bars are not at the open of a 5m slot; is the base interval right?']);
  expect((await api.session('hours')).warnings).toEqual([]);
});

test.each([
  ['its source', { source: { type: 'dataset', dataset: 'sparse' } }],
  ['its repository', { backfill: ['sparse'] }],
  ['its repository, beside a feed,', { source: { type: 'feed' }, backfill: ['sparse'] }],
])('a session of one-minute bars warns of the interval when %s has five-minute bars', async (_from, datasets) => {
  const { id } = await api.ok<Session>('POST', '/v1/sessions', { ...SPEC, ...datasets });
  const { warnings } = await api.until(id, (session) => session.warnings.length > 0);
  expect(warnings).toEqual([
    'bars of dataset sparse are 5 minutes apart, but a slot has 1m; is the base interval right?',
  ]);
});

test('1440m is refused everywhere, with a message that names 1d', async () => {
  const answers = [
    await api.call('POST', '/v1/sessions', { ...SPEC, derivedIntervals: ['1440m'] }),
    await api.call('GET', '/v1/sessions/hours/symbols/FV/bars?interval=1440m'),
    await api.call('GET', '/v1/sessions/hours/latest?symbols=FV&interval=1440m'),
  ];
  const refused = { status: 400, body: { detail: expect.stringContaining('1d') as string } };
  for (const answer of answers) expect(answer).toMatchObject(refused);
  await expect(barkeepBars('--interval', '1440m')).rejects.toThrow(/1d/);
});
