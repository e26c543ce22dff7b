/** Reads of a dataset: windows of rows by COPY, and a `DataSource` as the source of bars that a worker asks. */
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
import { createTestDatabase, terminateCopy, type TestDatabase } from '../support/setup/database.js';
import { IdError } from '../../libs/bar-repository/src/rows/index.js';

let database: TestDatabase;
let dataSource: DataSource;
let datasetId: number;
let ids: Map<string, number>;

/** The open of XNYS on 1999-12-31. */
const OPEN = Date.UTC(1999, 11, 31, 14, 30);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const SLOTS = 390;
type Row = [symbolId: number, openTime: number, open: number, high: number, low: number, close: number, volume: number];

/** Days as offsets from OPEN: three around PostgreSQL's epoch, 2000-01-01, and one before 1970. */
const DAYS = [-40 * 365 * DAY_MS, 0, DAY_MS, 2 * DAY_MS];

/** A bar for each minute of DAYS. Many of the values have no short decimal form, so that a rounded one is noticed. */
function barsOf(seed: number): Bar[] {
  return DAYS.flatMap((day) =>
    Array.from({ length: SLOTS }, (_, minute) => {
      const open = seed + minute / 7;
      return {
        openTime: OPEN + day + minute * MINUTE_MS,
        open,
        high: open + 1 / 3,
        low: open - 0.1,
        close: open,
        volume: minute * 1e9 + 0.5,
      };
    }),
  );
}

