/**
 * What happens to the holes of a session when its repositories fail, answer invalid bars, have other bars than the
 * source, or do not exist.
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

describeWithLean('repair from repositories of all kinds', () => {
  let system: TestSystem;
  let repositories: RepositoriesModule;
  let api: Api;
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

  const lacking = (symbol: string, date = '') => removed.filter((key) => key.startsWith(`${symbol} ${date}`)).length;

  it('waits with its clock for one that throws four times, and has the bars in place then', async () => {
    const spec = { ...REPAIR, id: 'flaky', symbols: ['SPY', 'IBM'], end: '2013-10-07', backfill: ['flaky'] };
    const id = await api.run(spec);
    const waiting = await api.until(id, ({ state }) => state === 'waiting-upkeep');
    expect(waiting).toMatchObject({ clock: '2013-10-04T13:30:00.000Z', counts: { backfilled: 0 } });
    expect(await api.bars(id, 'SPY', 'last=10')).toEqual([]); // I2: the bars are streamed but not repaired yet
    for (const symbol of spec.symbols) {
      const gaps = await api.eventually(
        async () => (await api.gaps(id, symbol)).filter(({ start }) => start.startsWith('2013-10-04')),
        (found) => found[0]?.lastError !== null,
      );
      expect(gaps.length).toBeGreaterThan(5);
      for (const gap of gaps) expect(gap).toMatchObject({ status: 'missing', attempts: 0, lastError: FLAKY_ERROR });
    }
    await api.completed(id);
    expect(await api.metrics(id, 'SPY')).toMatchObject({ barQuality: 100, filled: 780, gapCount: 0 });
    const settled = await api.settled(id);
    expect(settled.counts).toMatchObject({ filled: 2 * 780 - 1, unfillable: 1 });
    const requests = await repositories.requestCounts();
    expect(requests.get('flaky SPY 2013-10-04')).toBe(FLAKY_THROWS + 1);
    expect(requests.get('flaky SPY 2013-10-07')).toBe(FLAKY_THROWS + 1);
    expect(requests.get('flaky IBM 2013-10-07')).toBe(FLAKY_THROWS + 1);
    // IBM lacks this minute in every dataset. Five answers without the bar settle it; a failure does not count as an
    // answer.
    expect(requests.get('flaky IBM 2013-10-04')).toBe(FLAKY_THROWS + 5);
  });

  it('I7 keeps the good ones of its records, and counts the bad ones with their reasons', async () => {
    const spec = { ...REPAIR, id: 'sloppy', symbols: ['SPY'], end: '2013-10-04', backfill: ['sloppy'] };
    const id = await api.run(spec);
    const { counts } = await api.completed(id);
    expect(counts).toMatchObject({ filled: 390, backfilled: lacking('SPY', '2013-10-04'), missing: 0, absent: 0 });
    expect(counts.refused).toBe(Object.values(SLOPPY_RECORDS).reduce((sum, count) => sum + count));
    expect((await repositories.requestCounts()).get('sloppy SPY 2013-10-04')).toBe(1);
  });

  it('counts minutes that a dataset declared complete lacks as minutes without a trade', async () => {
    await importLean(system, 'whole', ['equity/usa/minute/ibm'], '--complete');
    const id = await api.run({ ...REPAIR, id: 'whole', symbols: ['IBM'], backfill: ['whole'] });
    await api.completed(id);
    expect(await api.metrics(id, 'IBM')).toMatchObject({
      expected: 2340,
      filled: 2338,
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
    ['with one that is no repository', ['odd']],
  ])('%s it finds the gaps, fills none and does not wait', async (name, backfill) => {
    const id = await api.run({ ...REPAIR, id: name.replaceAll(' ', '-'), backfill });
    const { counts } = await api.completed(id);
    expect(counts).toMatchObject({ expected: 7020, filled: 7018 - removed.length, backfilled: 0, missing: 0 });
    expect(counts.absent).toBe(removed.length + IBM_ABSENT.length);
    for (const symbol of REPAIR.symbols) {
      const gaps = await api.gaps(id, symbol);
      const gone = lacking(symbol) + (symbol === 'IBM' ? IBM_ABSENT.length : 0);
      expect(gaps.reduce((sum, { bars }) => sum + bars, 0)).toBe(gone);
      for (const gap of gaps) expect(gap).toMatchObject({ status: 'absent', attempts: 0, lastError: null });
      expect(await api.metrics(id, symbol)).toMatchObject({ filled: 2340 - gone, gapCount: gaps.length });
    }
    const base = await api.bars(id, 'BAC', 'interval=1m&last=10000');
    const plain = aggregatePlainly(base, EQUITY_DATES.map(regularHours), 15);
    expect(await api.bars(id, 'BAC', 'interval=15m&last=10000')).toEqual(plain);
  });
});
