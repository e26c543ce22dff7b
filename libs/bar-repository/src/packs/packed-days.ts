/**
 * Reads packed days: ready-made day chunks in PostgreSQL (docs/storage-layout.md). A pack always equals its rows, because triggers delete
 * the pack of a day with changed rows in the same transaction (../schema/pack-days.ts).
 */
import { chunkBytes, MINUTE_MS, RECORD_BYTES, recordOffset, type DayGrid } from '@barkeep/bars';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { withTransaction, type ConnectionSource } from '../connection.js';
import { CopyFormatError, copyOut, type OnRowBytes, timestamp, wholeNumber } from '../rows/index.js';

/** Which packs to read: of some symbols on one trading day. */
export interface PackedQuery {
  datasetId: number;
  symbolIds: readonly number[];
  grid: DayGrid;
  /** Slots `[fromSlot, toSlot)` of the day. */
  fromSlot: number;
  toSlot: number;
}

/** Receives packs, one symbol after another. */
export interface PackReceiver {
  /** @param bars of the whole day @param bytes see {@link readPacked}; valid until this function returns */
  pack(symbolId: number, bars: number, bytes: Uint8Array): void;
  /** Called for a symbol without bars. */
  empty(symbolId: number): void;
}

/**
 * The key of a day's grid in `packed_days`: its interval, and its segments in minutes after the first open, such as `1m 0-390`. Without the
 * name of the calendar, because a calendar may change, and two calendars may share a day.
 */
export function gridKey({ interval, day }: DayGrid): string {
  const minutes = (time: number) => (time - day.segments[0]!.open) / MINUTE_MS;
  return [interval.name, ...day.segments.map(({ open, close }) => `${minutes(open)}-${minutes(close)}`)].join(' ');
}

/** Whether any day of a dataset is packed. */
export async function hasPacks(dataSource: DataSource, datasetId: number): Promise<boolean> {
  const [row] = await dataSource.query<{ found: boolean }[]>(
    'SELECT EXISTS (SELECT FROM packed_days WHERE dataset_id = $1) AS found',
    [datasetId],
  );
  return row?.found === true;
}

/**
 * Passes the packs of `[fromSlot, toSlot)` to `receiver`: the chunk of a whole day, or for a part its bitmap bytes followed by the
 * records of its slots. Leaves out symbols that are not packed or have refused rows on that day. On an error or abort the caller must
 * close the connection. @returns the number of packs
 */
export async function readPacked(
  client: PoolClient,
  query: PackedQuery,
  receiver: PackReceiver,
  signal?: AbortSignal,
): Promise<number> {
  if (query.symbolIds.length === 0) return 0;
  const part = selectedPart(query);
  return copyOut(client, packedSql(query, part.sql), PACK_ROW, passPacks(receiver, part.bytes), signal);
}

/**
 * A row of {@link packedSql}, with the offsets of its values: field count int16, then symbol_id int4, bars int4 and the chunk, each after
 * its int32 length.
 */
export const PACK_ROW = { fields: 3, symbolId: 6, bars: 14, chunkLength: 18, chunk: 22 } as const;

/** A function that passes each row of {@link packedSql} to a receiver. @param packLength of every pack in bytes */
export function passPacks(receiver: PackReceiver, packLength: number): OnRowBytes {
  return (row, at) => {
    const symbolId = row.getInt32(at + PACK_ROW.symbolId);
    const length = row.getInt32(at + PACK_ROW.chunkLength);
    if (length <= 0) return receiver.empty(symbolId); // -1 is null: a symbol without bars
    if (length !== packLength) throw new CopyFormatError(`a chunk of ${packLength} bytes`, length);
    const bytes = new Uint8Array(row.buffer, row.byteOffset + at + PACK_ROW.chunk, length);
    receiver.pack(symbolId, row.getInt32(at + PACK_ROW.bars), bytes);
  };
}

/** Runs `work` on a connection that sees one snapshot of rows and packs. A borrowed connection is closed when `work` throws. */
export function withSnapshot<T>(source: ConnectionSource, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withTransaction(source, work, 'REPEATABLE READ READ ONLY');
}

/** The part of each chunk that a query reads: its SQL expression and its length. PostgreSQL reads no other part (STORAGE EXTERNAL). */
function selectedPart({ grid, fromSlot, toSlot }: PackedQuery): { sql: string; bytes: number } {
  const isWholeDay = fromSlot === 0 && toSlot === grid.slotCount;
  if (isWholeDay) return { sql: 'chunk', bytes: chunkBytes(grid.slotCount) };
  const firstByte = fromSlot >> 3; // a byte of the bitmap has the bits of 8 slots
  const bitmapBytes = ((toSlot + 7) >> 3) - firstByte;
  const firstRecord = recordOffset(grid.slotCount, fromSlot);
  const recordBytes = (toSlot - fromSlot) * RECORD_BYTES;
  // `substr` counts bytes from 1.
  const sql = `substr(chunk, ${firstByte + 1}, ${bitmapBytes}) || substr(chunk, ${firstRecord + 1}, ${recordBytes})`;
  return { sql, bytes: bitmapBytes + recordBytes };
}

/** The COPY statement of a query. @param part of each chunk, as an SQL expression */
function packedSql({ datasetId, symbolIds, grid }: PackedQuery, part: string): string {
  return (
    `COPY (SELECT symbol_id, bars, ${part} FROM packed_days WHERE dataset_id = ${wholeNumber(datasetId)}` +
    ` AND symbol_id = ANY('{${symbolIds.map(wholeNumber).join(',')}}'::int4[]) AND open = ${timestamp(grid.open)}` +
    ` AND grid = '${gridKey(grid)}' AND refused = 0) TO STDOUT (FORMAT binary)`
  );
}
