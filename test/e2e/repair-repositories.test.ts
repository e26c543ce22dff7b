/**
 * The gaps of a session when its repositories fail, return invalid bars, are declared complete, or do not exist.
 * docs/ARCHITECTURE.md lists the invariants, such as I7.
 */
import { Api } from '../support/system/api.js';
import { IBM_ABSENT, makeHoley, REPAIR } from '../support/data/holey-data.js';
import { describeWithLean, EQUITY_DATES, importLean } from '../support/data/lean-data.js';
import { aggregatePlainly, regularHours } from '../support/data/plain-bars.js';
import {
  FLAKY_ERROR,
  FLAKY_THROWS,
  RepositoriesModule,
  SLOPPY_RECORDS,
} from '../support/programs/repositories-module.js';
import { TestSystem } from '../support/system/system.js';

const DAY_SLOTS = 390;
/** Slots of a symbol on all six days. */
const SYMBOL_SLOTS = 6 * DAY_SLOTS;

describeWithLean('repair from repositories of all kinds', () => {
  let system: TestSystem;
  let repositories: RepositoriesModule;
  let api: Api;
  /** Keys (`SYMBOL TIME`) of the bars that dataset `holey` lacks, and `lean` has. */
  let removed: string[];

  beforeAll(async () => {
    system = await TestSystem.create({ BARKEEP_BACKOFF_MS: '300' });
    const { lean, removed: keys } = await makeHoley(system);
    removed = [...keys];
    repositories = await RepositoriesModule.create(lean);
    const env = { BARKEEP_REPOSITORIES: repositories.path };
    const [coordinator] = await Promise.all([system.coordinator(env), system.worker(env), system.worker(env)]);
    api = new Api(coordinator.url);
  });
  afterAll(async () => {
    await system?.close();
    await repositories?.remove();
  });

  /** Number of bars of a symbol, on one date or on all, that `holey` lacks and `lean` has. */
  const removedCount = (symbol: string, date = '') =>
    removed.filter((key) => key.startsWith(`${symbol} ${date}`)).length;

  it('the clock waits for a repository that throws four times, and then the gaps are filled', async () => {
    const symbols = ['SPY', 'IBM'];
    const id = await api.run({ ...REPAIR, id: 'flaky', symbols, end: '2013-10-07', backfill: ['flaky'] });
    const waiting = await api.until(id, ({ state }) => state === 'waiting-upkeep');
    expect(waiting).toMatchObject({ clock: '2013-10-04T13:30:00.000Z', counts: { backfilled: 0 } });
    // The bars are streamed, but the day is not repaired yet.
    expect(await api.bars(id, 'SPY', 'last=10')).toEqual([]);
    for (const symbol of symbols) {
      const gapsOfFirstDay = async () =>
        (await api.gaps(id, symbol)).filter(({ start }) => start.startsWith('2013-10-04'));
      const gaps = await api.eventually(gapsOfFirstDay, (found) => found.every(({ lastError }) => lastError !== null));
      expect(gaps.length).toBeGreaterThan(5);
      for (const gap of gaps) expect(gap).toMatchObject({ status: 'missing', attempts: 0, lastError: FLAKY_ERROR });
    }
    await api.completed(id);
    expect(await api.metrics(id, 'SPY')).toMatchObject({ barQuality: 100, filled: 2 * DAY_SLOTS, gapCount: 0 });
    // IBM lacks one of these minutes in every dataset.
    const settled = await api.settled(id);
    expect(settled.counts).toMatchObject({ filled: 2 * 2 * DAY_SLOTS - 1, unfillable: 1 });
    const requests = await repositories.requestCounts();
    expect(requests.get('flaky SPY 2013-10-04')).toBe(FLAKY_THROWS + 1);
    expect(requests.get('flaky SPY 2013-10-07')).toBe(FLAKY_THROWS + 1);
    expect(requests.get('flaky IBM 2013-10-07')).toBe(FLAKY_THROWS + 1);
    // Five answers without the bar settle its slot; a failure does not count as an answer.
    expect(requests.get('flaky IBM 2013-10-04')).toBe(FLAKY_THROWS + 5);
  });

  it('I7 the valid records of a repository are stored, and its invalid ones are counted as refused', async () => {
    const spec = { ...REPAIR, id: 'sloppy', symbols: ['SPY'], end: '2013-10-04', backfill: ['sloppy'] };
    const id = await api.run(spec);
    const { counts } = await api.completed(id);
    const backfilled = removedCount('SPY', '2013-10-04');
    expect(counts).toMatchObject({ filled: DAY_SLOTS, backfilled, missing: 0, absent: 0 });
    expect(counts.refused).toBe(Object.values(SLOPPY_RECORDS).reduce((sum, count) => sum + count));
    expect((await repositories.requestCounts()).get('sloppy SPY 2013-10-04')).toBe(1);
  });

  it('minutes that a dataset declared complete lacks are counted as minutes without a trade', async () => {
    await importLean(system, 'whole', ['equity/usa/minute/ibm'], '--complete');
    const id = await api.run({ ...REPAIR, id: 'whole', symbols: ['IBM'], backfill: ['whole'] });
    await api.completed(id);
    expect(await api.metrics(id, 'IBM')).toMatchObject({
      expected: SYMBOL_SLOTS,
      filled: SYMBOL_SLOTS - 2,
      noTrade: 2,
      unfillable: 0,
      absent: 0,
      gapCount: 0,
      barQuality: 100,
    });
    expect(await api.gaps(id, 'IBM')).toEqual([]);
  });

  it.each([
    ['without a repository', []],
    ['with an object that is no repository', ['odd']],
  ])('%s a session finds its gaps, fills none and does not wait', async (name, backfill) => {
    const id = await api.run({ ...REPAIR, id: name.replaceAll(' ', '-'), backfill });
    const { counts } = await api.completed(id);
    const absentOfAll = removed.length + IBM_ABSENT.length;
    const expected = 3 * SYMBOL_SLOTS;
    expect(counts).toMatchObject({ expected, filled: expected - absentOfAll, backfilled: 0, missing: 0 });
    expect(counts.absent).toBe(absentOfAll);
    for (const symbol of REPAIR.symbols) {
      const gaps = await api.gaps(id, symbol);
      const absent = removedCount(symbol) + (symbol === 'IBM' ? IBM_ABSENT.length : 0);
      expect(gaps.reduce((sum, { bars }) => sum + bars, 0)).toBe(absent);
      for (const gap of gaps) expect(gap).toMatchObject({ status: 'absent', attempts: 0, lastError: null });
      expect(await api.metrics(id, symbol)).toMatchObject({ filled: SYMBOL_SLOTS - absent, gapCount: gaps.length });
    }
    // Bars are derived in spite of the gaps.
    const minutes = await api.bars(id, 'BAC', 'interval=1m&last=10000');
    const derived = await api.bars(id, 'BAC', 'interval=15m&last=10000');
    expect(derived).toEqual(aggregatePlainly(minutes, EQUITY_DATES.map(regularHours), 15));
  });
});
