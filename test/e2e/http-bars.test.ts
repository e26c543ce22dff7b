/** Reads a streamed session through the API: bars, pages, latest bars, metrics, gaps, digest. There is no worker. */
import { BarImporter, createDataSource, migrate } from '@barkeep/bar-repository';
import type { Bar } from '@barkeep/bars';
import { z } from 'zod';
import * as answers from '@barkeep/api';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { Api } from '../support/system/api.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';

const MINUTE_MS = 60_000;
/** Open time of minute 0. Minutes are counted from it. */
const FIRST = Date.parse('2018-04-01T00:00Z');
const DAY_MINUTES = 1_440;
/** Minutes of the eight days. */
const EXPECTED = 8 * DAY_MINUTES;
const LAST = EXPECTED - 1;
/** Minutes that the dataset does not have: one gap on the first day, one on the second. */
const HOLES = new Set([5, 6, 2_000]);
const FILLED_MINUTES = Array.from({ length: EXPECTED }, (_, minute) => minute).filter((minute) => !HOLES.has(minute));
const barsAnswer = z.array(answers.barAnswer);

let database: TestDatabase;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  await importBars();
  coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url });
  const api = new Api(coordinator.url);
  const id = await api.run({
    id: 'read',
    symbols: ['AAA', 'EMPTY'],
    calendar: '24/7',
    start: '2018-04-01',
    end: '2018-04-08',
    derivedIntervals: ['5m', '60m'],
    source: { type: 'dataset', dataset: 'minutes' },
    upkeep: { enabled: false, barrier: 'none' },
  });
  await api.completed(id);
});

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

async function importBars(): Promise<void> {
  const dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  const importer = await BarImporter.open(dataSource, 'minutes');
  await importer.write('AAA', FILLED_MINUTES.map(barAt));
  await importer.finish();
  await dataSource.destroy();
}

/** The bar of a minute. Its open price is the minute's number. */
function barAt(minute: number): Bar {
  const openTime = FIRST + minute * MINUTE_MS;
  return { openTime, open: minute, high: minute + 2, low: minute, close: minute + 1, volume: 10 };
}

const get = (path: string) => fetch(`${coordinator.url}/v1/sessions/read${path}`);
const read = async (path: string): Promise<unknown> => (await get(path)).json();
const iso = (minute: number) => new Date(FIRST + minute * MINUTE_MS).toISOString();

it('the last bars have all of their fields, are oldest first, and are 100 by default', async () => {
  expect(await read('/symbols/AAA/bars?last=2')).toEqual(
    [LAST - 1, LAST].map((minute) => ({
      ...barAt(minute),
      openTime: iso(minute),
      closeTime: iso(minute + 1),
      origin: 'streamed',
      complete: true,
      sourceCount: 1,
      expectedCount: 1,
    })),
  );
  expect(barsAnswer.parse(await read('/symbols/AAA/bars'))).toHaveLength(100);
  expect(answers.barAnswer.parse(await read('/symbols/AAA/bars/latest')).openTime).toBe(iso(LAST));
});

it('a range has the bars up to its end, exclusive, without the holes', async () => {
  const range = barsAnswer.parse(await read(`/symbols/AAA/bars?from=${iso(3)}&to=${FIRST + 8 * MINUTE_MS}`));
  expect(range.map(({ openTime }) => openTime)).toEqual([iso(3), iso(4), iso(7)]);
});

it('epoch seconds are refused, and ISO times of any date are accepted', async () => {
  // 1522540800 is 2018-04-01 in epoch seconds.
  for (const query of ['from=1522540800&to=1522627200', 'from=1522540800', `from=${iso(0)}&to=-1`]) {
    const wrong = answers.problemAnswer.parse(await read(`/symbols/AAA/bars?${query}`));
    expect(wrong).toMatchObject({ status: 400, detail: expect.stringContaining('epoch milliseconds') as string });
  }
  expect(barsAnswer.parse(await read('/symbols/AAA/bars?from=1902-01-01&to=1970-01-01T00:00:00Z'))).toEqual([]);
});

it('every name of an interval that a spec may use is accepted', async () => {
  const hours = barsAnswer.parse(await read('/symbols/AAA/bars?last=3&interval=60m'));
  expect(hours).toEqual(await read('/symbols/AAA/bars?last=3&interval=1h'));
});

