/**
 * Upkeep of a part of a session, on a coordinator and a worker: a dry run counts gaps, and a real call requests bars.
 * docs/ARCHITECTURE.md lists the invariants, such as I12.
 */
import type { DaysAnswer, UpkeepPlanAnswer } from '@barkeep/api';
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const SPEC = {
  id: 'parts',
  symbols: ['AAA', 'BBB', 'CCC'],
  start: '2013-10-07',
  end: '2013-10-08',
  derivedIntervals: ['5m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  // The first answer without a bar settles its slot, so nothing is requested again unless a test calls upkeep.
  upkeep: { retryMissingBars: false },
};
const MINUTES = 390;
/** Each symbol has two gaps on each of the two days: ten minutes and five. */
const isLacking = (minute: number) => (minute >= 10 && minute < 20) || (minute >= 30 && minute < 35);
const LACKING = 10 + 5;
const STREAMED = MINUTES - LACKING;
const UPKEEP = '/v1/sessions/parts/upkeep';

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  const market = marketBars({ ...SPEC, seed: 11 });
  const rows = [...market].map(([symbol, bars]) => [symbol, bars.filter((_, i) => !isLacking(i % MINUTES))] as const);
  await writeBars(system.databaseUrl, 'stream', new Map(rows));
  await writeBars(system.databaseUrl, 'vendor', new Map()); // it has no bar yet
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  await api.run(SPEC);
  await api.settled('parts');
  await writeBars(system.databaseUrl, 'vendor', market);
});
afterAll(() => system?.close());

it('a dry run names gaps, slots and repositories, and changes nothing', async () => {
  const digest = await api.digest('parts');
  const part = { symbols: ['BBB', 'AAA'], from: '2013-10-08', dryRun: true };
  const { status, body } = await api.call<UpkeepPlanAnswer>('POST', UPKEEP, part);
  expect(status).toBe(200);
  const planOfSymbol = { gaps: 2, slots: LACKING, repositories: ['vendor'] };
  expect(body).toEqual({
    id: 'parts',
    requested: false,
    gaps: 4,
    slots: 2 * LACKING,
    symbols: [
      { symbol: 'AAA', ...planOfSymbol },
      { symbol: 'BBB', ...planOfSymbol },
    ],
  });
  // Three symbols on two days.
  expect(await api.ok('POST', UPKEEP, { dryRun: true })).toMatchObject({ slots: 3 * 2 * LACKING, gaps: 3 * 2 * 2 });
  expect(await api.digest('parts')).toBe(digest);
});

it('I12 a call requests only the symbols and days that it names', async () => {
  const { status } = await api.call('POST', UPKEEP, { symbols: ['AAA'], from: '2013-10-07', to: '2013-10-07' });
  expect(status).toBe(202);
  const { symbols } = await api.eventually(
    () => api.ok<DaysAnswer>('GET', '/v1/sessions/parts/days'),
    (days) => days.symbols[0]!.counts.backfilled?.[0] === LACKING,
  );
  // The numbers are those of the first and the second day.
  const streamed = [STREAMED, STREAMED];
  const unfillable = [LACKING, LACKING];
  expect(symbols).toEqual([
    { symbol: 'AAA', counts: { streamed, backfilled: [LACKING, 0], unfillable: [0, LACKING] } },
    { symbol: 'BBB', counts: { streamed, unfillable } },
    { symbol: 'CCC', counts: { streamed, unfillable } },
  ]);
});

it('two calls for different parts at the same time are both done, and then a call for the whole session', async () => {
  await Promise.all([
    api.ok('POST', UPKEEP, { symbols: ['BBB'], from: '2013-10-07', to: '2013-10-07' }),
    api.ok('POST', UPKEEP, { symbols: ['CCC'], from: '2013-10-07', to: '2013-10-07' }),
  ]);
  const plan = () => api.ok<UpkeepPlanAnswer>('POST', `${UPKEEP}?view=operator`, { dryRun: true });
  // Now only the second day of each symbol has gaps.
  await api.eventually(plan, ({ slots }) => slots === 3 * LACKING);
  await api.ok('POST', UPKEEP);
  await api.eventually(plan, ({ slots }) => slots === 0);
});

it.each([
  [{ symbols: ['NONE'] }, 404, {}],
  [{ symbols: ['NONE'], dryRun: true }, 404, {}],
  [{ symbols: [] }, 400, { problems: [{ field: 'symbols' }] }],
  [{ from: '2013-10-08', to: '2013-10-07' }, 400, { problems: [{ field: 'to' }] }],
  [{ dryrun: true }, 400, { problems: [{ field: 'dryrun' }] }],
])('a call with %j is refused', async (body, status, problem) => {
  expect(await api.call('POST', UPKEEP, body)).toMatchObject({ status, body: problem });
});
