/**
 * Packed days when rows change: a change removes the packs that it touches, so that a pack always equals the rows of its day.
 * I1: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { BarImporter, removeDataset, withSnapshot } from '@barkeep/bar-repository';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { mulberry32 } from '../support/data/market.js';
import {
  PACKED_GRIDS as GRIDS,
  PACKED_MARKET as MARKET,
  PACKED_SYMBOLS as SYMBOLS,
  packedDataset,
  PACKS,
} from '../support/data/packed-dataset.js';

const dataset = packedDataset();

/** The first time of a day at which a symbol has no bar. @param day index of the day */
function freeTime(symbol: string, day: number): number {
  const grid = GRIDS[day]!;
  const taken = new Set(MARKET.get(symbol)!.map(({ openTime }) => openTime));
  const times = Array.from({ length: grid.slotCount }, (_, slot) => grid.openTime(slot));
  return times.find((time) => !taken.has(time))!;
}

/** The first time of a day at which a symbol has a bar. @param day index of the day */
function takenTime(symbol: string, day: number): number {
  return MARKET.get(symbol)!.find(({ openTime }) => openTime >= GRIDS[day]!.open)!.openTime;
}

const timestamp = (time: number) => `'${new Date(time).toISOString()}'::timestamptz`;
const keyOf = (symbol: string, day: number) => dataset.keyOf(symbol, day);
/** Conditions of SQL: rows of a symbol, and its bar at a time. */
const ofSymbol = (symbol: string) => `symbol_id = ${dataset.idOf(symbol)}`;
const barAt = (symbol: string, time: number) => `${ofSymbol(symbol)} AND "time" = ${timestamp(time)}`;

/** A statement that inserts rows of the dataset. @param rows symbol and time of each */
function insert(...rows: (readonly [symbol: string, time: number])[]): string {
  const values = rows.map(
    ([symbol, time]) => `(${dataset.idOf(symbol)}, ${dataset.id}, ${timestamp(time)}, 1, 1, 1, 1, 1)`,
  );
  const columns = 'symbol_id, dataset_id, "time", open, high, low, close, volume';
  return `INSERT INTO bars (${columns}) VALUES ${values.join(', ')}`;
}

// Statements and keys are functions, because the ids in them are known only when a test runs.
test.each<[change: string, statements: () => string[], keysOfRemovedPacks: () => string[]]>([
  ['INSERT', () => [insert(['AAA', freeTime('AAA', 0)])], () => [keyOf('AAA', 0)]],
  [
    'INSERT of several symbols and days',
    () => [insert(['AAA', freeTime('AAA', 0)], ['BBB', freeTime('BBB', 1)], ['AAA', freeTime('AAA', 3)])],
    () => [keyOf('AAA', 0), keyOf('BBB', 1), keyOf('AAA', 3)],
  ],
  ['INSERT outside of trading hours', () => [insert(['AAA', GRIDS[0]!.open - 60_000])], () => []],
  [
    'INSERT into another dataset',
    () => [`INSERT INTO bars SELECT symbol_id, 99, "time", 1, 1, 1, 1, 1 FROM bars WHERE dataset_id = ${dataset.id}`],
    () => [],
  ],
  ['INSERT that does nothing', () => [`${insert(['AAA', takenTime('AAA', 0)])} ON CONFLICT DO NOTHING`], () => []],
  [
    'INSERT that updates',
    () => [
      `${insert(['AAA', takenTime('AAA', 0)])} ON CONFLICT (dataset_id, symbol_id, "time") DO UPDATE SET volume = 7`,
    ],
    () => [keyOf('AAA', 0)],
  ],
  ['UPDATE', () => [`UPDATE bars SET volume = 7 WHERE ${barAt('BBB', takenTime('BBB', 1))}`], () => [keyOf('BBB', 1)]],
  [
    'UPDATE that moves a row to another day',
    () => [`UPDATE bars SET "time" = ${timestamp(freeTime('AAA', 3))} WHERE ${barAt('AAA', takenTime('AAA', 0))}`],
    () => [keyOf('AAA', 0), keyOf('AAA', 3)],
  ],
  [
    'UPDATE that takes rows out of the dataset',
    () => [`UPDATE bars SET dataset_id = 98 WHERE ${ofSymbol('CCC')}`],
    () => dataset.keysOf('CCC'),
  ],
  ['DELETE', () => [`DELETE FROM bars WHERE ${ofSymbol('BBB')}`], () => dataset.keysOf('BBB')],
  [
    'MERGE',
    () => [
      `MERGE INTO bars USING (SELECT ${dataset.idOf('AAA')} AS id, ${timestamp(takenTime('AAA', 1))} AS at) AS given
       ON bars.dataset_id = ${dataset.id} AND bars.symbol_id = given.id AND bars."time" = given.at
       WHEN MATCHED THEN DELETE`,
    ],
    () => [keyOf('AAA', 1)],
  ],
  ['TRUNCATE', () => ['TRUNCATE bars'], () => [...dataset.allBut()]],
  ['a rollback', () => ['BEGIN', 'DELETE FROM bars', 'ROLLBACK'], () => []],
  [
    'a rollback to a savepoint',
    () => ['BEGIN', 'SAVEPOINT s', 'DELETE FROM bars', 'ROLLBACK TO s', 'COMMIT'],
    () => [],
  ],
  [
    'INSERT by the process that applies changes on a replica',
    () => ["SET session_replication_role = 'replica'", insert(['AAA', freeTime('AAA', 0)])],
    () => [keyOf('AAA', 0)],
  ],
])('a change removes the packs that it touches, and no others: %s', async (_name, statements, removed) => {
  await dataset.pack();
  const client = await dataset.connect();
  for (const sql of statements()) await client.query(sql);
  expect(await dataset.storedKeys()).toEqual(dataset.allBut(...removed()));
  await dataset.checkPacks();
  // Some changes put rows into other datasets, with the ids 98 and 99.
  await dataset.dataSource.query('DELETE FROM bars WHERE dataset_id IN (98, 99)');
});

