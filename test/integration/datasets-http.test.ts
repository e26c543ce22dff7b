/**
 * `/v1/datasets` of a real coordinator: who may call it, the datasets and their refused rows, and their coverage of a
 * calendar in pages.
 */
import type { CoverageAnswer, DatasetAnswerBody, DatasetPageAnswer } from '@barkeep/api';
import { createDataSource, removeDataset } from '@barkeep/bar-repository';
import { Client } from 'pg';
import { setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { DatasetReader } from '../../apps/coordinator/src/lifecycle/index.js';
import { Api } from '../support/system/api.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { HALF_DAY_SYMBOLS, halfDayMarket } from '../support/data/half-day.js';
import { writeBars } from '../support/data/market.js';

const USER = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';

let database: TestDatabase;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  const market = halfDayMarket();
  const brkBars = market.get('BRK/B')!;
  // BRK/B has one row at night, for which no trading day has a slot.
  const atNight = { ...brkBars[0]!, openTime: Date.parse('2015-12-24T03:00Z') };
  await writeBars(database.url, 'bars', new Map(market).set('BRK/B', [...brkBars, atNight]));
  await writeBars(database.url, 'empty', new Map());
  coordinator = await startCoordinatorProcess({
    DATABASE_URL: database.url,
    BARKEEP_API_KEYS: USER,
    BARKEEP_ADMIN_KEYS: ADMIN,
  });
});

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

const admin = () => new Api(coordinator.url, { 'X-API-Key': ADMIN });

it('a coordinator lists datasets, and describes one with its symbols', async () => {
  const range = { first: '2015-12-23T14:30:00.000Z', last: '2015-12-28T20:59:00.000Z' };
  const { datasets } = await admin().ok<DatasetPageAnswer>('GET', '/v1/datasets');
  expect(datasets).toMatchObject([
    { name: 'bars', symbols: 3, ...range },
    { name: 'empty', symbols: 0, first: null, last: null },
  ]);
  const bars = await admin().ok<DatasetAnswerBody>('GET', '/v1/datasets/bars');
  expect(bars).toMatchObject({
    rows: 3 * (390 + 210 + 390) - 10 + 1,
    prices: 'positive',
    version: datasets[0]!.version,
  });
  expect(bars.symbols.map(({ symbol }) => symbol)).toEqual(HALF_DAY_SYMBOLS);
  expect(bars.symbols[0]).toEqual({ symbol: 'AAA', first: '2015-12-23T14:40:00.000Z', last: range.last });
});

it('a coordinator lists the other datasets when one is removed at that moment', async () => {
  const dataSource = await createDataSource(database.url).initialize();
  try {
    await writeBars(database.url, 'removed', new Map());
    /** Runs the queries of a reader, and removes a dataset after the first one, which reads the names. */
    const query = async (sql: string, values?: unknown[]): Promise<unknown> => {
      const rows = await dataSource.query<unknown>(sql, values);
      await removeDataset(dataSource, 'removed');
      return rows;
    };
    const reader = new DatasetReader({ query } as DataSource);
    expect((await reader.list()).datasets.map(({ name }) => name)).toEqual(['bars', 'empty']);
  } finally {
    await dataSource.destroy();
  }
});

it('a coordinator describes a dataset that has more symbols than a call of a function can have arguments', async () => {
  const symbols = 130_000;
  await writeBars(database.url, 'options', new Map());
  const names = `INSERT INTO symbols (name) SELECT 'O:SPY240304C' || i FROM generate_series(1, ${symbols}) i RETURNING id`;
  const bars = `WITH symbol AS (${names}) INSERT INTO bars (symbol_id, dataset_id, "time", open, high, low, close, volume)
    SELECT symbol.id, datasets.id, '2024-03-04T14:30Z', 1, 1, 1, 1, 1 FROM symbol, datasets WHERE name = 'options'`;
  await queryDatabase(database.url, bars);
  const time = '2024-03-04T14:30:00.000Z';
  const { datasets } = await admin().ok<DatasetPageAnswer>('GET', '/v1/datasets');
  expect(datasets).toContainEqual(expect.objectContaining({ name: 'options', symbols, first: time, last: time }));
  const coverage = await admin().ok<CoverageAnswer>('GET', '/v1/datasets/options/coverage?limit=1');
  expect(coverage).toMatchObject({ days: [{ date: '2024-03-04' }], symbols: [{ rows: [1] }] });
});

