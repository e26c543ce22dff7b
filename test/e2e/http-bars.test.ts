/** Reading a streamed session through the API: bars, pages, latest, metrics, gaps, digest. One coordinator, no worker. */
import { BarImporter, createDataSource, migrate } from '@barkeep/bar-repository';
import type { Bar } from '@barkeep/bars';
import { z } from 'zod';
import * as answers from '@barkeep/api';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';

const MINUTE_MS = 60_000;
const FIRST = Date.UTC(2018, 3, 1);
const EXPECTED = 8 * 1_440;
/** Minutes that the dataset does not have. */
const HOLES = new Set([5, 6, 2_000]);
const bars = z.array(answers.barAnswer);

let database: TestDatabase;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  await importBars();
  coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url });
  const spec = {
    id: 'read',
    symbols: ['AAA', 'EMPTY'],
    calendar: '24/7',
    start: '2018-04-01',
    end: '2018-04-08',
    derivedIntervals: ['5m', '60m'],
    source: { type: 'dataset', dataset: 'minutes' },
    upkeep: { enabled: false, barrier: 'none' },
  };
  const body = JSON.stringify(spec);
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${coordinator.url}/v1/sessions?start=true`, { method: 'POST', headers, body });
  expect(response.status).toBe(201);
  await completed();
});

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

async function importBars(): Promise<void> {
  const dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  const importer = await BarImporter.open(dataSource, 'minutes');
  await importer.write(
    'AAA',
    Array.from({ length: EXPECTED }, (_, i) => barAt(i)).filter((_, i) => !HOLES.has(i)),
  );
  await importer.finish();
  await dataSource.destroy();
}

function barAt(i: number): Bar {
  return { openTime: FIRST + i * MINUTE_MS, open: i, high: i + 2, low: i, close: i + 1, volume: 10 };
}

/** Waits for the end of the session, for at most 20 s. */
async function completed(): Promise<void> {
  const end = performance.now() + 20_000;
  for (;;) {
    const { state } = answers.sessionAnswer.parse(await read(''));
    if (state === 'completed') return;
    if (performance.now() > end) throw new Error(`expected completed within 20 s, was ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const get = (path: string) => fetch(`${coordinator.url}/v1/sessions/read${path}`);
const read = async (path: string): Promise<unknown> => (await get(path)).json();
const iso = (i: number) => new Date(FIRST + i * MINUTE_MS).toISOString();

it('gives bars exactly as the interface says, oldest first', async () => {
  const last = EXPECTED - 1;
  expect(await read('/symbols/AAA/bars?last=2')).toEqual(
    [last - 1, last].map((i) => ({
      openTime: iso(i),
      closeTime: iso(i + 1),
      open: i,
      high: i + 2,
      low: i,
      close: i + 1,
      volume: 10,
      origin: 'streamed',
      complete: true,
      sourceCount: 1,
      expectedCount: 1,
    })),
  );
  expect(bars.parse(await read('/symbols/AAA/bars'))).toHaveLength(100);
  expect(bars.parse(await read('/symbols/AAA/bars/latest').then((bar) => [bar]))[0]?.openTime).toBe(iso(last));
});

it('gives ranges, end exclusive, without the holes', async () => {
  const range = bars.parse(await read(`/symbols/AAA/bars?from=${iso(3)}&to=${FIRST + 8 * MINUTE_MS}`));
  expect(range.map(({ openTime }) => openTime)).toEqual([iso(3), iso(4), iso(7)]);
});

it('refuses epoch seconds, and takes ISO times of any date', async () => {
  for (const query of ['from=1522540800&to=1522627200', 'from=1522540800', `from=${iso(0)}&to=-1`]) {
    const wrong = answers.problemAnswer.parse(await read(`/symbols/AAA/bars?${query}`));
    expect(wrong).toMatchObject({ status: 400, detail: expect.stringContaining('epoch milliseconds') as string });
  }
  expect(bars.parse(await read('/symbols/AAA/bars?from=1902-01-01&to=1970-01-01T00:00:00Z'))).toEqual([]);
});

