import type { Bar } from '@barkeep/bars';
import {
  BarImporter,
  barSourceOf,
  fetchFrom,
  createDataSource,
  migrate,
  readWindow,
  removeDataset,
  resolveDataset,
  symbolIds,
  UnknownDatasetError,
} from '@barkeep/bar-repository';
import { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { IdError } from '../../libs/bar-repository/src/rows/index.js';

let database: TestDatabase;
let dataSource: DataSource;
let datasetId: number;
let ids: Map<string, number>;

const OPEN = Date.UTC(1999, 11, 31, 14, 30);
const DAY_MS = 86_400_000;
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
type Row = [symbolId: number, openTime: number, open: number, high: number, low: number, close: number, volume: number];

/** Days on both sides of Postgres' own epoch (2000-01-01), and one long before 1970. */
const DAYS = [-40 * 365 * DAY_MS, 0, DAY_MS, 2 * DAY_MS];

function marketBars(seed: number): Bar[] {
  return DAYS.flatMap((day) =>
    Array.from({ length: 390 }, (_, minute) => {
      const open = seed + minute / 7;
      return {
        openTime: OPEN + day + minute * 60_000,
        open,
        high: open + 1 / 3,
        low: open - 0.1,
        close: open,
        volume: minute * 1e9 + 0.5,
      };
    }),
  );
}

async function read(query: { symbolIds: readonly number[]; ranges: { from: number; to: number }[] }): Promise<Row[]> {
  const rows: Row[] = [];
  const count = await readWindow(dataSource, { datasetId, ...query }, (...row) => rows.push(row));
  expect(count).toBe(rows.length);
  return rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

async function select(names: string[], from: number, to: number): Promise<Row[]> {
  const rows = await dataSource.query<Record<string, number>[]>(
    `SELECT symbol_id, extract(epoch FROM "time")::float8 * 1000 AS t, open, high, low, close, volume FROM bars
     WHERE dataset_id = $1 AND symbol_id = ANY($2) AND "time" >= $3 AND "time" < $4 ORDER BY symbol_id, "time"`,
    [datasetId, names.map((name) => ids.get(name)), new Date(from), new Date(to)],
  );
  return rows.map((row) => Object.values(row) as Row);
}

const idsOf = (names: string[]): number[] => names.map((name) => ids.get(name) ?? -1);

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  const importer = await BarImporter.open(dataSource, 'main');
  for (const [i, symbol] of SYMBOLS.entries()) await importer.write(symbol, marketBars(i * 100 + 1));
  await importer.finish();
  datasetId = (await resolveDataset(dataSource, 'main')) ?? -1;
  ids = await symbolIds(dataSource, SYMBOLS);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

test('a window equals a plain SELECT, the end of the range excluded', async () => {
  for (const [from, to] of [
    [OPEN, OPEN + 389 * 60_000],
    [OPEN + DAY_MS, OPEN + DAY_MS + 1],
    [OPEN - 50 * 365 * DAY_MS, OPEN + 5 * DAY_MS],
  ] as const) {
    const rows = await read({ symbolIds: idsOf(['AAA', 'CCC']), ranges: [{ from, to }] });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(await select(['AAA', 'CCC'], from, to));
  }
});

test('several ranges are read in one go, and where they overlap each row once', async () => {
  const ranges = [
    { from: OPEN + DAY_MS, to: OPEN + DAY_MS + 600_000 },
    { from: OPEN, to: OPEN + 600_000 },
    { from: OPEN + 300_000, to: OPEN + 900_000 },
  ];
  const expected = [
    ...(await select(['BBB'], OPEN, OPEN + 900_000)),
    ...(await select(['BBB'], OPEN + DAY_MS, OPEN + DAY_MS + 600_000)),
  ];
  expect(await read({ symbolIds: idsOf(['BBB']), ranges })).toEqual(expected);
});

test('unknown symbols, no symbols and empty ranges have no rows', async () => {
  const range = { from: OPEN, to: OPEN + DAY_MS };
  expect(await read({ symbolIds: [999_999], ranges: [range] })).toEqual([]);
  expect(await read({ symbolIds: [], ranges: [range] })).toEqual([]);
  expect(await read({ symbolIds: idsOf(['AAA']), ranges: [{ from: OPEN, to: OPEN }] })).toEqual([]);
  await expect(read({ symbolIds: [Number.NaN], ranges: [range] })).rejects.toThrow(IdError);
});

test('an error of onRow, of the server and an abort reach the caller, and the pool serves on', async () => {
  const window = {
    datasetId,
    symbolIds: [...ids.values()],
    ranges: [{ from: OPEN - 50 * 365 * DAY_MS, to: OPEN + 9 * DAY_MS }],
  };
  const pool = new Pool({ connectionString: database.url, max: 1 });
  const thrower = (): never => {
    throw new Error('row refused');
  };
  await expect(readWindow(pool, window, thrower)).rejects.toThrow('row refused');
  const controller = new AbortController();
  let rows = 0;
  const abortLater = (): void => {
    if (++rows === 10) controller.abort(new Error('enough'));
  };
  await expect(readWindow(pool, window, abortLater, controller.signal)).rejects.toThrow('enough');
  await expect(readWindow(pool, window, () => undefined, AbortSignal.abort(new Error('before')))).rejects.toThrow(
    'before',
  );
  await expect(readWindow(pool, { ...window, datasetId: 70_000_000_000 }, () => undefined)).resolves.toBe(0);
  await expect(readWindow(pool, { ...window, symbolIds: [5_000_000_000] }, () => undefined)).rejects.toThrow(
    'out of range',
  );
  expect(await readWindow(pool, window, () => undefined)).toBe(3 * 4 * 390);
  expect(pool.totalCount).toBe(1);
  await pool.end();
});

test('a backend that dies in the middle makes the read fail', async () => {
  const pool = new Pool({ connectionString: database.url, max: 1, application_name: 'victim' });
  pool.on('error', () => undefined);
  await pool.query('SELECT 1');
  await pool.query(`BEGIN; LOCK bars`).catch(() => undefined);
  const blocked = readWindow(
    dataSource,
    { datasetId, symbolIds: idsOf(['AAA']), ranges: [{ from: OPEN, to: OPEN + 1 }] },
    () => undefined,
  );
  const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%' AND datname = current_database()`;
  let looks = 0;
  while ((await dataSource.query<unknown[]>(waiting)).length === 0 && looks++ < 1000);
  const failed = expect(blocked).rejects.toThrow('terminating connection');
  await dataSource.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) w`);
  await failed;
  await pool.end();
});

describe('a DataSource as BarSource', () => {
  const query = {
    symbols: ['CCC', 'AAA', 'NEVER'],
    from: OPEN,
    to: OPEN + 300_000,
    interval: '1m',
  };

  test('answers the bars of its dataset by symbol, oldest first, also as EntityManager', async () => {
    for (const repository of [dataSource, dataSource.manager]) {
      const answer = await barSourceOf('main', repository)?.bars(query);
      expect([...(answer?.bars.keys() ?? [])]).toEqual(['CCC', 'AAA']);
      expect(answer?.bars.get('AAA')).toEqual(marketBars(1).slice(390, 395));
      expect(answer?.refused).toEqual([]);
    }
  });

  test('leaves out rows that cannot be right, and counts them', async () => {
    const importer = await BarImporter.open(dataSource, 'dirty');
    await importer.write('AAA', marketBars(1));
    await importer.finish();
    await dataSource.query(`UPDATE bars SET high = 'NaN' WHERE dataset_id = $1 AND "time" = $2`, [
      await resolveDataset(dataSource, 'dirty'),
      new Date(OPEN + 60_000),
    ]);
    const answer = await barSourceOf('dirty', dataSource)?.bars(query);
    expect(answer?.bars.get('AAA')).toHaveLength(4);
    expect(answer?.refused).toMatchObject([{ symbol: 'AAA', reason: 'not-finite', time: OPEN + 60_000 }]);
    // A process that relays answers passes these rows on, so that the worker refuses them with their reason.
    const relayed = fetchFrom('dirty', dataSource)!('AAA', new Date(query.from), new Date(query.to), '1m');
    expect(await relayed).toHaveLength(5);
    expect(await relayed).toContainEqual(expect.objectContaining({ time: OPEN + 60_000, high: NaN }));
  });

  test('a dataset that does not exist is a failure, not an answer without bars', async () => {
    const source = barSourceOf('dirty', dataSource);
    await removeDataset(dataSource, 'dirty');
    await expect(source?.bars(query)).rejects.toThrow(UnknownDatasetError);
  });
});
