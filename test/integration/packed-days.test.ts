/** Packed days and the rows that they were made of: after any change of the rows, a pack is correct or absent. */
import {
  BarImporter,
  createDataSource,
  datasetExtent,
  datasetVersion,
  hasPacks,
  migrate,
  packDays,
  readPacked,
  removeDataset,
  resolveDataset,
  symbolIds,
  withSnapshot,
  type PackCounts,
} from '@barkeep/bar-repository';
import { chunkOfPart, DayChunk, DayGrid, parseInterval, recordOffset } from '@barkeep/bars';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { holey, marketBars, mulberry32, tradingDays } from '../support/data/market.js';
import { mergeChanges } from '../../libs/bar-repository/src/datasets.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const DATES = { start: '2024-07-01', end: '2024-07-05' };
/** Four days; the third is a half day, and 4 July is a holiday. */
const DAYS = tradingDays(DATES);
const GRIDS = DAYS.map((day) => new DayGrid(day, parseInterval('1m')));
/** One pack for each of three symbols on four days. */
const PACKS = 12;
const MARKET = holey(marketBars({ symbols: SYMBOLS, seed: 3, ...DATES }), 0.05, 4);

/** A connection in a snapshot. */
type Queryable = Parameters<typeof readPacked>[0];

let database: TestDatabase;
let dataSource: DataSource;
let datasetId: number;
/** Ids of SYMBOLS, in this order. */
let ids: number[];
const idOf = (symbol: string) => ids[SYMBOLS.indexOf(symbol)]!;
/** Connections that a test opened. */
const clients: Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
});
beforeEach(async () => {
  await removeDataset(dataSource, 'main');
  const importer = await BarImporter.open(dataSource, 'main');
  for (const [symbol, bars] of MARKET) await importer.write(symbol, bars);
  await importer.finish();
  datasetId = (await resolveDataset(dataSource, 'main'))!;
  ids = [...(await symbolIds(dataSource, SYMBOLS)).values()];
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Opens a connection, which is closed after the test. */
async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  clients.push(client);
  return client;
}

const pack = (): Promise<PackCounts> =>
  packDays(dataSource, { datasetId, symbolIds: ids, days: DAYS, interval: parseInterval('1m') });

/** The key of a symbol's pack: `id date`. The day is given by its index. */
const keyOf = (symbol: string, day: number) => `${idOf(symbol)} ${DAYS[day]!.date}`;

/** The keys of the packs that exist. */
async function packed(): Promise<Set<string>> {
  const rows = await dataSource.query<{ key: string }[]>(
    `SELECT symbol_id || ' ' || open::date AS key FROM packed_days WHERE dataset_id = $1`,
    [datasetId],
  );
  return new Set(rows.map(({ key }) => key));
}

/** The keys of the packs of a symbol on all days. */
const keysOf = (symbol: string) => DAYS.map((_, day) => keyOf(symbol, day));
/** The keys of all packs but some. */
const allBut = (...keys: string[]) => new Set(SYMBOLS.flatMap(keysOf).filter((key) => !keys.includes(key)));

/** The chunks of a day that the rows of the dataset give, by symbol id. */
async function chunksOfRows(client: Queryable, grid: DayGrid): Promise<Map<number, DayChunk>> {
  const { rows } = await client.query(
    `SELECT symbol_id, extract(epoch FROM "time")::float8 * 1000 AS time, open, high, low, close, volume FROM bars
     WHERE dataset_id = $1 AND "time" >= $2 AND "time" < $3`,
    [datasetId, new Date(grid.open), new Date(grid.close)],
  );
  const chunks = new Map(ids.map((id) => [id, new DayChunk(grid.slotCount)]));
  for (const { symbol_id, time, ...bar } of rows) {
    const slot = grid.slotAt(time);
    if (typeof slot === 'number') chunks.get(symbol_id)!.writeBar(slot, { openTime: time, ...bar }, 'streamed', 0);
  }
  return chunks;
}

/** Checks that every pack equals the rows of its day, all in one snapshot. @returns the number of packs */
async function checkPacks(): Promise<number> {
  let found = 0;
  await withSnapshot(dataSource, async (client) => {
    for (const grid of GRIDS) {
      const expected = await chunksOfRows(client, grid);
      for (const [id, bytes] of await readChunks(client, grid)) {
        expect(Buffer.from(bytes).equals(expected.get(id)!.bytes)).toBe(true);
        found++;
      }
    }
  });
  return found;
}

/** The packs of the slots `[fromSlot, toSlot)` of a day as a reader gets them. An empty pack gives an empty chunk. */
async function readChunks(client: Queryable, grid: DayGrid, fromSlot = 0, toSlot = grid.slotCount) {
  const chunks = new Map<number, Uint8Array>();
  // A copy, because the bytes are valid only during the call.
  const receive = (id: number, _bars: number, bytes: Uint8Array) => void chunks.set(id, Uint8Array.from(bytes));
  const empty = (id: number) => void chunks.set(id, new DayChunk(grid.slotCount).bytes);
  await readPacked(client, { datasetId, symbolIds: ids, grid, fromSlot, toSlot }, { pack: receive, empty });
  return chunks;
}

test('I1 a pack has the bars of its rows, and packing again changes nothing', async () => {
  expect(await hasPacks(dataSource, datasetId)).toBe(false);
  const bars = [...MARKET.values()].flat().length;
  expect(await pack()).toEqual({ packed: PACKS, kept: 0, empty: 0, refused: 0, bars });
  expect(await pack()).toEqual({ packed: 0, kept: PACKS, empty: 0, refused: 0, bars: 0 });
  expect(await hasPacks(dataSource, datasetId)).toBe(true);
  expect(await checkPacks()).toBe(PACKS);
});

test('the pack of a part of a day has the bytes of this part of the chunk', async () => {
  await pack();
  const random = mulberry32(8);
  for (const grid of GRIDS) {
    for (let i = 0; i < 10; i++) {
      const from = Math.floor(random() * grid.slotCount);
      const to = from + 1 + Math.floor(random() * (grid.slotCount - from));
      const isWholeDay = from === 0 && to === grid.slotCount;
      if (!isWholeDay) await withSnapshot(dataSource, (client) => expectPart(client, grid, from, to));
    }
  }
});

/** Checks the packs of the slots `[from, to)` of a day against those of the whole day. */
async function expectPart(client: Queryable, grid: DayGrid, from: number, to: number): Promise<void> {
  const recordsAt = (slot: number) => recordOffset(grid.slotCount, slot);
  const wholeDay = await readChunks(client, grid);
  for (const [id, part] of await readChunks(client, grid, from, to)) {
    const bytes = wholeDay.get(id)!;
    const records = bytes.subarray(recordsAt(from), recordsAt(to));
    const expected = chunkOfPart(grid.slotCount, bytes, records, from, to);
    // A part has the bytes of the bitmap that contain its slots, then the records of these slots.
    const [firstByte, endByte] = [from >> 3, (to + 7) >> 3];
    const bitmapLength = endByte - firstByte;
    expect(Buffer.from(part.subarray(0, bitmapLength))).toEqual(Buffer.from(bytes.subarray(firstByte, endByte)));
    expect(Buffer.from(part.subarray(bitmapLength))).toEqual(
      Buffer.from(expected.bytes.subarray(recordsAt(from), recordsAt(to))),
    );
  }
}

test('a day without bars gets an empty pack, and a day with a refused row gets none until the row is corrected', async () => {
  const { close } = GRIDS[0]!;
  await dataSource.query('DELETE FROM bars WHERE symbol_id = $1 AND "time" < $2', [idOf('AAA'), new Date(close)]);
  const first = new Date(MARKET.get('BBB')![0]!.openTime);
  const refuse = 'UPDATE bars SET low = high + 1 WHERE symbol_id = $1 AND "time" = $2';
  await dataSource.query(refuse, [idOf('BBB'), first]);
  expect(await pack()).toMatchObject({ packed: PACKS - 2, empty: 1, refused: 1 });
  await withSnapshot(dataSource, async (client) => {
    // BBB has the refused row.
    expect([...(await readChunks(client, GRIDS[0]!)).keys()].sort()).toEqual([idOf('AAA'), idOf('CCC')]);
  });
  // Once the row is corrected, the day is packed.
  await dataSource.query('UPDATE bars SET low = 0.01 WHERE low > high');
  expect(await pack()).toMatchObject({ packed: 1, kept: PACKS - 1 });
  expect(await checkPacks()).toBe(PACKS);
});

test('packs belong to an interval: packing another one leaves them as they are', async () => {
  await pack();
  const options = { datasetId, symbolIds: ids, days: DAYS };
  // Every second row is off the grid of two minutes, so that every day of every symbol is refused.
  expect(await packDays(dataSource, { ...options, interval: parseInterval('2m') })).toMatchObject({ refused: PACKS });
  expect(await checkPacks()).toBe(PACKS);
});

describe('every change of rows removes the packs that it touches, and no others', () => {
  const iso = (time: number) => new Date(time).toISOString();
  const values = (symbol: string, time: number) => `(${idOf(symbol)}, ${datasetId}, '${iso(time)}', 1, 1, 1, 1, 1)`;
  const insert = (...rows: string[]) =>
    `INSERT INTO bars (symbol_id, dataset_id, "time", open, high, low, close, volume) VALUES ${rows.join(', ')}`;
  /** The first time of a day at which a symbol has no bar. The day is given by its index. */
  const free = (symbol: string, day: number) => {
    const times = new Set(MARKET.get(symbol)!.map(({ openTime }) => openTime));
    const slots = Array.from({ length: GRIDS[day]!.slotCount }, (_, slot) => GRIDS[day]!.openTime(slot));
    return slots.find((time) => !times.has(time))!;
  };
  /** The first time of a day at which a symbol has a bar. */
  const taken = (symbol: string, day: number) =>
    MARKET.get(symbol)!.find(({ openTime }) => openTime >= GRIDS[day]!.open)!.openTime;

  // Functions, because ids are known only when a test runs: the statements, and the keys of the packs that remain.
  test.each<[string, () => string[], () => Set<string>]>([
    ['INSERT', () => [insert(values('AAA', free('AAA', 0)))], () => allBut(keyOf('AAA', 0))],
    [
      'INSERT of several symbols and days',
      () => [insert(values('AAA', free('AAA', 0)), values('BBB', free('BBB', 1)), values('AAA', free('AAA', 3)))],
      () => allBut(keyOf('AAA', 0), keyOf('BBB', 1), keyOf('AAA', 3)),
    ],
    ['INSERT outside of trading hours', () => [insert(values('AAA', GRIDS[0]!.open - 60_000))], () => allBut()],
    [
      'INSERT into another dataset',
      () => [`INSERT INTO bars SELECT symbol_id, 99, "time", 1, 1, 1, 1, 1 FROM bars WHERE dataset_id = ${datasetId}`],
      () => allBut(),
    ],
    [
      'INSERT that does nothing',
      () => [`${insert(values('AAA', taken('AAA', 0)))} ON CONFLICT DO NOTHING`],
      () => allBut(),
    ],
    [
      'INSERT that updates',
      () => [
        `${insert(values('AAA', taken('AAA', 0)))} ON CONFLICT (dataset_id, symbol_id, "time") DO UPDATE SET volume = 7`,
      ],
      () => allBut(keyOf('AAA', 0)),
    ],
    [
      'UPDATE',
      () => [`UPDATE bars SET volume = 7 WHERE symbol_id = ${idOf('BBB')} AND "time" = '${iso(taken('BBB', 1))}'`],
      () => allBut(keyOf('BBB', 1)),
    ],
    [
      'UPDATE that moves a row to another day',
      () => [
        `UPDATE bars SET "time" = '${iso(free('AAA', 3))}' WHERE symbol_id = ${idOf('AAA')} AND "time" = '${iso(taken('AAA', 0))}'`,
      ],
      () => allBut(keyOf('AAA', 0), keyOf('AAA', 3)),
    ],
    [
      'UPDATE that takes rows out of the dataset',
      () => [`UPDATE bars SET dataset_id = 98 WHERE symbol_id = ${idOf('CCC')}`],
      () => allBut(...keysOf('CCC')),
    ],
    ['DELETE', () => [`DELETE FROM bars WHERE symbol_id = ${idOf('BBB')}`], () => allBut(...keysOf('BBB'))],
    [
      'MERGE',
      () => [
        `MERGE INTO bars USING (SELECT ${idOf('AAA')} AS id, '${iso(taken('AAA', 1))}'::timestamptz AS at) AS given
         ON bars.dataset_id = ${datasetId} AND bars.symbol_id = given.id AND bars."time" = given.at WHEN MATCHED THEN DELETE`,
      ],
      () => allBut(keyOf('AAA', 1)),
    ],
    ['TRUNCATE', () => ['TRUNCATE bars'], () => new Set()],
    ['a rollback', () => ['BEGIN', 'DELETE FROM bars', 'ROLLBACK'], () => allBut()],
    [
      'a rollback to a savepoint',
      () => ['BEGIN', 'SAVEPOINT s', 'DELETE FROM bars', 'ROLLBACK TO s', 'COMMIT'],
      () => allBut(),
    ],
    [
      'INSERT by the process that applies changes on a replica',
      () => ["SET session_replication_role = 'replica'", insert(values('AAA', free('AAA', 0)))],
      () => allBut(keyOf('AAA', 0)),
    ],
  ])('%s', async (_name, statements, remaining) => {
    await pack();
    const client = await connect();
    for (const sql of statements()) await client.query(sql);
    expect(await packed()).toEqual(remaining());
    await checkPacks();
    await dataSource.query('DELETE FROM bars WHERE dataset_id IN (98, 99)');
  });

  test('an import, when it finishes', async () => {
    await pack();
    const importer = await BarImporter.open(dataSource, 'main');
    await importer.write('AAA', [{ openTime: free('AAA', 1), open: 1, high: 1, low: 1, close: 1, volume: 1 }]);
    // No other connection sees the row yet, so the packs are unchanged.
    expect(await packed()).toEqual(allBut());
    await importer.finish();
    expect(await packed()).toEqual(allBut(keyOf('AAA', 1)));
  });
});

describe('races', () => {
  // Errors of PostgreSQL after which a client repeats its transaction.
  const SERIALIZATION_FAILURE = '40001';
  const DEADLOCK = '40P01';

  /** Changes the first bar of AAA, and so its first day. */
  const change = (client: Client, volume: number) =>
    client.query('UPDATE bars SET volume = $3 WHERE dataset_id = $1 AND symbol_id = $2 AND "time" = $4', [
      datasetId,
      idOf('AAA'),
      volume,
      new Date(MARKET.get('AAA')![0]!.openTime),
    ]);

  /** Waits until a connection waits for a lock. */
  async function lockAwaited(): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await delay(5)) {
      const rows = await dataSource.query<unknown[]>(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
    }
    throw new Error('expected a connection to wait for a lock, was none');
  }

  test('packing waits for uncommitted rows', async () => {
    const writer = await connect();
    await writer.query('BEGIN');
    await change(writer, 1);
    const packing = pack();
    await lockAwaited();
    await writer.query('COMMIT');
    await packing;
    expect(await checkPacks()).toBe(PACKS);
  });

  test('rows that are written while a day is packed remove its pack', async () => {
    // Does by hand what a packing process does after it has read the rows: it locks the dataset and inserts the pack.
    const packer = await connect();
    await packer.query('BEGIN');
    await packer.query('UPDATE datasets SET packings = packings + 1 WHERE id = $1', [datasetId]);
    await packer.query(`INSERT INTO packed_days VALUES ($1, $2, $3, 'any', $4, 0, 0, NULL)`, [
      datasetId,
      idOf('AAA'),
      new Date(GRIDS[0]!.open),
      new Date(GRIDS[0]!.close),
    ]);
    const writer = await connect();
    const writing = change(writer, 2);
    await lockAwaited();
    await packer.query('COMMIT');
    await writing;
    expect(await packed()).toEqual(new Set());
  });

  test('a writer with a snapshot older than the pack fails, and succeeds with a new snapshot', async () => {
    const writer = await connect();
    await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await writer.query('SELECT count(*) FROM bars');
    await pack();
    await expect(change(writer, 3)).rejects.toMatchObject({ code: SERIALIZATION_FAILURE });
    await writer.query('ROLLBACK');
    expect(await checkPacks()).toBe(PACKS);
    await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await change(writer, 3);
    await writer.query('COMMIT');
    expect(await packed()).toEqual(allBut(keyOf('AAA', 0)));
  });

  test('a reader sees packs and rows of one moment', async () => {
    await pack();
    await withSnapshot(dataSource, async (client) => {
      expect(await readChunks(client, GRIDS[0]!)).toHaveProperty('size', 3);
      const writer = await connect();
      await change(writer, 0.25);
      // The pack is removed. A transaction that began before still sees it, together with the old rows.
      expect(await readChunks(client, GRIDS[0]!)).toHaveProperty('size', 3);
      const { rows } = await client.query('SELECT FROM bars WHERE volume = 0.25');
      expect(rows).toEqual([]);
    });
    expect(await packed()).toEqual(allBut(keyOf('AAA', 0)));
  });

  test('I1 every pack equals its rows at every moment, while writers and packers run', async () => {
    const random = mulberry32(17);
    const bars = MARKET.get('AAA')!;
    /** Sets the volume of every symbol at a random time. */
    const changeRows = (client: Client) =>
      client.query('UPDATE bars SET volume = $1 WHERE dataset_id = $2 AND "time" = $3', [
        Math.floor(random() * 1e6),
        datasetId,
        new Date(bars[Math.floor(random() * bars.length)]!.openTime),
      ]);
    const written = new AbortController();
    const write = async (isolation: 'READ COMMITTED' | 'REPEATABLE READ') => {
      const client = await connect();
      for (let i = 0; i < 60; i++) {
        try {
          await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
          for (let n = 0; n < 2; n++) await changeRows(client);
          await client.query(random() < 0.2 ? 'ROLLBACK' : 'COMMIT');
        } catch (error) {
          expect([SERIALIZATION_FAILURE, DEADLOCK]).toContain((error as { code?: string }).code);
          await client.query('ROLLBACK');
        }
      }
    };
    const packing = (async () => {
      while (!written.signal.aborted) await pack();
    })();
    const checking = (async () => {
      while (!written.signal.aborted) await checkPacks();
    })();
    await Promise.all([write('READ COMMITTED'), write('REPEATABLE READ'), write('READ COMMITTED')]);
    written.abort();
    await Promise.all([packing, checking]);
    await pack();
    expect(await checkPacks()).toBe(PACKS);
  });
});