test('an import removes the packs that it touches when it finishes', async () => {
  await dataset.pack();
  const importer = await BarImporter.open(dataset.dataSource, 'main');
  const bar = { openTime: freeTime('AAA', 1), open: 1, high: 1, low: 1, close: 1, volume: 1 };
  await importer.write('AAA', [bar]);
  // No other connection sees the row yet, so the packs are unchanged.
  expect(await dataset.storedKeys()).toEqual(dataset.allBut());
  await importer.finish();
  expect(await dataset.storedKeys()).toEqual(dataset.allBut(dataset.keyOf('AAA', 1)));
});

describe('while packers and writers run at the same time', () => {
  // Errors of PostgreSQL after which a client repeats its transaction.
  const SERIALIZATION_FAILURE = '40001';
  const DEADLOCK = '40P01';

  /** Changes the volume of AAA's first bar, which touches its pack of the first day. */
  async function changeAaa(client: Client, volume: number): Promise<void> {
    const sql = 'UPDATE bars SET volume = $1 WHERE dataset_id = $2 AND symbol_id = $3 AND "time" = $4';
    await client.query(sql, [volume, dataset.id, dataset.idOf('AAA'), new Date(takenTime('AAA', 0))]);
  }

  /** Waits until a connection waits for a lock. */
  async function lockAwaited(): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await delay(5)) {
      const rows = await dataset.dataSource.query<unknown[]>(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
    }
    throw new Error('expected a connection to wait for a lock, was none');
  }

  describe.each(['repeatable read', 'read committed'])('by default transactions are %s', (level) => {
    beforeAll(() => dataset.setDefaultIsolation(level));

    test('I1 packing waits for uncommitted rows, and packs them', async () => {
      const writer = await dataset.connect();
      await writer.query('BEGIN');
      await changeAaa(writer, 1);
      const packing = dataset.pack();
      await lockAwaited();
      await writer.query('COMMIT');
      await packing;
      expect(await dataset.checkPacks()).toBe(PACKS);
    });

    test('a removal waits for an import, and removes its rows', async () => {
      const importer = await BarImporter.open(dataset.dataSource, 'main');
      await importer.write('NEW', [{ openTime: GRIDS[0]!.open, open: 1, high: 1, low: 1, close: 1, volume: 1 }]);
      const removal = removeDataset(dataset.dataSource, 'main');
      await lockAwaited();
      await importer.finish();
      const rows = [...MARKET.values()].flat().length;
      expect(await removal).toBe(rows + 1);
    });
  });

  test('rows that are written while a day is packed remove its pack', async () => {
    // This test does by hand what a packing process does after it has read the rows: it locks the dataset and inserts the pack.
    const packer = await dataset.connect();
    await packer.query('BEGIN');
    await packer.query('UPDATE datasets SET packings = packings + 1 WHERE id = $1', [dataset.id]);
    await packer.query(`INSERT INTO packed_days VALUES ($1, $2, $3, 'any', $4, 0, 0, NULL)`, [
      dataset.id,
      dataset.idOf('AAA'),
      new Date(GRIDS[0]!.open),
      new Date(GRIDS[0]!.close),
    ]);
    const writer = await dataset.connect();
    const writing = changeAaa(writer, 2);
    await lockAwaited();
    await packer.query('COMMIT');
    await writing;
    expect(await dataset.storedKeys()).toEqual(new Set());
  });

  test('a writer with a snapshot older than the pack fails, and succeeds with a new snapshot', async () => {
    const writer = await dataset.connect();
    await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    // The first statement takes the snapshot.
    await writer.query('SELECT count(*) FROM bars');
    await dataset.pack();
    await expect(changeAaa(writer, 3)).rejects.toMatchObject({ code: SERIALIZATION_FAILURE });
    await writer.query('ROLLBACK');
    expect(await dataset.checkPacks()).toBe(PACKS);
    await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await changeAaa(writer, 3);
    await writer.query('COMMIT');
    expect(await dataset.storedKeys()).toEqual(dataset.allBut(dataset.keyOf('AAA', 0)));
  });

  test('a reader sees packs and rows of one moment', async () => {
    await dataset.pack();
    await withSnapshot(dataset.dataSource, async (client) => {
      expect(await dataset.readChunks(client, GRIDS[0]!)).toHaveProperty('size', SYMBOLS.length);
      const writer = await dataset.connect();
      await changeAaa(writer, 0.25);
      // The pack is removed. A transaction that began before still sees it, together with the old rows.
      expect(await dataset.readChunks(client, GRIDS[0]!)).toHaveProperty('size', SYMBOLS.length);
      const { rows } = await client.query('SELECT FROM bars WHERE volume = 0.25');
      expect(rows).toEqual([]);
    });
    expect(await dataset.storedKeys()).toEqual(dataset.allBut(dataset.keyOf('AAA', 0)));
  });

  test('I1 every pack equals its rows at every moment, while writers and packers run', async () => {
    const random = mulberry32(17);
    const times = MARKET.get('AAA')!.map(({ openTime }) => openTime);
    /** Sets the volume of every symbol at a random time. */
    const changeRows = async (client: Client): Promise<void> => {
      const volume = Math.floor(random() * 1e6);
      const time = times[Math.floor(random() * times.length)]!;
      const sql = 'UPDATE bars SET volume = $1 WHERE dataset_id = $2 AND "time" = $3';
      await client.query(sql, [volume, dataset.id, new Date(time)]);
    };
    /** Runs 60 transactions of two changes each. About a fifth of the transactions is rolled back. */
    const write = async (isolation: 'READ COMMITTED' | 'REPEATABLE READ'): Promise<void> => {
      const client = await dataset.connect();
      for (let i = 0; i < 60; i++) {
        try {
          await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
          await changeRows(client);
          await changeRows(client);
          await client.query(random() < 0.2 ? 'ROLLBACK' : 'COMMIT');
        } catch (error) {
          expect([SERIALIZATION_FAILURE, DEADLOCK]).toContain((error as { code?: string }).code);
          await client.query('ROLLBACK');
        }
      }
    };
    const written = new AbortController();
    const whileWriting = async (work: () => Promise<unknown>): Promise<void> => {
      while (!written.signal.aborted) await work();
    };
    // Three writers run, while one loop packs and another compares every pack with its rows.
    const packing = whileWriting(() => dataset.pack());
    const checking = whileWriting(() => dataset.checkPacks());
    await Promise.all([write('READ COMMITTED'), write('REPEATABLE READ'), write('READ COMMITTED')]);
    written.abort();
    await Promise.all([packing, checking]);
    await dataset.pack();
    expect(await dataset.checkPacks()).toBe(PACKS);
  });
});
