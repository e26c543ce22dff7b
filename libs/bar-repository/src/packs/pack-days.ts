/**
 * Packs days of a dataset: reads the rows of many symbols on one trading day and stores the day chunk of each symbol. A packed day is not
 * packed again, so an interrupted run can be repeated and continues.
 *
 * When a pack becomes visible it equals the stored rows: writers of the dataset wait while a batch is packed, and a batch waits for earlier
 * writers (triggers: ../schema/pack-days.ts). A symbol's day with rows that a session refuses gets no chunk, only the number of such rows.
 */
import { chunkBytes, DayChunk, DayGrid, orAborted, ORIGIN_CODES, refuseValues } from '@barkeep/bars';
import type { Interval, TradingDay } from '@barkeep/bars';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { withConnection, withTransaction } from '../connection.js';
import { mergeChanges } from '../datasets.js';
import { gridKey } from './packed-days.js';
import { readWindow } from '../rows/index.js';

/** Which days of a dataset to pack. */
export interface PackOptions {
  datasetId: number;
  symbolIds: readonly number[];
  days: readonly TradingDay[];
  interval: Interval;
  signal?: AbortSignal;
  /** Called after each batch. */
  onProgress?: (countsSoFar: PackCounts) => void;
}

/** Symbol-days by outcome. */
export interface PackCounts {
  packed: number;
  /** Packed by an earlier run. */
  kept: number;
  /** Without a bar. They are stored as packs without a chunk. */
  empty: number;
  /** With rows that a session refuses. Sessions stream these days from their rows. */
  refused: number;
  /** Bars in the packed chunks. */
  bars: number;
}

/** Thrown when the dataset is removed while it is packed. */
export class DatasetRemovedError extends Error {
  override readonly name = 'DatasetRemovedError';
  constructor(readonly datasetId: number) {
    super(`expected dataset number ${datasetId} to exist, was removed`);
  }
}

/** Few enough that a batch takes little memory, and that a writer does not wait long for it. */
const SYMBOLS_PER_BATCH = 128;

/** Packs the days in batches of symbols. @throws the signal's reason, DatasetRemovedError, DatabaseError; earlier batches stay packed */
export async function packDays(dataSource: DataSource, options: PackOptions): Promise<PackCounts> {
  const { symbolIds, days, interval, datasetId, signal, onProgress } = options;
  const counts: PackCounts = { packed: 0, kept: 0, empty: 0, refused: 0, bars: 0 };
  for (const day of days) {
    const grid = new DayGrid(day, interval);
    for (let at = 0; at < symbolIds.length; at += SYMBOLS_PER_BATCH) {
      signal?.throwIfAborted();
      const batch = symbolIds.slice(at, at + SYMBOLS_PER_BATCH);
      await packBatch(dataSource, { datasetId, symbolIds: batch, grid, signal }, counts);
      onProgress?.(counts);
    }
  }
  // Unrelated to packing: keeps the list short from which the dataset's version is computed.
  await mergeChanges(dataSource, datasetId);
  return counts;
}

interface Batch {
  datasetId: number;
  symbolIds: readonly number[];
  grid: DayGrid;
  signal: AbortSignal | undefined;
}

/** Packs the symbols of a batch that are not packed yet, and adds to `counts`. @throws as {@link packDays} */
async function packBatch(dataSource: DataSource, batch: Batch, counts: PackCounts): Promise<void> {
  const { datasetId, symbolIds, signal } = batch;
  // Look before locking, so that repeating a long run does not make writers wait.
  if ((await withConnection(dataSource, (client) => unpackedOf(client, batch))).length === 0) {
    counts.kept += symbolIds.length;
    return;
  }
  const packs = await withTransaction(dataSource, async (client) => {
    // Locks the dataset's row: writers of its bars and other packing processes wait until the commit.
    const lock = () => client.query('UPDATE datasets SET packings = packings + 1 WHERE id = $1', [datasetId]);
    const { rowCount } = await orAborted(lock, signal);
    if (rowCount === 0) throw new DatasetRemovedError(datasetId);
    // Look again, because another process may have packed symbols before this one got the lock.
    const unpacked = { ...batch, symbolIds: await unpackedOf(client, batch) };
    const read = await readPacks(client, unpacked);
    await writePacks(client, unpacked, read);
    return read;
  });
  counts.kept += symbolIds.length - packs.size;
  for (const { bars, refused } of packs.values()) {
    if (refused > 0) counts.refused++;
    else if (bars === 0) counts.empty++;
    else {
      counts.packed++;
      counts.bars += bars;
    }
  }
}