it('takes every name of an interval that the spec takes', async () => {
  const hours = bars.parse(await read('/symbols/AAA/bars?last=3&interval=60m'));
  expect(hours).toEqual(await read('/symbols/AAA/bars?last=3&interval=1h'));
});

it('names the next page of a long range in its Link header, and the pages are the whole', async () => {
  const first = await get('/symbols/AAA/bars?from=2018-04-01&interval=1m');
  const page = bars.parse(await first.json());
  const link = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1];
  const second = await fetch(`${coordinator.url}${link}`);
  expect(second.headers.get('link')).toBeNull();
  const all = [...page, ...bars.parse(await second.json())];
  expect(all.map(({ open }) => open)).toEqual(
    Array.from({ length: EXPECTED }, (_, i) => i).filter((i) => !HOLES.has(i)),
  );
});

it('gives the latest bars of many symbols, null where there is none, and 404 for one', async () => {
  const latest = z.record(z.string(), answers.barAnswer.nullable()).parse(await read('/latest?symbols=AAA,EMPTY'));
  expect(latest).toMatchObject({ AAA: { close: EXPECTED }, EMPTY: null });
  expect((await get('/symbols/EMPTY/bars/latest')).status).toBe(404);
});

it('gives metrics, gaps and the digest', async () => {
  const metrics = answers.metricsAnswer.parse(await read('/symbols/AAA/metrics'));
  expect(metrics).toMatchObject({ expected: EXPECTED, filled: EXPECTED - 3, missing: 3, gapCount: 2, largestGap: 2 });
  const gaps = z.array(answers.gapAnswer).parse(await read('/symbols/AAA/gaps'));
  expect(gaps.map(({ start, end, bars: count }) => [start, end, count])).toEqual([
    [iso(5), iso(7), 2],
    [iso(2_000), iso(2_001), 1],
  ]);
  expect(answers.digestAnswer.parse(await read('/digest')).bars).toBe(EXPECTED - 3);
});

it('gives metrics of the trading day that the clock is in, of the run, and of a date', async () => {
  const metrics = answers.metricsAnswer.parse(await read('/symbols/AAA/metrics'));
  const day = EXPECTED - 1_440;
  expect(metrics).toMatchObject({
    date: '2018-04-08',
    sessionHigh: EXPECTED + 1,
    sessionLow: day,
    sessionVolume: 14_400,
  });
  expect(metrics).toMatchObject({ runHigh: EXPECTED + 1, runLow: 0, runVolume: 10 * (EXPECTED - 3) });
  const first = answers.metricsAnswer.parse(await read('/symbols/AAA/metrics?date=2018-04-01'));
  expect(first).toMatchObject({ date: '2018-04-01', sessionHigh: 1_441, sessionLow: 0, sessionVolume: 14_380 });
  expect(first).toMatchObject({ expected: 1_440, filled: 1_438, gapCount: 1, largestGap: 2, runHigh: EXPECTED + 1 });
  const empty = answers.metricsAnswer.parse(await read('/symbols/EMPTY/metrics'));
  expect(empty).toMatchObject({ date: '2018-04-08', sessionHigh: null, sessionVolume: 0, runLow: null, runVolume: 0 });
  for (const date of ['2018-03-31', '2018-04-09', '2018-13-01', 'today']) {
    const problem = answers.problemAnswer.parse(await read(`/symbols/AAA/metrics?date=${date}`));
    expect(problem).toMatchObject({ status: 400, problems: [{ field: 'date', was: expect.stringContaining(date) }] });
  }
});

it('gives 404 for a symbol and 400 for an interval that the session does not have', async () => {
  expect((await get('/symbols/IBM/bars')).status).toBe(404);
  expect((await get('/latest?symbols=AAA,IBM')).status).toBe(404);
  const problem = answers.problemAnswer.parse(await read('/symbols/AAA/bars?interval=7m'));
  expect(problem).toMatchObject({ status: 400, problems: [{ field: 'interval', expected: 'one of 1m, 5m, 1h' }] });
  for (const name of ['abc', '1440m']) {
    const wrong = answers.problemAnswer.parse(await read(`/symbols/AAA/bars?interval=${name}`));
    expect(wrong.problems?.[0]?.expected).toContain('1d');
  }
});