it('the description of a dataset says which rows were refused, and why', async () => {
  const refuse = `INSERT INTO quarantined_bars (dataset, symbol, "time", close, reason)
    VALUES ('bars', 'AAA', '2015-12-23T15:00Z', 7, 'high-below-low')`;
  await queryDatabase(database.url, refuse);
  expect(await admin().ok('GET', '/v1/datasets/bars')).toMatchObject({
    quarantined: {
      rows: 1,
      reasons: { 'high-below-low': 1 },
      examples: [{ symbol: 'AAA', time: '2015-12-23T15:00:00.000Z', reason: 'high-below-low', close: 7, volume: null }],
    },
  });
});

it('the coverage has the rows of each symbol and day, with what the calendar expects: a half day, and no weekend', async () => {
  const answer = await admin().ok<CoverageAnswer>('GET', '/v1/datasets/bars/coverage');
  expect(answer.days).toEqual([
    { date: '2015-12-23', expected: 390 },
    { date: '2015-12-24', expected: 210 },
    { date: '2015-12-28', expected: 390 },
  ]);
  expect(answer.symbols).toEqual([
    { symbol: 'AAA', rows: [380, 210, 390], outside: 0, extended: 0 },
    { symbol: 'BRK/B', rows: [390, 210, 390], outside: 1, extended: 0 },
    { symbol: 'aaa', rows: [390, 210, 390], outside: 0, extended: 0 },
  ]);
  expect(answer.nextAfter).toBeNull();
  expect(await admin().ok('GET', '/v1/datasets/empty/coverage')).toMatchObject({ days: [], symbols: [] });
});

it.each([
  {
    calendar: 'CMES',
    hours: 'regular',
    // The trading day of 5 December begins on the evening of the 4th, so that it has both rows.
    times: ['2023-12-04T23:00Z', '2023-12-05T15:00Z'],
    days: [{ date: '2023-12-05', expected: 1_380 }],
    rows: [2],
  },
  {
    calendar: 'XNYS',
    hours: 'extended',
    // The first row is in the evening of 4 December in New York.
    times: ['2023-12-05T00:30Z', '2023-12-05T15:00Z'],
    days: [
      { date: '2023-12-04', expected: 960 },
      { date: '2023-12-05', expected: 960 },
    ],
    rows: [1, 1],
  },
])(
  'the coverage of $calendar, $hours hours, has the days with rows',
  async ({ calendar, hours, times, days, rows }) => {
    const bars = times.map((time) => ({ openTime: Date.parse(time), open: 1, high: 1, low: 1, close: 1, volume: 1 }));
    await writeBars(database.url, `days-${calendar}`, new Map([['AAA', bars]]));
    const query = `calendar=${calendar}&hours=${hours}`;
    const answer = await admin().ok('GET', `/v1/datasets/days-${calendar}/coverage?${query}`);
    expect(answer).toMatchObject({ days, symbols: [{ symbol: 'AAA', rows, outside: 0, extended: 0 }] });
  },
);

it('the coverage expects the bars of the interval that the rows of the dataset have', async () => {
  const open = Date.parse('2015-12-23T14:30Z');
  // The 78 bars of 5 minutes of a whole day. Every tenth is left out, so that 71 are stored.
  const bars = Array.from({ length: 78 }, (_, slot) => {
    return { openTime: open + slot * 300_000, open: 1, high: 1, low: 1, close: 1, volume: 1 };
  });
  await writeBars(database.url, 'five-minutes', new Map([['AAA', bars.filter((_, slot) => slot % 10 !== 9)]]));
  const answer = await admin().ok('GET', '/v1/datasets/five-minutes/coverage?to=2015-12-24');
  expect(answer).toMatchObject({
    days: [
      { date: '2015-12-23', expected: 78 },
      { date: '2015-12-24', expected: 42 },
    ],
    symbols: [{ symbol: 'AAA', rows: [71, 0] }],
  });
});