it('the Link header of a long range names the next page, and the pages together are the range', async () => {
  // More bars than fit a page.
  const first = await get('/symbols/AAA/bars?from=2018-04-01&interval=1m');
  const [, link] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
  const second = await fetch(`${coordinator.url}${link}`);
  expect(second.headers.get('link')).toBeNull();
  const bars = [...barsAnswer.parse(await first.json()), ...barsAnswer.parse(await second.json())];
  expect(bars.map(({ open }) => open)).toEqual(FILLED_MINUTES);
});

it('the latest bars of many symbols have null for a symbol without one; a call for that symbol alone is answered 404', async () => {
  const latest = z.record(z.string(), answers.barAnswer.nullable()).parse(await read('/latest?symbols=AAA,EMPTY'));
  const { close } = barAt(LAST);
  expect(latest).toMatchObject({ AAA: { close }, EMPTY: null });
  expect((await get('/symbols/EMPTY/bars/latest')).status).toBe(404);
});

it('metrics, gaps and the digest can be read', async () => {
  const metrics = answers.metricsAnswer.parse(await read('/symbols/AAA/metrics'));
  const filled = FILLED_MINUTES.length;
  expect(metrics).toMatchObject({ expected: EXPECTED, filled, missing: HOLES.size, gapCount: 2, largestGap: 2 });
  const gaps = z.array(answers.gapAnswer).parse(await read('/symbols/AAA/gaps'));
  expect(gaps).toMatchObject([
    { start: iso(5), end: iso(7), bars: 2 },
    { start: iso(2_000), end: iso(2_001), bars: 1 },
  ]);
  expect(answers.digestAnswer.parse(await read('/digest')).bars).toBe(filled);
});

it('metrics are those of the run, and of the trading day that the clock is in or of another date', async () => {
  const metrics = answers.metricsAnswer.parse(await read('/symbols/AAA/metrics'));
  const runHigh = barAt(LAST).high;
  expect(metrics).toMatchObject({
    date: '2018-04-08',
    sessionHigh: runHigh,
    sessionLow: barAt(EXPECTED - DAY_MINUTES).low,
    sessionVolume: 10 * DAY_MINUTES,
    runHigh,
    runLow: 0,
    runVolume: 10 * FILLED_MINUTES.length,
  });

  const firstDay = answers.metricsAnswer.parse(await read('/symbols/AAA/metrics?date=2018-04-01'));
  const filled = DAY_MINUTES - 2; // without minutes 5 and 6
  const gap = { gapCount: 1, largestGap: 2 };
  expect(firstDay).toMatchObject({
    date: '2018-04-01',
    expected: DAY_MINUTES,
    filled,
    sessionVolume: 10 * filled,
    ...gap,
  });
  expect(firstDay).toMatchObject({ sessionHigh: barAt(DAY_MINUTES - 1).high, sessionLow: 0, runHigh });

  const empty = answers.metricsAnswer.parse(await read('/symbols/EMPTY/metrics'));
  expect(empty).toMatchObject({ date: '2018-04-08', sessionHigh: null, sessionVolume: 0, runLow: null, runVolume: 0 });

  for (const date of ['2018-03-31', '2018-04-09', '2018-13-01', 'today']) {
    const problem = answers.problemAnswer.parse(await read(`/symbols/AAA/metrics?date=${date}`));
    expect(problem).toMatchObject({ status: 400, problems: [{ field: 'date', was: expect.stringContaining(date) }] });
  }
});

it('a symbol that the session does not have is answered 404, and such an interval 400', async () => {
  expect((await get('/symbols/IBM/bars')).status).toBe(404);
  expect((await get('/latest?symbols=AAA,IBM')).status).toBe(404);
  const problem = answers.problemAnswer.parse(await read('/symbols/AAA/bars?interval=7m'));
  expect(problem).toMatchObject({ status: 400, problems: [{ field: 'interval', expected: 'one of 1m, 5m, 1h' }] });
  // These are not names of intervals.
  for (const name of ['abc', '1440m']) {
    const unknown = answers.problemAnswer.parse(await read(`/symbols/AAA/bars?interval=${name}`));
    expect(unknown.problems?.[0]?.expected).toContain('1d');
  }
});
