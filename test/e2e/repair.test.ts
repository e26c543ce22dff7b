/**
 * Worker processes repair a session from a second dataset while it runs. Its source has holes.
 * docs/ARCHITECTURE.md lists the invariants, such as I6.
 */
import { Api } from '../support/system/api.js';
import { IBM_ABSENT, keyOf, makeHoley, REPAIR } from '../support/data/holey-data.js';
import { describeWithLean, EQUITY_DATES, type Row } from '../support/data/lean-data.js';
import { aggregatePlainly, regularHours } from '../support/data/plain-bars.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DAYS = EQUITY_DATES.map(regularHours);
/** Lengths of the derived intervals in minutes. */
const MINUTES = { '5m': 5, '15m': 15, '30m': 30, '1h': 60, '1d': Infinity };

describeWithLean('repair from a second dataset', () => {
  let system: TestSystem;
  let coordinator: SystemProcess;
  let workers: SystemProcess[];
  let api: Api;
  /** The regular rows of the complete dataset, and the keys of those that the source lacks. */
  let lean: Row[];
  let removed: ReadonlySet<string>;

  beforeAll(async () => {
    // Five requests for an absent bar take some seconds: long enough to observe an absent bar, short enough to wait for
    // the last request.
    system = await TestSystem.create({ BARKEEP_BACKOFF_MS: '300' });
    ({ lean, removed } = await makeHoley(system));
    [coordinator, ...workers] = await Promise.all([
      system.coordinator(),
      system.worker(),
      system.worker(),
      system.worker(),
    ]);
    api = new Api(coordinator.url);
  });
  afterAll(() => system?.close());

  const baseBars = (id: string, symbol: string) => api.bars(id, symbol, 'interval=1m&last=10000');

  it('completes without the two minutes that no dataset has, which are unfillable after five attempts', async () => {
    const id = await api.run({ id: 'repaired', ...REPAIR });
    const { counts } = await api.completed(id);
    // Three symbols on six days of 390 minutes.
    expect(counts).toMatchObject({ expected: 7020, filled: 7018, absent: 2, unfillable: 0, missing: 0 });
    const absent = await api.gaps(id, 'IBM');
    expect(absent).toMatchObject(IBM_ABSENT.map((start) => ({ start, bars: 1, status: 'absent' })));
    for (const { attempts } of absent) expect([1, 2, 3, 4]).toContain(attempts);
    await api.settled(id);
    expect(await api.gaps(id, 'IBM')).toMatchObject(
      IBM_ABSENT.map((start) => ({ start, bars: 1, status: 'unfillable', attempts: 5 })),
    );
  });

  it('reaches the quality of the dataset that it is repaired from', async () => {
    const id = await api.run({
      ...REPAIR,
      id: 'reference',
      source: { type: 'dataset', dataset: 'lean' },
      backfill: [],
    });
    await api.completed(id);
    for (const symbol of REPAIR.symbols) {
      const { barQuality, expected, filled } = await api.metrics(id, symbol);
      expect(await api.metrics('repaired', symbol)).toMatchObject({ symbol, barQuality, expected, filled });
    }
  });

  it('I6 accounts for every slot, in the session and in each of its symbols', async () => {
    const { counts } = await api.session('repaired');
    const metrics = await Promise.all(REPAIR.symbols.map((symbol) => api.metrics('repaired', symbol)));
    for (const slots of [counts, ...metrics]) {
      const { expected, filled, streamed, backfilled, noTrade, unfillable, absent, missing } = slots;
      expect(streamed + backfilled).toBe(filled);
      expect(filled + noTrade + unfillable + absent + missing).toBe(expected);
    }
    for (const name of ['expected', 'streamed', 'backfilled', 'unfillable'] as const) {
      expect(metrics.reduce((sum, slots) => sum + slots[name], 0)).toBe(counts[name]);
    }
  });

  it('I4 leaves every streamed bar unchanged and fills the other slots with bars of origin `backfilled`', async () => {
    for (const symbol of REPAIR.symbols) {
      const expected = lean
        .filter((row) => row.symbol === symbol)
        .map((row) => ({ ...row, origin: removed.has(keyOf(row)) ? 'backfilled' : 'streamed' }));
      const bars = (await baseBars('repaired', symbol)).map(
        ({ openTime: time, open, high, low, close, volume, origin }) => {
          return { symbol, time, open, high, low, close, volume, origin };
        },
      );
      expect(bars).toEqual(expected);
      const { streamed, backfilled } = await api.metrics('repaired', symbol);
      const repaired = expected.filter(({ origin }) => origin === 'backfilled').length;
      expect({ streamed, backfilled }).toEqual({ streamed: expected.length - repaired, backfilled: repaired });
    }
  });

  it('I5 derives every bar from exactly the bars in its bucket, and counts them', async () => {
    for (const symbol of REPAIR.symbols) {
      const base = await baseBars('repaired', symbol);
      for (const [interval, minutes] of Object.entries(MINUTES)) {
        const derived = await api.bars('repaired', symbol, `interval=${interval}&last=10000`);
        expect(derived).toEqual(aggregatePlainly(base, DAYS, minutes));
      }
    }
    const incomplete = (await api.bars('repaired', 'IBM', 'interval=5m&last=10000')).filter((bar) => !bar.complete);
    expect(incomplete).toMatchObject([
      { openTime: '2013-10-04T16:35:00.000Z', sourceCount: 4, expectedCount: 5 },
      { openTime: '2013-10-11T16:45:00.000Z', sourceCount: 4, expectedCount: 5 },
    ]);
  });

  it('I1 stores the same bytes with one worker, another coordinator and other barriers', async () => {
    const digest = await api.digest('repaired');
    const otherCoordinator = await system.coordinator();
    const leaving = [coordinator, ...workers.slice(1)].map((process) => process.signal('SIGTERM'));
    expect(await Promise.all(leaving)).toEqual([0, 0, 0]);
    api = new Api(otherCoordinator.url);
    const barriers = ['day', 'none', { minutes: 30 }];
    const ids = await Promise.all(
      barriers.map((barrier, i) => api.run({ ...REPAIR, id: `again-${i}`, upkeep: { barrier } })),
    );
    for (const id of ids) {
      const { counts } = await api.settled(id);
      expect(counts).toMatchObject({ filled: 7018, unfillable: 2 });
      expect(await api.digest(id)).toBe(digest);
    }
  });
});
