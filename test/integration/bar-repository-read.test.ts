/** Reads of a dataset: windows of rows by COPY, and a `DataSource` as the source of bars that a worker asks. */
import type { Bar } from '@barkeep/bars';
import {
  BarImporter,
  barSourceOf,
  createDataSource,
  fetchFrom,
  poolOf,
  readWindow,
  removeDataset,
  resolveDataset,
  symbolIds,
  UnknownDatasetError,
} from '@barkeep/bar-repository';
import { once } from 'node:events';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { setTimeout as delay } from 'node:timers/promises';
import { migratedDatabase, queryDatabase, terminateCopy } from '../support/setup/database.js';
import { tcpGate } from '../support/system/tcp-gate.js';
import { IdError } from '../../libs/bar-repository/src/rows/index.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The open of XNYS on 1999-12-31, the day before PostgreSQL's epoch. */
const OPEN = Date.UTC(1999, 11, 31, 14, 30);
/** The opens of the stored days: one before 1970, and three around PostgreSQL's epoch (2000-01-01). */
const OPENS = [OPEN - 40 * 365 * DAY_MS, OPEN, OPEN + DAY_MS, OPEN + 2 * DAY_MS];
const SLOTS = 390;
/** A range that has all stored days. */
const ALL_TIME: Range = { from: OPEN - 50 * 365 * DAY_MS, to: OPEN + 5 * DAY_MS };
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
/** Times in epoch ms; the end is not part of it. */
interface Range {
  from: number;
  to: number;
}
type Row = [symbolId: number, openTime: number, open: number, high: number, low: number, close: number, volume: number];

const { url, dataSource } = migratedDatabase();
let datasetId: number;
/** Ids of SYMBOLS. */
let ids: Map<string, number>;