it('the coverage finds the interval of rows with holes by the rule of the import', async () => {
  // Two rows are 5 minutes apart, and the other 25 follow every 10 minutes: by the rule these are 5-minute bars with holes.
  const open = Date.parse('2015-12-23T14:30Z');
  const minutes = [0, 5, ...Array.from({ length: 25 }, (_, index) => 15 + 10 * index)];
  const bars = minutes.map((minute) => ({
    openTime: open + minute * 60_000,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 1,
  }));
  await writeBars(database.url, 'quiet-fives', new Map([['AAA', bars]]));
  const answer = await admin().ok('GET', '/v1/datasets/quiet-fives/coverage');
  expect(answer).toMatchObject({ days: [{ date: '2015-12-23', expected: 78 }], symbols: [{ rows: [27] }] });
});

it('the coverage has the requested days, in pages of symbols', async () => {
  const query = 'from=2015-12-24&to=2015-12-24&hours=extended&limit=2';
  const first = await admin().ok<CoverageAnswer>('GET', `/v1/datasets/bars/coverage?${query}`);
  expect(first).toMatchObject({
    days: [{ date: '2015-12-24' }],
    symbols: [{ symbol: 'AAA' }, { symbol: 'BRK/B', rows: [210] }],
  });
  expect(first.nextAfter).toBe('BRK/B');
  const after = encodeURIComponent(first.nextAfter!);
  const second = await admin().ok<CoverageAnswer>('GET', `/v1/datasets/bars/coverage?${query}&after=${after}`);
  expect(second).toMatchObject({ symbols: [{ symbol: 'aaa', rows: [210] }], nextAfter: null });
});

it.each([
  ['calendar=MOON', 'calendar'],
  ['calendar=24/7&hours=extended', 'hours'],
  ['from=yesterday', 'from'],
  ['from=2015-12-24&to=2015-12-23', 'to'],
])('the coverage refuses ?%s and names the field', async (query, field) => {
  const answer = await admin().call('GET', `/v1/datasets/bars/coverage?${query}`);
  expect(answer).toMatchObject({ status: 400, body: { problems: [{ field }] } });
});

it('a coordinator answers 404 for a dataset that does not exist, and 403 without an admin key', async () => {
  for (const path of ['none', '%00', 'a%00b/coverage', 'x'.repeat(300)]) {
    expect(await admin().call('GET', `/v1/datasets/${path}`)).toMatchObject({
      status: 404,
      body: { type: 'urn:barkeep:problem:unknown-dataset' },
    });
  }
  const user = new Api(coordinator.url, { 'X-API-Key': USER });
  for (const path of ['/v1/datasets', '/v1/datasets/bars', '/v1/datasets/bars/coverage']) {
    const { status, body } = await user.call('GET', path);
    expect({ status, body }).toMatchObject({ status: 403, body: { type: 'urn:barkeep:problem:forbidden' } });
    expect(JSON.stringify(body)).toContain('BARKEEP_ADMIN_KEYS');
  }
});

it('many slow reads of datasets leave connections to the other calls', async () => {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN; LOCK TABLE quarantined_bars'); // a description reads this table
  // More than the coordinator has connections.
  const descriptions = Array.from({ length: 12 }, () => admin().call('GET', '/v1/datasets/bars'));
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const readsAtOnce = 3; // the coordinator makes the others wait
  while ((await queryDatabase(database.url, waiting)).length < readsAtOnce) await setTimeout(20);
  expect((await admin().call('GET', '/v1/sessions')).status).toBe(200);
  await client.end(); // ends the transaction, too
  for (const description of descriptions) expect((await description).status).toBe(200);
});