/** The symbols of a batch whose day is not packed. */
async function unpackedOf(client: PoolClient, { datasetId, symbolIds, grid }: Batch): Promise<number[]> {
  const { rows } = await client.query<{ symbolId: number }>(
    `SELECT symbol_id AS "symbolId" FROM packed_days
     WHERE dataset_id = $1 AND symbol_id = ANY($2::int4[]) AND open = $3 AND grid = $4`,
    [datasetId, symbolIds, new Date(grid.open), gridKey(grid)],
  );
  const packed = new Set(rows.map(({ symbolId }) => symbolId));
  return symbolIds.filter((id) => !packed.has(id));
}

/** The packed form of one symbol's day, before it is stored. */
interface Pack {
  bars: number;
  /** Number of rows that a session refuses. */
  refused: number;
  /** Undefined while there is no bar. */
  chunk: DayChunk | undefined;
}

/** Reads the rows of a batch and makes the same chunks that a session makes of them when it streams them. @returns by symbol number */
async function readPacks(
  client: PoolClient,
  { datasetId, symbolIds, grid, signal }: Batch,
): Promise<Map<number, Pack>> {
  const packs = new Map<number, Pack>(symbolIds.map((id) => [id, { bars: 0, refused: 0, chunk: undefined }]));
  const ranges = grid.day.segments.map(({ open, close }) => ({ from: open, to: close }));
  const { streamed } = ORIGIN_CODES;
  await readWindow(
    client,
    { datasetId, symbolIds, ranges },
    (id, time, open, high, low, close, volume) => {
      const pack = packs.get(id)!;
      // A text when the time is not the open of a slot: a session refuses such a row, too.
      const slot = grid.slotAt(time);
      if (typeof slot === 'string' || refuseValues(open, high, low, close, volume) !== undefined) {
        pack.refused++;
        return;
      }
      pack.chunk ??= new DayChunk(grid.slotCount);
      // From dataset 0, the source of every session, and made of 1 of 1 expected base bars.
      pack.chunk.write(slot, open, high, low, close, volume, streamed, 0, 1, 1);
      pack.bars++;
    },
    signal,
  );
  return packs;
}

/** Stores packs by symbol number. All chunks are sent as one value, which the server cuts: an array would be sent as text. */
async function writePacks(
  client: PoolClient,
  { datasetId, grid }: Batch,
  packs: ReadonlyMap<number, Pack>,
): Promise<void> {
  const rows = [...packs.values()];
  const length = chunkBytes(grid.slotCount);
  const chunks: Uint8Array[] = [];
  /** The first byte of each pack's chunk within all chunks, counted from 1. Null when no chunk is stored: `substr` makes null of it. */
  const starts: (number | null)[] = [];
  for (const { chunk, refused } of rows) {
    const stored = refused === 0 ? chunk : undefined;
    starts.push(stored ? chunks.length * length + 1 : null);
    if (stored) chunks.push(stored.bytes);
  }
  await client.query(
    `INSERT INTO packed_days (dataset_id, open, close, grid, symbol_id, bars, refused, chunk)
     SELECT $1, $2, $3, $4, id, bars, refused, substr($5::bytea, start, $6)
     FROM unnest($7::int4[], $8::int4[], $9::int4[], $10::int4[]) AS pack(id, bars, refused, start)`,
    [
      datasetId,
      new Date(grid.open),
      new Date(grid.close),
      gridKey(grid),
      Buffer.concat(chunks),
      length,
      [...packs.keys()],
      rows.map(({ bars }) => bars),
      rows.map(({ refused }) => refused),
      starts,
    ],
  );
}