test('each change of rows gives a dataset another version; merging the changes, or a statement without rows, does not', async () => {
  const versions = [await datasetVersion(dataSource, datasetId)];
  for (const sql of ['DELETE FROM bars WHERE volume < 100', 'UPDATE bars SET volume = 1', 'TRUNCATE bars']) {
    await dataSource.query(sql);
    versions.push(await datasetVersion(dataSource, datasetId));
  }
  expect(new Set(versions).size).toBe(versions.length);
  await Promise.all([1, 2, 3].map(() => mergeChanges(dataSource, datasetId)));
  expect(await datasetVersion(dataSource, datasetId)).toBe(versions[3]);
  // No rows are left to update.
  await dataSource.query('UPDATE bars SET volume = 1');
  expect(await datasetVersion(dataSource, datasetId)).toBe(versions[3]);
});

test('the extent of a dataset has each symbol with the times of its first and last bar', async () => {
  const extent = await datasetExtent(dataSource, datasetId);
  expect(extent).toEqual(
    SYMBOLS.map((symbol, i) => {
      const bars = MARKET.get(symbol)!;
      return { id: ids[i], symbol, first: bars[0]!.openTime, last: bars.at(-1)!.openTime };
    }),
  );
});

test('a removed dataset leaves no pack, and cannot be packed', async () => {
  await pack();
  await removeDataset(dataSource, 'main');
  expect(await packed()).toEqual(new Set());
  await expect(pack()).rejects.toThrow('was removed');
});
