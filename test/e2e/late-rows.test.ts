/**
 * Rows are added to a dataset after a session has streamed it. A call of upkeep adds their bars to the session and changes
 * nothing else.
 * docs/ARCHITECTURE.md lists the invariants, such as I4.
 */
import { Api, type ApiBar } from '../support/system/api.js';
import { REPAIR } from '../support/data/holey-data.js';
import {
  describeWithLean,
  EQUITY_DATES,
  EQUITY_FOLDERS,
  importLean,
  regularRows,
  type Row,
} from '../support/data/lean-data.js';
import { aggregatePlainly, regularHours } from '../support/data/plain-bars.js';
import { TestSystem } from '../support/system/system.js';

const DAYS = EQUITY_DATES.map(regularHours);
/** IBM has no bar in two regular minutes. */
const IBM_UNFILLABLE = 2;
/** Regular bars of the three symbols on six days. */
const LEAN_BARS = 3 * 6 * 390 - IBM_UNFILLABLE;
/** Lengths of the derived intervals in minutes. A bar of `1d` has all minutes of its day. */
const INTERVAL_MINUTES = { '5m': 5, '15m': 15, '30m': 30, '1h': 60, '1d': Infinity };
const SPEC = { ...REPAIR, id: 'late', source: { type: 'dataset', dataset: 'lean' } };

/** The late minutes: the first and the last of a day, all five of a bucket, and two single ones. */
const LATE = [
  { symbol: 'SPY', time: '2013-10-07T13:30:00.000Z' },
  { symbol: 'SPY', time: '2013-10-07T19:59:00.000Z' },
  ...[0, 1, 2, 3, 4].map((minute) => ({ symbol: 'BAC', time: `2013-10-09T15:0${minute}:00.000Z` })),
  { symbol: 'IBM', time: '2013-10-10T16:01:00.000Z' },
  { symbol: 'IBM', time: '2013-10-10T16:44:00.000Z' },
];
/** Parameters: the symbols and the times of {@link LATE}, in two arrays. */
const SELECT_LATE = `SELECT b.* FROM bars b JOIN symbols s ON s.id = b.symbol_id
  WHERE (s.name, b.time) IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))`;

describeWithLean('late rows', () => {
  let system: TestSystem;
  let api: Api;
  let lean: Row[];
  /** The session's bars before the rows are added. */
  let before: ReadonlyMap<string, ApiBar>;

  beforeAll(async () => {
    system = await TestSystem.create();
    await importLean(system, 'lean', EQUITY_FOLDERS);
    lean = await regularRows(system, 'lean');
    await system.query('CREATE TABLE late_bars (LIKE bars)');
    const parameters = [LATE.map(({ symbol }) => symbol), LATE.map(({ time }) => time)];
    await system.query(`INSERT INTO late_bars ${SELECT_LATE}`, parameters);
    await system.query('DELETE FROM bars b USING late_bars l WHERE (b.symbol_id, b.time) = (l.symbol_id, l.time)');
    const [coordinator] = await Promise.all([system.coordinator(), system.worker(), system.worker()]);
    api = new Api(coordinator.url);
    await api.run(SPEC);
    await api.settled('late');
    before = await allBars();
    await system.query('INSERT INTO bars SELECT * FROM late_bars');
    // A row that changes after it was streamed is no late row: the session keeps the streamed bar (I4).
    await system.query(`UPDATE bars SET volume = volume + 1 WHERE time = '2013-10-08T15:00Z'`);
  });
  afterAll(() => system?.close());

  const keyOf = (symbol: string, interval: string, openTime: string) => `${symbol} ${interval} ${openTime}`;

  /** Every bar of the session by {@link keyOf}. */
  async function allBars(): Promise<Map<string, ApiBar>> {
    const found = new Map<string, ApiBar>();
    for (const symbol of SPEC.symbols) {
      for (const interval of ['1m', ...SPEC.derivedIntervals]) {
        const bars = await api.bars('late', symbol, `interval=${interval}&last=10000`);
        for (const bar of bars) found.set(keyOf(symbol, interval, bar.openTime), bar);
      }
    }
    return found;
  }

  /** The open time of the derived bar whose bucket contains a time. @param minutes the bar's length */
  function bucketOpen(time: string, minutes: number): string {
    const { open } = regularHours(time.slice(0, 10));
    if (minutes === Infinity) return open;
    const bucketMs = minutes * 60_000;
    const bucketIndex = Math.floor((Date.parse(time) - Date.parse(open)) / bucketMs);
    return new Date(Date.parse(open) + bucketIndex * bucketMs).toISOString();
  }

  /** Keys of the derived bars whose buckets contain the late minutes. */
  function affectedDerived(): Set<string> {
    const keys = LATE.flatMap(({ symbol, time }) =>
      Object.entries(INTERVAL_MINUTES).map(([interval, minutes]) => keyOf(symbol, interval, bucketOpen(time, minutes))),
    );
    return new Set(keys); // late minutes may share a bucket
  }

  /** Keys of the bars that the session did not have before, or that have changed. */
  function changedKeys(after: ReadonlyMap<string, ApiBar>): string[] {
    const isChanged = (key: string) => JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key));
    return [...after.keys()].filter(isChanged);
  }

  it('the slots of late rows are unfillable before the rows are added', async () => {
    const { counts } = await api.session('late');
    const unfillable = LATE.length + IBM_UNFILLABLE;
    expect(counts).toMatchObject({ filled: LEAN_BARS - LATE.length, backfilled: 0, unfillable });
    expect(before.has(keyOf('BAC', '5m', '2013-10-09T15:00:00.000Z'))).toBe(false); // all its minutes are late
  });

  it('a call of upkeep backfills late rows, and changes only the derived bars of their buckets', async () => {
    await api.ok('POST', '/v1/sessions/late/upkeep');
    const { counts } = await api.until('late', (session) => session.counts.backfilled === LATE.length);
    expect(counts).toMatchObject({ filled: LEAN_BARS, unfillable: IBM_UNFILLABLE, absent: 0, missing: 0 });
    const lateKeys = LATE.map(({ symbol, time }) => keyOf(symbol, '1m', time));
    const expectedChanges = [...lateKeys, ...affectedDerived()].sort();
    const after = await api.eventually(allBars, (bars) => changedKeys(bars).length >= expectedChanges.length);
    expect(changedKeys(after).sort()).toEqual(expectedChanges);
    for (const key of before.keys()) expect(after.has(key)).toBe(true);
    for (const { symbol, time } of LATE) {
      const row = lean.find((other) => other.symbol === symbol && other.time === time)!;
      const { open, high, low, close, volume } = row;
      const bar = after.get(keyOf(symbol, '1m', time));
      expect(bar).toMatchObject({ openTime: time, open, high, low, close, volume, origin: 'backfilled' });
    }
  });

  it('I5 after that each derived bar is the aggregation of all its base bars', async () => {
    for (const symbol of SPEC.symbols) {
      const base = await api.bars('late', symbol, 'interval=1m&last=10000');
      for (const [interval, minutes] of Object.entries(INTERVAL_MINUTES)) {
        const derived = await api.bars('late', symbol, `interval=${interval}&last=10000`);
        expect(derived).toEqual(aggregatePlainly(base, DAYS, minutes));
      }
    }
  });
});
