/**
 * Sessions with a history, on real minute bars. The history is the days before the first date of the spec. It is stored,
 * repaired and derived before the first bar of that date. As the clock moves, days that are no longer retained are removed.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { calendarNamed } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { Api, type Session } from '../support/system/api.js';
import { describeWithLean, EQUITY_DATES, equityRows, importLean } from '../support/data/lean-data.js';
import { removeKeys } from '../support/sessions/remove-keys.js';
import { TestSystem } from '../support/system/system.js';

const SYMBOLS = ['SPY', 'IBM', 'BAC'];
const EQUITIES = {
  symbols: SYMBOLS,
  start: '2013-10-09',
  end: '2013-10-11',
  source: { type: 'dataset', dataset: 'lean' },
};
const STORED_INTERVALS = ['1m', '5m', '15m'];
/** Minutes, and bars of five minutes, of one symbol on a day. */
const [DAY_MINUTES, DAY_FIVES] = [390, 78];
/** The three trading days before the first date. IBM has no bar in one of their minutes. */
const HISTORY = ['2013-10-04', '2013-10-07', '2013-10-08'];
const HISTORY_MINUTES = 3 * DAY_MINUTES;
const HISTORY_BARS = { SPY: HISTORY_MINUTES, IBM: HISTORY_MINUTES - 1, BAC: HISTORY_MINUTES };
/** What a session with this history shows of it. */
const SHOWN_HISTORY = { days: 3, firstDate: HISTORY[0], calendarBegins: false, bars: HISTORY_BARS };

