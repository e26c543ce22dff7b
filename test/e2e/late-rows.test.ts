/**
 * Rows are added to a dataset after a session has streamed it. A call of upkeep adds their bars to the session and changes
 * nothing else.
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
/** Regular bars of the three symbols on six days: 3 × 6 × 390, but two minutes of IBM have none. */
const LEAN_BARS = 7018;
/** Lengths of the derived intervals in minutes. A bar of `1d` has all minutes of its day. */
const MINUTES = { '5m': 5, '15m': 15, '30m': 30, '1h': 60, '1d': Infinity };
const SPEC = { ...REPAIR, id: 'late', source: { type: 'dataset', dataset: 'lean' } };

/** The late minutes, as `SYMBOL TIME`: the first and the last of a day, a whole bucket of five, and two single ones. */
const LATE = [
  'SPY 2013-10-07T13:30:00.000Z',
  'SPY 2013-10-07T19:59:00.000Z',
  ...[0, 1, 2, 3, 4].map((minute) => `BAC 2013-10-09T15:0${minute}:00.000Z`),
  'IBM 2013-10-10T16:01:00.000Z',
  'IBM 2013-10-10T16:44:00.000Z',
];
/** Parameters: the symbols and the times of {@link LATE}. */
const SELECT_LATE = `SELECT b.* FROM bars b JOIN symbols s ON s.id = b.symbol_id
  WHERE (s.name, b.time) IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))`;

describeWithLean('late rows', () => {
  let system: TestSystem;
  let api: Api;
  let lean: Row[];
  /** All bars before the rows are added. */
  let before: ReadonlyMap<string, ApiBar>;

  beforeAll(async () => {
    system = await TestSystem.create();
    await importLean(system, 'lean', EQUITY_FOLDERS);
    lean = await regularRows(system, 'lean');
    await system.query('CREATE TABLE late_bars (LIKE bars)');
    const lateKeys = LATE.map((late) => late.split(' '));
    const [symbols, times] = [lateKeys.map(([symbol]) => symbol), lateKeys.map(([, time]) => time)];
    await system.query(`INSERT INTO late_bars ${SELECT_LATE}`, [symbols, times]);
    await system.query('DELETE FROM bars b USING late_bars l WHERE (b.symbol_id, b.time) = (l.symbol_id, l.time)');
    const [coordinator] = await Promise.all([system.coordinator(), system.worker(), system.worker()]);
    api = new Api(coordinator.url);
    await api.run(SPEC);
    await api.settled('late');
    before = await allBars();
    await system.query('INSERT INTO bars SELECT * FROM late_bars');
    // A row that changes after it was streamed is not a late row: the session keeps the streamed bar (I4).
    await system.query(`UPDATE bars SET volume = volume + 1 WHERE time = '2013-10-08T15:00Z'`);
  });
  afterAll(() => system?.close());

  /** Every bar of the session by `SYMBOL INTERVAL OPEN-TIME`. */
  async function allBars(): Promise<Map<string, ApiBar>> {
    const found = new Map<string, ApiBar>();
    for (const symbol of SPEC.symbols) {
      for (const interval of ['1m', ...SPEC.derivedIntervals]) {
        const bars = await api.bars('late', symbol, `interval=${interval}&last=10000`);
        for (const bar of bars) found.set(`${symbol} ${interval} ${bar.openTime}`, bar);
      }
    }
    return found;
  }

  /** Keys of the derived bars whose buckets contain the late minutes. */
  function affectedDerived(): string[] {
    const keys = LATE.flatMap((late) => {
      const [symbol, time] = late.split(' ') as [string, string];
      const open = Date.parse(regularHours(time.slice(0, 10)).open);
      return Object.entries(MINUTES).map(([interval, minutes]) => {
        if (minutes === Infinity) return `${symbol} ${interval} ${new Date(open).toISOString()}`;
        const bucketMs = minutes * 60_000;
        const start = open + Math.floor((Date.parse(time) - open) / bucketMs) * bucketMs;
        return `${symbol} ${interval} ${new Date(start).toISOString()}`;
      });
    });
    return [...new Set(keys)];
  }

  it('are unfillable slots before they are added', async () => {
    const { counts } = await api.session('late');
    // The two others are the minutes of IBM that no dataset has.
    expect(counts).toMatchObject({ filled: LEAN_BARS - LATE.length, backfilled: 0, unfillable: LATE.length + 2 });
    expect(before.has('BAC 5m 2013-10-09T15:00:00.000Z')).toBe(false);
  });

  it('are backfilled by a call of upkeep, which changes only the derived bars of their buckets', async () => {
    await api.ok('POST', '/v1/sessions/late/upkeep');
    const { counts } = await api.until('late', (session) => session.counts.backfilled === LATE.length);
    expect(counts).toMatchObject({ filled: LEAN_BARS, unfillable: 2, absent: 0, missing: 0 });
    const baseKeyOf = (late: string) => late.replace(' ', ' 1m ');
    const expectedChanges = [...LATE.map(baseKeyOf), ...affectedDerived()].sort();
    const changes = await api.eventually(
      async () => {
        const after = await allBars();
        const changed = [...after].filter(([key, bar]) => JSON.stringify(before.get(key)) !== JSON.stringify(bar));
        return { after, changed: changed.map(([key]) => key).sort() };
      },
      ({ changed }) => changed.length >= expectedChanges.length,
    );
    expect(changes.changed).toEqual(expectedChanges);
    for (const key of before.keys()) expect(changes.after.has(key)).toBe(true);
    for (const late of LATE) {
      const { origin, openTime: time, ...bar } = changes.after.get(baseKeyOf(late))!;
      const row = lean.find((other) => `${other.symbol} ${other.time}` === late)!;
      expect({ symbol: row.symbol, time, ...bar }).toMatchObject(row);
      expect(origin).toBe('backfilled');
    }
  });

  it('I5 leave derived bars that are the aggregation of all base bars', async () => {
    for (const symbol of SPEC.symbols) {
      const base = await api.bars('late', symbol, 'interval=1m&last=10000');
      for (const [interval, minutes] of Object.entries(MINUTES)) {
        const derived = await api.bars('late', symbol, `interval=${interval}&last=10000`);
        expect(derived).toEqual(aggregatePlainly(base, DAYS, minutes));
      }
    }
  });
});
