/**
 * Sessions with a history, on real minute bars. The history, the days before the first date of the spec, is stored,
 * repaired and derived before the first bar of that date. The retained days move with the clock.
 */
import { calendarNamed } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { describeWithLean, EQUITY_DATES, equityRows, importLean } from '../support/data/lean-data.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['SPY', 'IBM', 'BAC'];
const EQUITIES = {
  symbols: SYMBOLS,
  start: '2013-10-09',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
};
/** The three trading days before the first date. Each has 390 minutes, but IBM has no bar in one of them. */
const HISTORY = ['2013-10-04', '2013-10-07', '2013-10-08'];
const HISTORY_BARS = { SPY: 1170, IBM: 1169, BAC: 1170 };
/** What a session with this history shows of it. */
const SHOWN_HISTORY = { days: 3, firstDate: HISTORY[0], calendarBegins: false, bars: HISTORY_BARS };

describeWithLean('a session with a history', () => {
  let system: TestSystem;
  let coordinators: SystemProcess[];
  let api: Api;
  const redis = new Redis(process.env['SESSION_REDIS_URL']!);

  beforeAll(async () => {
    system = await TestSystem.create();
    await importLean(system, 'lean', ['equity']);
    coordinators = await Promise.all([system.coordinator(), system.coordinator()]);
    await Promise.all([system.worker(), system.worker()]);
    api = new Api(coordinators[0]!.url);
  });
  afterAll(async () => {
    const keys: string[] = [];
    for await (const found of redis.scanStream({ match: `${system.sessionPrefix}:*`, count: 1_000 }))
      keys.push(...(found as string[]));
    if (keys.length > 0) await redis.unlink(...keys);
    redis.disconnect();
    await system?.close();
  });

  const run = async (spec: object): Promise<Session> => api.completed(await api.run(spec));
  /** Dates for which the store has chunks of this symbol. A chunk's key ends with its date. */
  const datesStored = async (id: string, symbol: string, interval = '1m'): Promise<string[]> => {
    const found: string[] = [];
    const match = `${system.sessionPrefix}:{${id}:0}:chunk:${interval}:${symbol}:*`;
    for await (const keys of redis.scanStream({ match, count: 1_000 })) found.push(...(keys as string[]));
    return found.map((key) => key.slice(-10)).sort();
  };

  it('I2 has the three trading days of its history, and they do not count in its figures', async () => {
    const spec = { ...EQUITIES, id: 'trailing', end: '2013-10-09', history: { trailingDays: 3 } };
    const session = await run(spec);
    expect(session.history).toEqual(SHOWN_HISTORY);
    // One day of three symbols.
    expect(session.counts).toMatchObject({ expected: 3 * 390, filled: 3 * 390, streamed: 3 * 390, missing: 0 });
    expect(session.progress).toBe(1);
    expect(await datesStored('trailing', 'SPY')).toEqual([...HISTORY, '2013-10-09']);
    const bars = await api.bars('trailing', 'SPY', 'interval=1m&last=10000');
    expect(bars.map(({ origin }) => origin)).toEqual([
      ...Array.from({ length: 1170 }, () => 'historical'),
      ...Array.from({ length: 390 }, () => 'streamed'),
    ]);
    const rows = [...HISTORY, '2013-10-09'].flatMap((date) => equityRows('SPY', date));
    const byTime = new Map(rows.map((row) => [row.time, row]));
    for (const { openTime, open, high, low, close, volume } of bars) {
      expect(byTime.get(openTime)).toMatchObject({ open, high, low, close, volume });
    }
    expect(await api.bars('trailing', 'IBM', 'interval=5m&last=10000')).toHaveLength(4 * 78);
    expect(await api.metrics('trailing', 'IBM')).toMatchObject({ expected: 390, filled: 390, gapCount: 0 });
    expect(await api.gaps('trailing', 'IBM')).toEqual([]);
  });

  it('keeps three days with retainDays 3: at each day change the oldest day is removed', async () => {
    const spec = { ...EQUITIES, id: 'three-days', history: { trailingDays: 3, retainDays: 3 } };
    const session = await run(spec);
    expect(session.history?.bars).toEqual(HISTORY_BARS);
    const kept = ['2013-10-09', '2013-10-10', '2013-10-11'];
    for (const symbol of SYMBOLS) {
      for (const interval of ['1m', '5m', '15m'])
        expect(await datesStored('three-days', symbol, interval)).toEqual(kept);
    }
    const [oldest] = await api.bars('three-days', 'SPY', 'interval=1m&last=10000');
    expect(oldest!.openTime).toBe('2013-10-09T13:30:00.000Z');
    expect(await api.bars('three-days', 'SPY', 'from=2013-10-01&to=2013-10-09T13:30:00Z')).toEqual([]);
    // IBM has no bar in one minute of 11 October.
    expect(session.counts).toMatchObject({ expected: 3 * 3 * 390, streamed: 3 * 3 * 390 - 1 });
    expect(await api.gaps('three-days', 'IBM')).toHaveLength(1);
    // No removed day comes back, even when upkeep requests every slot again.
    await api.ok('POST', '/v1/sessions/three-days/upkeep');
    await run({ ...EQUITIES, id: 'four-days', history: { trailingDays: 3, retainDays: 4 } });
    expect(await datesStored('four-days', 'BAC')).toEqual(['2013-10-08', ...kept]);
    expect(await datesStored('three-days', 'SPY')).toEqual(kept);
    expect(await api.call('DELETE', '/v1/sessions/three-days')).toMatchObject({ status: 204 });
    expect(await redis.keys(`${system.sessionPrefix}:{three-days:0}*`)).toEqual([]);
  });

  it('keeps all days by default, with the same chunks as a session without a history', async () => {
    await run({ ...EQUITIES, id: 'all', history: { trailingDays: 3 } });
    for (const symbol of SYMBOLS) expect(await datesStored('all', symbol)).toEqual(EQUITY_DATES);
    await run({ ...EQUITIES, id: 'plain' });
    const chunk = (id: string, interval: string) =>
      redis.getBuffer(`${system.sessionPrefix}:{${id}:0}:chunk:${interval}:SPY:2013-10-09`);
    for (const interval of ['1m', '5m', '15m'])
      expect(await chunk('all', interval)).toEqual(await chunk('plain', interval));
    expect((await api.session('plain')).history).toBeNull();
  });

  it('has at least the number of bars in the spec, in as many days as that takes', async () => {
    const history = { bars: 100, interval: '5m', retainDays: 2 };
    const session = await run({ ...EQUITIES, id: 'bars', history });
    // A day has 78 bars of five minutes, so 100 bars take two days.
    expect(session.history).toMatchObject({ days: 2, firstDate: '2013-10-07', bars: { SPY: 156, IBM: 156, BAC: 156 } });
    // IBM has 1,169 bars of one minute in three days.
    const ofMinutes = await run({ ...EQUITIES, id: 'bars-1m', history: { bars: 1169, interval: '1m' } });
    expect(ofMinutes.history).toMatchObject({ days: 3, bars: HISTORY_BARS });
    const start = Date.parse('2013-10-09T13:30:00Z');
    const bars = await api.bars('bars-1m', 'IBM', `from=2000-01-01&to=${start}`);
    expect(bars).toHaveLength(1169);
  });

  it('shows the bars of each symbol when the dataset has fewer than the spec names', async () => {
    const session = await run({ ...EQUITIES, id: 'short', history: { bars: 1170, interval: '1m' } });
    expect(session.history).toEqual(SHOWN_HISTORY);
    const firstDay = { start: '2013-10-04', end: '2013-10-04' };
    const none = await run({ ...EQUITIES, ...firstDay, id: 'none', history: { bars: 10, interval: '1m' } });
    const noBars = { SPY: 0, IBM: 0, BAC: 0 };
    expect(none.history).toEqual({ days: 0, firstDate: null, calendarBegins: false, bars: noBars });
  });

  it('is refused when its bars take more days than are retained', async () => {
    const refused = await api.call('POST', '/v1/sessions', {
      ...EQUITIES,
      history: { bars: 200, interval: '5m', retainDays: 2 },
    });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({
      problems: [
        { field: 'history.retainDays', expected: '0, or at least 3, the trading days that 200 bars take', was: '2' },
      ],
    });
  });

  it('shows that the calendar begins within the history', async () => {
    const { firstDate } = calendarNamed('24/7');
    // Before the third day of the calendar only two of the five days of history exist.
    const third = new Date(Date.parse(firstDate) + 2 * 86_400_000).toISOString().slice(0, 10);
    const spec = { ...EQUITIES, id: 'early', calendar: '24/7', start: third, end: third };
    const { history } = await run({ ...spec, history: { trailingDays: 5 } });
    expect(history).toMatchObject({ days: 2, firstDate, calendarBegins: true, bars: { SPY: 0 } });
  });

  it('has no day at the weekend, and 960 slots in a day of extended hours', async () => {
    const spec = {
      id: 'aapl',
      symbols: ['AAPL'],
      start: '2014-06-09',
      end: '2014-06-09',
      hours: 'extended',
      source: EQUITIES.source,
      history: { trailingDays: 2 },
    };
    const session = await run(spec);
    expect(session.history).toMatchObject({ days: 2, firstDate: '2014-06-05' });
    expect(session.counts.expected).toBe(960);
    expect(await datesStored('aapl', 'AAPL')).toEqual(['2014-06-05', '2014-06-06', '2014-06-09']);
    const { counts } = await run({ ...spec, id: 'aapl-days', start: '2014-06-05', history: {} });
    expect(counts.expected).toBe(3 * 960);
  });

  it('is complete before the first bar after it even when the session has no barrier', async () => {
    const spec = { ...EQUITIES, history: { trailingDays: 3 }, upkeep: { barrier: 'none' } };
    const session = await run({ ...spec, id: 'no-barrier' });
    expect(session.history?.bars).toEqual(HISTORY_BARS);
    await api.until('no-barrier', ({ watermark, frontier }) => watermark === frontier);
    expect(await api.digest('no-barrier')).toBe(await api.digest('all'));
    // Without a barrier a day may be removed before upkeep has reached it. Upkeep continues with the retained days.
    await run({ ...spec, id: 'no-barrier-1', history: { trailingDays: 1, retainDays: 1 } });
    await api.until('no-barrier-1', ({ watermark, frontier }) => watermark === frontier);
    for (const interval of ['1m', '5m', '15m'])
      expect(await datesStored('no-barrier-1', 'IBM', interval)).toEqual(['2013-10-11']);
  });
});
