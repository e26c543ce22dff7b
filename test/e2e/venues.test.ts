/**
 * Sessions on unusual trading days: a half day, a lunch break, an open on the evening before.
 * docs/ARCHITECTURE.md lists the invariants, such as I5.
 */
import type { Bar } from '@barkeep/bars';
import { Api, type ApiBar } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});

afterAll(() => system.close());

/** Runs a session over a day of symbol GEN. @returns its id */
async function runDay(calendar: string, date: string, market: Bar[], derivedIntervals?: string[]): Promise<string> {
  const id = `${calendar}-${date}`;
  await writeBars(system.databaseUrl, id, new Map([['GEN', market]]));
  const dates = { start: date, end: date, calendar };
  await api.run({ id, symbols: ['GEN'], ...dates, source: { type: 'dataset', dataset: id }, derivedIntervals });
  await api.completed(id);
  return id;
}

/** Runs a session over all minutes of a day. @returns a function that reads the bars of an interval */
async function runWholeDay(calendar: string, date: string, derivedIntervals: string[]) {
  const market = marketBars({ symbols: ['GEN'], seed: 5, start: date, end: date, calendar }).get('GEN')!;
  const id = await runDay(calendar, date, market, derivedIntervals);
  return (interval: string) => api.bars(id, 'GEN', `interval=${interval}&last=10000`);
}

/** Number of base bars in each derived bar, none of which may be missing. */
const baseCounts = (bars: ApiBar[]) =>
  bars.map(({ sourceCount, expectedCount, complete }) => {
    expect({ sourceCount, complete }).toEqual({ sourceCount: expectedCount, complete: true });
    return sourceCount;
  });

test('I5 a half day of XNYS has 210 slots and four hours, the last with 30 slots', async () => {
  const bars = await runWholeDay('XNYS', '2015-12-24', ['1h', '1d']);
  const minutes = await bars('1m');
  expect(minutes).toHaveLength(210);
  expect(minutes.at(-1)!.closeTime).toBe('2015-12-24T18:00:00.000Z');
  expect(baseCounts(await bars('1h'))).toEqual([60, 60, 60, 30]);
  expect(baseCounts(await bars('1d'))).toEqual([210]);
});

test('I5 no bucket shorter than a day crosses the lunch break of XHKG', async () => {
  const bars = await runWholeDay('XHKG', '2024-12-23', ['1h', '2h', '1d']);
  expect(await bars('1m')).toHaveLength(330);
  for (const interval of ['1m', '1h', '2h']) {
    for (const { openTime, closeTime } of await bars(interval)) {
      const isBeforeBreak = closeTime <= '2024-12-23T04:00:00.000Z';
      const isAfterBreak = openTime >= '2024-12-23T05:00:00.000Z';
      expect(isBeforeBreak || isAfterBreak).toBe(true);
    }
  }
  expect(baseCounts(await bars('1h'))).toEqual([60, 60, 30, 60, 60, 60]);
  const [day] = await bars('1d');
  expect(day).toMatchObject({ openTime: '2024-12-23T01:30:00.000Z', closeTime: '2024-12-23T08:00:00.000Z' });
});

test('the first slot of a day of CMES is on the evening before', async () => {
  const bars = await runWholeDay('CMES', '2024-03-05', ['4h']);
  const minutes = await bars('1m');
  expect(minutes[0]!.openTime).toBe('2024-03-04T23:00:00.000Z');
  expect(minutes.at(-1)!.closeTime < '2024-03-06').toBe(true);
  const [first] = await bars('4h');
  expect(first).toMatchObject({ openTime: '2024-03-04T23:00:00.000Z', complete: true, expectedCount: 240 });
});

/** A bar of one price for each minute from `first` to `last`, both included, ISO 8601. */
function plainBars(first: string, last: string): Bar[] {
  const bars: Bar[] = [];
  for (let openTime = Date.parse(first); openTime <= Date.parse(last); openTime += 60_000) {
    bars.push({ openTime, open: 1, high: 2, low: 0.5, close: 1, volume: 100 });
  }
  return bars;
}

/** A description, the calendar, a trading day, its first and its last minute, and its slots. */
test.each([
  ['CMES without its maintenance hour', 'CMES', '2024-06-11', '2024-06-10T22:00Z', '2024-06-11T20:59Z', 1_380],
  ['the Sunday evening of FX', 'FX', '2024-03-11', '2024-03-10T21:00Z', '2024-03-11T23:59Z', 1_440],
  ['XLON after 2023', 'XLON', '2024-03-04', '2024-03-04T08:00Z', '2024-03-04T16:29Z', 510],
])('%s: bars from the first to the last minute fill the day', async (_what, calendar, date, first, last, expected) => {
  const id = await runDay(calendar, date, plainBars(first, last));
  expect(await api.metrics(id, 'GEN')).toMatchObject({ expected, filled: expected, barQuality: 100, gapCount: 0 });
  const bars = await api.bars(id, 'GEN', 'last=10000');
  expect(bars[0]!.openTime).toBe(new Date(first).toISOString());
});
