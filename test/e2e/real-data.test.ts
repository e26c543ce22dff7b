/**
 * Real minute bars through the whole system: imported and run with the `barkeep` command, read through the API. The
 * expected figures were counted by hand from the files.
 */
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, type Metrics, type Session } from '../support/system/api.js';
import { describeWithLean, EQUITY_DATES, equityRows, importLean } from '../support/data/lean-data.js';
import { TestSystem } from '../support/system/system.js';

const EQUITIES = {
  symbols: ['SPY', 'IBM', 'BAC'],
  start: EQUITY_DATES[0],
  end: EQUITY_DATES.at(-1),
  source: { type: 'dataset', dataset: 'lean' },
  backfill: [],
};
const COINS = { ...EQUITIES, symbols: ['BTCUSD', 'LTCUSD'], calendar: '24/7', start: '2018-04-04', end: '2018-04-06' };

describeWithLean('a session on real data, without backfill', () => {
  let system: TestSystem;
  let api: Api;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barkeep-real-data-'));
    system = await TestSystem.create();
    await importLean(system, 'lean', ['equity', 'crypto']);
    const [coordinator] = await Promise.all([system.coordinator(), system.worker(), system.worker()]);
    api = new Api(coordinator.url);
  });
  afterAll(async () => {
    await system?.close();
    await rm(folder, { recursive: true });
  });

  /** Runs a session with `barkeep run`. @returns what it prints: the session, and the metrics of each symbol */
  async function run(spec: object): Promise<{ session: Session; symbols: Metrics[] }> {
    const file = join(folder, 'session.json');
    await writeFile(file, JSON.stringify(spec));
    const output = await system.barkeep('run', file, '--coordinator', api.url, '--json');
    return JSON.parse(output) as { session: Session; symbols: Metrics[] };
  }
  const gaps = async (id: string, symbol: string) =>
    (await api.gaps(id, symbol)).map(({ start, end, bars, status }) => ({ start, end, bars, status }));

  it('holds every regular minute of SPY and BAC, and finds the two that IBM lacks', async () => {
    const { session, symbols } = await run({ id: 'regular', ...EQUITIES });
    expect(session.state).toBe('completed');
    const metricsOf = (name: string) => symbols.find(({ symbol }) => symbol === name);
    const slots = 6 * 390;
    const complete = { expected: slots, filled: slots, streamed: slots, backfilled: 0, barQuality: 100, gapCount: 0 };
    for (const name of ['SPY', 'BAC']) {
      expect(metricsOf(name)).toMatchObject(complete);
      expect(await gaps('regular', name)).toEqual([]);
    }
    expect(metricsOf('IBM')).toMatchObject({
      expected: slots,
      filled: slots - 2,
      gapCount: 2,
      largestGap: 1,
      barQuality: ((slots - 2) / slots) * 100,
    });
    expect(await gaps('regular', 'IBM')).toEqual([
      { start: '2013-10-04T16:39:00.000Z', end: '2013-10-04T16:40:00.000Z', bars: 1, status: 'absent' },
      { start: '2013-10-11T16:46:00.000Z', end: '2013-10-11T16:47:00.000Z', bars: 1, status: 'absent' },
    ]);
  });

  it('with extended hours stores every minute of the files with its values', async () => {
    const { session, symbols } = await run({ id: 'extended', ...EQUITIES, hours: 'extended' });
    expect(session.counts.refused).toBe(0);
    const rowsOf = (symbol: string) => EQUITY_DATES.flatMap((date) => equityRows(symbol, date));
    expect(rowsOf('SPY')).toHaveLength(4839);
    const slots = 6 * 16 * 60; // 16 hours on six days
    for (const { symbol, filled, expected } of symbols) {
      const rows = rowsOf(symbol);
      expect({ symbol, filled, expected }).toEqual({ symbol, filled: rows.length, expected: slots });
      const bars = await api.bars('extended', symbol, 'interval=1m&last=10000');
      const values = bars.map(({ openTime: time, open, high, low, close, volume }) => {
        return { symbol, time, open, high, low, close, volume };
      });
      expect(values).toEqual(rows);
    }
  });

  it('finds the gap at the end of the Coinbase file of 2018-04-04, on a calendar without a close', async () => {
    const { symbols } = await run({ id: 'coins', ...COINS });
    // Three days have 4,320 minutes. Each file lacks 433 of them.
    expect(symbols).toMatchObject([
      { symbol: 'BTCUSD', expected: 4320, filled: 3887, gapCount: 2, largestGap: 432 },
      { symbol: 'LTCUSD', expected: 4320, filled: 3887, gapCount: 4 },
    ]);
    expect(await gaps('coins', 'BTCUSD')).toEqual([
      { start: '2018-04-04T16:46:00.000Z', end: '2018-04-04T16:47:00.000Z', bars: 1, status: 'absent' },
      { start: '2018-04-04T16:48:00.000Z', end: '2018-04-05T00:00:00.000Z', bars: 432, status: 'absent' },
    ]);
    expect((await gaps('coins', 'LTCUSD')).at(-1)).toEqual({
      start: '2018-04-05T08:12:00.000Z',
      end: '2018-04-05T08:13:00.000Z',
      bars: 1,
      status: 'absent',
    });
  });
});