/** The rows that `readWindow` passes on, by symbol and time. */
async function read(query: { symbolIds: readonly number[]; ranges: { from: number; to: number }[] }): Promise<Row[]> {
  const rows: Row[] = [];
  const count = await readWindow(dataSource, { datasetId, ...query }, (...row) => rows.push(row));
  expect(count).toBe(rows.length);
  return rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** The rows of `[from, to)` by a plain SELECT, by symbol and time. */
async function select(names: string[], from: number, to: number): Promise<Row[]> {
  const rows = await dataSource.query<Record<string, number>[]>(
    `SELECT symbol_id, extract(epoch FROM "time")::float8 * 1000 AS t, open, high, low, close, volume FROM bars
     WHERE dataset_id = $1 AND symbol_id = ANY($2) AND "time" >= $3 AND "time" < $4 ORDER BY symbol_id, "time"`,
    [datasetId, idsOf(names), new Date(from), new Date(to)],
  );
  return rows.map((row) => Object.values(row) as Row);
}

const idsOf = (names: string[]): number[] => names.map((name) => ids.get(name)!);

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  const importer = await BarImporter.open(dataSource, 'main');
  for (const [i, symbol] of SYMBOLS.entries()) await importer.write(symbol, barsOf(i * 100 + 1));
  await importer.finish();
  datasetId = (await resolveDataset(dataSource, 'main'))!;
  ids = await symbolIds(dataSource, SYMBOLS);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

test('a window has the rows of a plain SELECT that excludes the end', async () => {
  for (const [from, to] of [
    // All minutes of a day but the last, the first minute of a day, and all days.
    [OPEN, OPEN + (SLOTS - 1) * MINUTE_MS],
    [OPEN + DAY_MS, OPEN + DAY_MS + 1],
    [OPEN - 50 * 365 * DAY_MS, OPEN + 5 * DAY_MS],
  ] as const) {
    const rows = await read({ symbolIds: idsOf(['AAA', 'CCC']), ranges: [{ from, to }] });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(await select(['AAA', 'CCC'], from, to));
  }
});

test('several ranges are read with one query, and a row in two of them comes once', async () => {
  // Not in order of time; the second and the third overlap.
  const ranges = [
    { from: OPEN + DAY_MS, to: OPEN + DAY_MS + 10 * MINUTE_MS },
    { from: OPEN, to: OPEN + 10 * MINUTE_MS },
    { from: OPEN + 5 * MINUTE_MS, to: OPEN + 15 * MINUTE_MS },
  ];
  const expected = [
    ...(await select(['BBB'], OPEN, OPEN + 15 * MINUTE_MS)),
    ...(await select(['BBB'], OPEN + DAY_MS, OPEN + DAY_MS + 10 * MINUTE_MS)),
  ];
  expect(await read({ symbolIds: idsOf(['BBB']), ranges })).toEqual(expected);
});

test('unknown symbols, no symbols and empty ranges have no rows, and an id that is no number is an error', async () => {
  const range = { from: OPEN, to: OPEN + DAY_MS };
  expect(await read({ symbolIds: [999_999], ranges: [range] })).toEqual([]);
  expect(await read({ symbolIds: [], ranges: [range] })).toEqual([]);
  expect(await read({ symbolIds: idsOf(['AAA']), ranges: [{ from: OPEN, to: OPEN }] })).toEqual([]);
  await expect(read({ symbolIds: [Number.NaN], ranges: [range] })).rejects.toThrow(IdError);
});

test('errors of onRow and of the server, and an abort, reach the caller, and the connection serves the next read', async () => {
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
  const ignoreRow = () => undefined;
  const aborted = AbortSignal.abort(new Error('before'));
  await expect(readWindow(pool, window, ignoreRow, aborted)).rejects.toThrow('before');
  // Both ids are beyond int4. No dataset has the first, and the server refuses the second.
  await expect(readWindow(pool, { ...window, datasetId: 70_000_000_000 }, ignoreRow)).resolves.toBe(0);
  const unknownIds = readWindow(pool, { ...window, symbolIds: [5_000_000_000] }, ignoreRow);
  await expect(unknownIds).rejects.toThrow('out of range');
  expect(await readWindow(pool, window, ignoreRow)).toBe(SYMBOLS.length * DAYS.length * SLOTS);
  // None of the failures cost the pool its one connection.
  expect(pool.totalCount).toBe(1);
  await pool.end();
});

test('a read fails when its backend is terminated', async () => {
  // The lock of another client makes the read wait, so that the test can terminate its backend.
  const locker = new Pool({ connectionString: database.url, max: 1 });
  locker.on('error', () => undefined);
  await locker.query('BEGIN; LOCK bars');
  const window = { datasetId, symbolIds: idsOf(['AAA']), ranges: [{ from: OPEN, to: OPEN + 1 }] };
  const failed = expect(readWindow(dataSource, window, () => undefined)).rejects.toThrow('terminating connection');
  await terminateCopy(dataSource, "wait_event_type = 'Lock'");
  await failed;
  await locker.end();
});

describe('a DataSource as BarSource', () => {
  const query = {
    symbols: ['CCC', 'AAA', 'NEVER'],
    from: OPEN,
    to: OPEN + 5 * MINUTE_MS,
    interval: '1m',
  };

  test('answers with the bars of its dataset by symbol, oldest first; an EntityManager does too', async () => {
    for (const repository of [dataSource, dataSource.manager]) {
      const answer = await barSourceOf('main', repository)?.bars(query);
      // The first of DAYS is before 1970. `query` requests five minutes of the second.
      expect([...(answer?.bars.keys() ?? [])]).toEqual(['CCC', 'AAA']);
      expect(answer?.bars.get('AAA')).toEqual(barsOf(1).slice(SLOTS, SLOTS + 5));
      expect(answer?.refused).toEqual([]);
    }
  });

  test('returns a row that cannot be a bar among the refused, and a relay passes it on', async () => {
    const importer = await BarImporter.open(dataSource, 'dirty');
    await importer.write('AAA', barsOf(1));
    await importer.finish();
    await dataSource.query(`UPDATE bars SET high = 'NaN' WHERE dataset_id = $1 AND "time" = $2`, [
      await resolveDataset(dataSource, 'dirty'),
      new Date(OPEN + MINUTE_MS),
    ]);
    const answer = await barSourceOf('dirty', dataSource)?.bars(query);
    expect(answer?.bars.get('AAA')).toHaveLength(4);
    expect(answer?.refused).toMatchObject([{ symbol: 'AAA', reason: 'not-finite', time: OPEN + MINUTE_MS }]);
    // A process that relays answers passes these rows on, so that the worker refuses them with their reason.
    const relayed = fetchFrom('dirty', dataSource)!('AAA', new Date(query.from), new Date(query.to), '1m');
    expect(await relayed).toHaveLength(5);
    expect(await relayed).toContainEqual(expect.objectContaining({ time: OPEN + MINUTE_MS, high: NaN }));
  });

  test('a dataset that does not exist is a failure, not an answer without bars', async () => {
    const source = barSourceOf('dirty', dataSource);
    await removeDataset(dataSource, 'dirty');
    await expect(source?.bars(query)).rejects.toThrow(UnknownDatasetError);
  });
});
