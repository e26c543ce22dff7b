/** Upkeep of a part of a session, on a coordinator and a worker: a dry run counts gaps, and a real call requests bars. */
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
/** Minutes in the two gaps that each symbol has on each of the two days, and the other minutes. */
const LACKING = 15;
const STREAMED = MINUTES - LACKING;

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  const market = marketBars({ ...SPEC, seed: 11 });
  // Each symbol lacks the minutes 10 to 19 and 30 to 34 of each day. The vendor has no bar yet.
  const isLacking = (minute: number) => (minute >= 10 && minute < 20) || (minute >= 30 && minute < 35);
  const rows = [...market].map(([symbol, bars]) => [symbol, bars.filter((_, i) => !isLacking(i % MINUTES))] as const);
  await writeBars(system.databaseUrl, 'stream', new Map(rows));
  await writeBars(system.databaseUrl, 'vendor', new Map());
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  await api.run(SPEC);
  await api.settled('parts');
  await writeBars(system.databaseUrl, 'vendor', market);
});
afterAll(() => system?.close());

const upkeep = '/v1/sessions/parts/upkeep';

it('a dry run names gaps, slots and repositories, and changes nothing', async () => {
  const digest = await api.digest('parts');
  const part = { symbols: ['BBB', 'AAA'], from: '2013-10-08', dryRun: true };
  const { status, body } = await api.call<UpkeepPlanAnswer>('POST', upkeep, part);
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
  expect(await api.ok('POST', upkeep, { dryRun: true })).toMatchObject({ slots: 3 * 2 * LACKING, gaps: 3 * 2 * 2 });
  expect(await api.digest('parts')).toBe(digest);
});

it('I12 requests only the symbols and days that the call names', async () => {
  const { status } = await api.call('POST', upkeep, { symbols: ['AAA'], from: '2013-10-07', to: '2013-10-07' });
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
    api.ok('POST', upkeep, { symbols: ['BBB'], from: '2013-10-07', to: '2013-10-07' }),
    api.ok('POST', upkeep, { symbols: ['CCC'], from: '2013-10-07', to: '2013-10-07' }),
  ]);
  const slots = () => api.ok<UpkeepPlanAnswer>('POST', `${upkeep}?view=operator`, { dryRun: true });
  // Now only the second day of each symbol has gaps.
  await api.eventually(slots, (plan) => plan.slots === 3 * LACKING);
  await api.ok('POST', upkeep);
  await api.eventually(slots, (plan) => plan.slots === 0);
});

it.each([
  [{ symbols: ['NONE'] }, 404, {}],
  [{ symbols: ['NONE'], dryRun: true }, 404, {}],
  [{ symbols: [] }, 400, { problems: [{ field: 'symbols' }] }],
  [{ from: '2013-10-08', to: '2013-10-07' }, 400, { problems: [{ field: 'to' }] }],
  [{ dryrun: true }, 400, { problems: [{ field: 'dryrun' }] }],
])('refuses %j', async (body, status, problem) => {
  expect(await api.call('POST', upkeep, body)).toMatchObject({ status, body: problem });
});