/** A bar for each minute of the stored days. Many values have no short decimal form, so that a rounded one is noticed. */
function barsOf(seed: number): Bar[] {
  return OPENS.flatMap((dayOpen) =>
    Array.from({ length: SLOTS }, (_, minute) => {
      const open = seed + minute / 7;
      return {
        openTime: dayOpen + minute * MINUTE_MS,
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
async function read(query: { symbolIds: readonly number[]; ranges: Range[] }): Promise<Row[]> {
  const rows: Row[] = [];
  const count = await readWindow(dataSource, { datasetId, ...query }, (...row) => rows.push(row));
  expect(count).toBe(rows.length);
  return rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** The rows of a range by a plain SELECT, by symbol and time. */
async function select(names: string[], { from, to }: Range): Promise<Row[]> {
  const rows = await dataSource.query<Record<string, number>[]>(
    `SELECT symbol_id, extract(epoch FROM "time")::float8 * 1000 AS t, open, high, low, close, volume FROM bars
     WHERE dataset_id = $1 AND symbol_id = ANY($2) AND "time" >= $3 AND "time" < $4 ORDER BY symbol_id, "time"`,
    [datasetId, idsOf(names), new Date(from), new Date(to)],
  );
  return rows.map((row) => Object.values(row) as Row);
}

const idsOf = (names: string[]): number[] => names.map((name) => ids.get(name)!);

beforeAll(async () => {
  const importer = await BarImporter.open(dataSource, 'main');
  for (const [i, symbol] of SYMBOLS.entries()) await importer.write(symbol, barsOf(i * 100 + 1));
  await importer.finish();
  datasetId = (await resolveDataset(dataSource, 'main'))!;
  ids = await symbolIds(dataSource, SYMBOLS);
});

test.each([
  ['all minutes of a day but the last', { from: OPEN, to: OPEN + (SLOTS - 1) * MINUTE_MS }],
  ['the first minute of a day', { from: OPEN + DAY_MS, to: OPEN + DAY_MS + 1 }],
  ['all days', ALL_TIME],
])('a window of %s has the rows of a plain SELECT that excludes the end', async (_name, range) => {
  const rows = await read({ symbolIds: idsOf(['AAA', 'CCC']), ranges: [range] });
  expect(rows.length).toBeGreaterThan(0);
  expect(rows).toEqual(await select(['AAA', 'CCC'], range));
});

test('several ranges are read with one query, and a row in two of them comes once', async () => {
  // The first is the latest, and the others overlap.
  const ranges = [
    { from: OPEN + DAY_MS, to: OPEN + DAY_MS + 10 * MINUTE_MS },
    { from: OPEN, to: OPEN + 10 * MINUTE_MS },
    { from: OPEN + 5 * MINUTE_MS, to: OPEN + 15 * MINUTE_MS },
  ];
  const expected = [
    ...(await select(['BBB'], { from: OPEN, to: OPEN + 15 * MINUTE_MS })),
    ...(await select(['BBB'], ranges[0]!)),
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

describe('a read that fails', () => {
  /** Has one connection, because it is used for one read at a time: a connection that a read does not give back would show. */
  let single: DataSource;
  beforeAll(async () => (single = await createDataSource(url).initialize()));
  afterAll(() => single.destroy());

  const ignoreRow = () => undefined;
  const everything = () => ({ datasetId, symbolIds: [...ids.values()], ranges: [ALL_TIME] });

  afterEach(async () => {
    // The connection serves the next read, and no failure costs the pool its connection.
    expect(await readWindow(single, everything(), ignoreRow)).toBe(SYMBOLS.length * OPENS.length * SLOTS);
    expect(poolOf(single).totalCount).toBe(1);
  });

  test('passes on the error of onRow', async () => {
    const throwError = (): never => {
      throw new Error('row refused');
    };
    await expect(readWindow(single, everything(), throwError)).rejects.toThrow('row refused');
  });

  test('passes on the reason of an abort, before the read or during it', async () => {
    const aborted = AbortSignal.abort(new Error('before'));
    await expect(readWindow(single, everything(), ignoreRow, aborted)).rejects.toThrow('before');
    const controller = new AbortController();
    let rows = 0;
    const abortAtRow10 = (): void => {
      if (++rows === 10) controller.abort(new Error('enough'));
    };
    await expect(readWindow(single, everything(), abortAtRow10, controller.signal)).rejects.toThrow('enough');
  });

  test("passes on the server's error for the id of a symbol beyond int4; no dataset has such an id", async () => {
    const unknownSymbol = readWindow(single, { ...everything(), symbolIds: [5_000_000_000] }, ignoreRow);
    await expect(unknownSymbol).rejects.toThrow('out of range');
    await expect(readWindow(single, { ...everything(), datasetId: 70_000_000_000 }, ignoreRow)).resolves.toBe(0);
  });
});

test('a read fails when its backend is terminated', async () => {
  // The lock of another client makes the read wait, so that the test can terminate its backend.
  const locker = new Client({ connectionString: url }).on('error', () => undefined);
  await locker.connect();
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
  const isRequested = ({ openTime }: Bar) => openTime >= query.from && openTime < query.to;

  /** Makes a dataset with bars of AAA. @returns its id */
  async function importAaa(dataset: string): Promise<number> {
    const importer = await BarImporter.open(dataSource, dataset);
    await importer.write('AAA', barsOf(1));
    await importer.finish();
    return (await resolveDataset(dataSource, dataset))!;
  }

  /** Ends all connections of the pool, as the removal of its database does. */
  async function endConnections(): Promise<void> {
    const pool = poolOf(dataSource);
    await queryDatabase(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    while (pool.totalCount > 0) await once(pool, 'remove');
  }

  test('answers with the bars of its dataset by symbol, oldest first; an EntityManager does too', async () => {
    for (const repository of [dataSource, dataSource.manager]) {
      const answer = await barSourceOf('main', repository)?.bars(query);
      expect([...(answer?.bars.keys() ?? [])]).toEqual(['CCC', 'AAA']);
      expect(answer?.bars.get('AAA')).toEqual(barsOf(1).filter(isRequested));
      expect(answer?.refused).toEqual([]);
    }
  });

  test('returns a row that cannot be a bar among the refused, and a relay passes it on', async () => {
    const id = await importAaa('dirty');
    const spoil = `UPDATE bars SET high = 'NaN' WHERE dataset_id = $1 AND "time" = $2`;
    await dataSource.query(spoil, [id, new Date(OPEN + MINUTE_MS)]);
    const answer = await barSourceOf('dirty', dataSource)?.bars(query);
    expect(answer?.bars.get('AAA')).toHaveLength(4);
    expect(answer?.refused).toMatchObject([{ symbol: 'AAA', reason: 'not-finite', time: OPEN + MINUTE_MS }]);
    // A process that relays answers passes these rows on, so that the worker refuses them with their reason.
    const relayed = fetchFrom('dirty', dataSource)!('AAA', new Date(query.from), new Date(query.to), '1m');
    expect(await relayed).toHaveLength(5);
    expect(await relayed).toContainEqual(expect.objectContaining({ time: OPEN + MINUTE_MS, high: NaN }));
  });

  test('reads the bars of its symbols after the database was made again, which gives their ids to other symbols', async () => {
    const importer = await BarImporter.open(dataSource, 'again');
    await importer.write('FIRST', barsOf(1));
    await importer.write('SECOND', barsOf(2));
    await importer.finish();
    const source = barSourceOf('again', dataSource)!;
    const barsBySymbol = async () => (await source.bars({ ...query, symbols: ['FIRST', 'SECOND'] })).bars;
    const [bars1, bars2] = [barsOf(1).filter(isRequested), barsOf(2).filter(isRequested)];
    expect(await barsBySymbol()).toEqual(new Map([['FIRST', bars1], ['SECOND', bars2]])); // prettier-ignore
    // In place of a database that is made again: the symbols exchange their ids, and thereby their bars, and all connections end.
    await queryDatabase(url, `UPDATE symbols SET name = 'NEITHER' WHERE name = 'FIRST'`);
    await queryDatabase(url, `UPDATE symbols SET name = 'FIRST' WHERE name = 'SECOND'`);
    await queryDatabase(url, `UPDATE symbols SET name = 'SECOND' WHERE name = 'NEITHER'`);
    await endConnections();
    expect(await barsBySymbol()).toEqual(new Map([['FIRST', bars2], ['SECOND', bars1]])); // prettier-ignore
  });

  test('fails when its dataset was removed, and does not answer without bars', async () => {
    await importAaa('gone');
    const source = barSourceOf('gone', dataSource);
    await removeDataset(dataSource, 'gone');
    await expect(source?.bars(query)).rejects.toThrow(UnknownDatasetError);
  });

  test('fails when its dataset is removed after the id was read and before the rows are', async () => {
    await importAaa('going');
    const gate = await tcpGate(url, 5432);
    const slow = await createDataSource(gate.url, { applicationName: 'slow' }).initialize();
    gate.slowDown(500); // each statement
    try {
      const failed = expect(barSourceOf('going', slow)?.bars(query)).rejects.toThrow(UnknownDatasetError);
      const isIdRead = `SELECT FROM pg_stat_activity
        WHERE application_name = 'slow' AND state = 'idle' AND query LIKE '%JOIN symbols%'`;
      while ((await dataSource.query<unknown[]>(isIdRead)).length === 0) await delay(5);
      await removeDataset(dataSource, 'going');
      await failed;
    } finally {
      await slow.destroy();
      await gate.shut();
    }
  });
});
