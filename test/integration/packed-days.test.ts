/**
 * Packed days: which days get a pack, what a reader gets of it, and the version and extent of the dataset.
 * I1: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { datasetExtent, datasetVersion, hasPacks, removeDataset, withSnapshot } from '@barkeep/bar-repository';
import { type DayGrid, recordOffset } from '@barkeep/bars';
import { mergeChanges } from '../../libs/bar-repository/src/datasets.js';
import { mulberry32 } from '../support/data/market.js';
import {
  PACKED_GRIDS as GRIDS,
  PACKED_MARKET as MARKET,
  PACKED_SYMBOLS as SYMBOLS,
  packedDataset,
  PACKS,
} from '../support/data/packed-dataset.js';

/** Before each test it has all rows of the market, and no packs. */
const dataset = packedDataset();

test('I1 a pack has the bars of its rows, and packing again changes nothing', async () => {
  expect(await hasPacks(dataset.dataSource, dataset.id)).toBe(false);
  const bars = [...MARKET.values()].flat().length;
  expect(await dataset.pack()).toEqual({ packed: PACKS, kept: 0, empty: 0, refused: 0, bars });
  expect(await dataset.pack()).toEqual({ packed: 0, kept: PACKS, empty: 0, refused: 0, bars: 0 });
  expect(await hasPacks(dataset.dataSource, dataset.id)).toBe(true);
  expect(await dataset.checkPacks()).toBe(PACKS);
});

test('a reader of a part of a day gets the bytes of this part of the chunk', async () => {
  await dataset.pack();
  const random = mulberry32(8);
  for (const grid of GRIDS) {
    for (let i = 0; i < 10; i++) {
      const from = Math.floor(random() * grid.slotCount);
      const to = from + 1 + Math.floor(random() * (grid.slotCount - from));
      const isWholeDay = from === 0 && to === grid.slotCount;
      if (!isWholeDay) await checkPart(grid, from, to);
    }
  }
});

/** Checks the packs of the slots `[from, to)` of a day against those of the whole day. */
async function checkPart(grid: DayGrid, from: number, to: number): Promise<void> {
  const { wholeDay, parts } = await withSnapshot(dataset.dataSource, async (client) => ({
    wholeDay: await dataset.readChunks(client, grid),
    parts: await dataset.readChunks(client, grid, from, to),
  }));
  const recordsOf = (chunk: Uint8Array) =>
    chunk.subarray(recordOffset(grid.slotCount, from), recordOffset(grid.slotCount, to));
  for (const [id, part] of parts) {
    const wholeChunk = wholeDay.get(id)!;
    // A part has the bytes of the bitmap that contain its slots (a byte has eight), then the records of these slots.
    const bitmap = wholeChunk.subarray(Math.floor(from / 8), Math.ceil(to / 8));
    expect(Buffer.from(part)).toEqual(Buffer.concat([bitmap, recordsOf(wholeChunk)]));
  }
}

test('a day without bars gets an empty pack, and a day with a refused row gets none until the row is corrected', async () => {
  const { dataSource } = dataset;
  const [firstDay] = GRIDS;
  const deleteFirstDay = 'DELETE FROM bars WHERE symbol_id = $1 AND "time" < $2';
  await dataSource.query(deleteFirstDay, [dataset.idOf('AAA'), new Date(firstDay!.close)]);
  const spoilRow = 'UPDATE bars SET low = high + 1 WHERE symbol_id = $1 AND "time" = $2';
  await dataSource.query(spoilRow, [dataset.idOf('BBB'), new Date(MARKET.get('BBB')![0]!.openTime)]);
  expect(await dataset.pack()).toMatchObject({ packed: PACKS - 2, empty: 1, refused: 1 });
  const chunks = await withSnapshot(dataSource, (client) => dataset.readChunks(client, firstDay!));
  expect([...chunks.keys()].sort()).toEqual([dataset.idOf('AAA'), dataset.idOf('CCC')]);

  await dataSource.query('UPDATE bars SET low = 0.01 WHERE low > high');
  expect(await dataset.pack()).toMatchObject({ packed: 1, kept: PACKS - 1 });
  expect(await dataset.checkPacks()).toBe(PACKS);
});

test('packs belong to an interval: packing another one leaves them as they are', async () => {
  await dataset.pack();
  // Every second row is off the grid of two minutes, so that every day of every symbol is refused.
  expect(await dataset.pack('2m')).toMatchObject({ refused: PACKS });
  expect(await dataset.checkPacks()).toBe(PACKS);
});

test('a dataset gets another version by each change of its rows, and by nothing else', async () => {
  const { dataSource } = dataset;
  const version = () => datasetVersion(dataSource, dataset.id);
  const versions = [await version()];
  for (const sql of ['DELETE FROM bars WHERE volume < 100', 'UPDATE bars SET volume = 1', 'TRUNCATE bars']) {
    await dataSource.query(sql);
    versions.push(await version());
  }
  expect(new Set(versions).size).toBe(versions.length);
  // Three jobs at the same time replace the recorded changes by one.
  await Promise.all([1, 2, 3].map(() => mergeChanges(dataSource, dataset.id)));
  expect(await version()).toBe(versions.at(-1));
  // No rows are left to update.
  await dataSource.query('UPDATE bars SET volume = 1');
  expect(await version()).toBe(versions.at(-1));
});

test('the extent of a dataset has each symbol with the times of its first and last bar', async () => {
  const expected = SYMBOLS.map((symbol) => {
    const bars = MARKET.get(symbol)!;
    return { id: dataset.idOf(symbol), symbol, first: bars[0]!.openTime, last: bars.at(-1)!.openTime };
  });
  expect(await datasetExtent(dataset.dataSource, dataset.id)).toEqual(expected);
});

test('a removed dataset leaves no pack, and cannot be packed', async () => {
  await dataset.pack();
  await removeDataset(dataset.dataSource, 'main');
  expect(await dataset.storedKeys()).toEqual(new Set());
  await expect(dataset.pack()).rejects.toThrow('was removed');
});