describeWithLean('a session with a history', () => {
  let system: TestSystem;
  let api: Api;
  const redis = new Redis(process.env['SESSION_REDIS_URL']!);

  beforeAll(async () => {
    system = await TestSystem.create();
    await importLean(system, 'lean', ['equity']);
    const [coordinator] = await Promise.all([system.coordinator(), system.coordinator()]);
    await Promise.all([system.worker(), system.worker()]);
    api = new Api(coordinator.url);
  });
  afterAll(async () => {
    await removeKeys(redis, `${system.sessionPrefix}:`);
    redis.disconnect();
    await system?.close();
  });

  const run = async (spec: object): Promise<Session> => api.completed(await api.run(spec));
  const chunkKey = (id: string, interval: string, symbol: string, date: string) =>
    `${system.sessionPrefix}:{${id}:0}:chunk:${interval}:${symbol}:${date}`;
  /** Dates for which the store has chunks of this symbol. */
  const datesStored = async (id: string, symbol: string, interval = '1m'): Promise<string[]> => {
    const keys = await redis.keys(chunkKey(id, interval, symbol, '*'));
    return keys.map((key) => key.slice(-'YYYY-MM-DD'.length)).sort();
  };

  it('I2 has the three trading days of its history, and they do not count in its figures', async () => {
    const spec = { ...EQUITIES, id: 'trailing', end: '2013-10-09', history: { trailingDays: 3 } };
    const session = await run(spec);
    expect(session.history).toEqual(SHOWN_HISTORY);
    const slots = SYMBOLS.length * DAY_MINUTES;
    expect(session.counts).toMatchObject({ expected: slots, filled: slots, streamed: slots, missing: 0 });
    expect(session.progress).toBe(1);
    expect(await datesStored('trailing', 'SPY')).toEqual([...HISTORY, '2013-10-09']);
    const bars = await api.bars('trailing', 'SPY', 'interval=1m&last=10000');
    expect(bars.map(({ origin }) => origin)).toEqual([
      ...Array.from({ length: HISTORY_MINUTES }, () => 'historical'),
      ...Array.from({ length: DAY_MINUTES }, () => 'streamed'),
    ]);
    const rows = [...HISTORY, '2013-10-09'].flatMap((date) => equityRows('SPY', date));
    const byTime = new Map(rows.map((row) => [row.time, row]));
    for (const { openTime, open, high, low, close, volume } of bars) {
      expect(byTime.get(openTime)).toMatchObject({ open, high, low, close, volume });
    }
    expect(await api.bars('trailing', 'IBM', 'interval=5m&last=10000')).toHaveLength(4 * DAY_FIVES);
    const metrics = await api.metrics('trailing', 'IBM');
    expect(metrics).toMatchObject({ expected: DAY_MINUTES, filled: DAY_MINUTES, gapCount: 0 });
    expect(await api.gaps('trailing', 'IBM')).toEqual([]);
  });

  it('keeps three days with retainDays 3: at each day change the oldest day is removed', async () => {
    const spec = { ...EQUITIES, id: 'three-days', history: { trailingDays: 3, retainDays: 3 } };
    const session = await run(spec);
    expect(session.history?.bars).toEqual(HISTORY_BARS);
    const kept = ['2013-10-09', '2013-10-10', '2013-10-11'];
    for (const symbol of SYMBOLS)
      for (const interval of STORED_INTERVALS) expect(await datesStored('three-days', symbol, interval)).toEqual(kept);
    const [oldest] = await api.bars('three-days', 'SPY', 'interval=1m&last=10000');
    expect(oldest!.openTime).toBe('2013-10-09T13:30:00.000Z');
    expect(await api.bars('three-days', 'SPY', 'from=2013-10-01&to=2013-10-09T13:30:00Z')).toEqual([]);
    // IBM has no bar in one minute of 11 October.
    const slots = 3 * SYMBOLS.length * DAY_MINUTES;
    expect(session.counts).toMatchObject({ expected: slots, streamed: slots - 1 });
    expect(await api.gaps('three-days', 'IBM')).toHaveLength(1);

    // No removed day comes back, even when upkeep requests every slot again. The other session gives upkeep time for it.
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
    const chunk = (id: string, interval: string) => redis.getBuffer(chunkKey(id, interval, 'SPY', '2013-10-09'));
    for (const interval of STORED_INTERVALS)
      expect(await chunk('all', interval)).toEqual(await chunk('plain', interval));
    expect((await api.session('plain')).history).toBeNull();
  });

  it('has at least the number of bars in the spec, in as many days as that takes', async () => {
    const history = { bars: 100, interval: '5m', retainDays: 2 };
    const session = await run({ ...EQUITIES, id: 'bars', history });
    // A day has fewer than 100 bars of five minutes.
    const bars = { SPY: 2 * DAY_FIVES, IBM: 2 * DAY_FIVES, BAC: 2 * DAY_FIVES };
    expect(session.history).toMatchObject({ days: 2, firstDate: '2013-10-07', bars });

    const ofMinutes = await run({ ...EQUITIES, id: 'bars-1m', history: { bars: HISTORY_BARS.IBM, interval: '1m' } });
    expect(ofMinutes.history).toMatchObject({ days: 3, bars: HISTORY_BARS });
    const start = Date.parse('2013-10-09T13:30:00Z');
    expect(await api.bars('bars-1m', 'IBM', `from=2000-01-01&to=${start}`)).toHaveLength(HISTORY_BARS.IBM);
  });

  it('shows how many bars each symbol has when the dataset has fewer than the spec asks for', async () => {
    // The dataset lacks one minute of IBM.
    const short = { ...EQUITIES, id: 'short', history: { bars: HISTORY_MINUTES, interval: '1m' } };
    expect((await run(short)).history).toEqual(SHOWN_HISTORY);

    const firstDay = { start: EQUITY_DATES[0], end: EQUITY_DATES[0] };
    const none = await run({ ...EQUITIES, ...firstDay, id: 'none', history: { bars: 10, interval: '1m' } });
    const noBars = { SPY: 0, IBM: 0, BAC: 0 };
    expect(none.history).toEqual({ days: 0, firstDate: null, calendarBegins: false, bars: noBars });
  });

  it('is refused when its bars take more days than a session may have', async () => {
    const limited = new Api((await system.coordinator({ BARKEEP_MAX_DAYS: '5' })).url);
    const create = (bars: number) =>
      limited.call('POST', '/v1/sessions', { ...EQUITIES, history: { bars, interval: '5m' } });
    expect((await create(2 * DAY_FIVES)).status).toBe(201);
    expect(await create(2 * DAY_FIVES + 1)).toMatchObject({ status: 400, body: { problems: [{ field: 'end' }] } });
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
    const thirdDate = new Date(Date.parse(firstDate) + 2 * 86_400_000).toISOString().slice(0, 10);
    const spec = { ...EQUITIES, id: 'early', calendar: '24/7', start: thirdDate, end: thirdDate };
    const { history } = await run({ ...spec, history: { trailingDays: 5 } });
    expect(history).toMatchObject({ days: 2, firstDate, calendarBegins: true, bars: { SPY: 0 } });
  });

  it('has no day at the weekend, and 960 slots in a day of extended hours', async () => {
    const monday = '2014-06-09';
    const spec = {
      id: 'aapl',
      symbols: ['AAPL'],
      start: monday,
      end: monday,
      hours: 'extended',
      source: EQUITIES.source,
      history: { trailingDays: 2 },
    };
    const session = await run(spec);
    expect(session.history).toMatchObject({ days: 2, firstDate: '2014-06-05' }); // Thursday and Friday
    expect(session.counts.expected).toBe(960);
    expect(await datesStored('aapl', 'AAPL')).toEqual(['2014-06-05', '2014-06-06', monday]);
    const { counts } = await run({ ...spec, id: 'aapl-days', start: '2014-06-05', history: {} });
    expect(counts.expected).toBe(3 * 960);
  });

  it('is complete before the first bar of the session, also without a barrier', async () => {
    const spec = { ...EQUITIES, history: { trailingDays: 3 }, upkeep: { barrier: 'none' } };
    const session = await run({ ...spec, id: 'no-barrier' });
    expect(session.history?.bars).toEqual(HISTORY_BARS);
    await api.until('no-barrier', ({ watermark, frontier }) => watermark === frontier);
    expect(await api.digest('no-barrier')).toBe(await api.digest('all'));

    // Without a barrier a day may be removed before upkeep has reached it. Upkeep continues with the retained days.
    await run({ ...spec, id: 'no-barrier-1', history: { trailingDays: 1, retainDays: 1 } });
    await api.until('no-barrier-1', ({ watermark, frontier }) => watermark === frontier);
    for (const interval of STORED_INTERVALS)
      expect(await datesStored('no-barrier-1', 'IBM', interval)).toEqual(['2013-10-11']);
  });
});
