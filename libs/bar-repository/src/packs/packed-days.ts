/**
 * Reading packed days: day chunks that lie ready in Postgres (docs/storage-layout.md). A pack that is there is right: whatever
 * changes a row of its day removes it in the same transaction (migrations/pack-days.ts).
 */
import { chunkBytes, RECORD_BYTES, recordOffset, type DayGrid } from '@barkeep/bars';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { withConnection, type ConnectionSource } from '../connection.js';
import { copyOutTo, timestamp, wholeNumber } from '../rows/index.js';
import { PackedParser, type PackReceiver } from './packed-parser.js';

export interface PackedQuery {
  datasetId: number;
  symbolIds: readonly number[];
  grid: DayGrid;
  /** Slots `[fromSlot, toSlot)` of the day. */
  fromSlot: number;
  toSlot: number;
}

/**
 * What the pack of a day is for, beside its dataset and symbol: interval and segments. Not the calendar's name, for a calendar may be
 * changed, and two may have the same day.
 */
export function gridKey({ interval, day }: DayGrid): string {
  const minutes = (time: number) => (time - day.segments[0]!.open) / 60_000;
  return [interval.name, ...day.segments.map(({ open, close }) => `${minutes(open)}-${minutes(close)}`)].join(' ');
}

/** Whether any day of a dataset is packed. */
export async function hasPacks(dataSource: DataSource, datasetId: number): Promise<boolean> {
  const [row] = await dataSource.query<{ there: boolean }[]>(
    'SELECT EXISTS (SELECT FROM packed_days WHERE dataset_id = $1) AS there',
    [datasetId],
  );
  return row?.there === true;
}

/** Length of what a receiver gets of a window: the chunk of a whole day; of a part the bitmap's bytes and then the records of its slots. */
export function packedBytes({
  grid: { slotCount },
  fromSlot,
  toSlot,
}: Omit<PackedQuery, 'datasetId' | 'symbolIds'>): number {
  if (fromSlot === 0 && toSlot === slotCount) return chunkBytes(slotCount);
  return ((toSlot + 7) >> 3) - (fromSlot >> 3) + (toSlot - fromSlot) * RECORD_BYTES;
}

/**
 * Hands the packs of a window to `receiver`; symbols that are not packed, or that have refused rows on that day, are left out.
 * `bars` are those of the whole day. On an error or abort the connection must be closed.
 */
export async function readPacked(
  client: PoolClient,
  query: PackedQuery,
  receiver: PackReceiver,
  signal?: AbortSignal,
): Promise<number> {
  if (query.symbolIds.length === 0) return 0;
  return copyOutTo(client, packedSql(query), new PackedParser(receiver), signal);
}

/**
 * Runs `work` on a connection on which all queries see the rows and packs of one moment. @throws what `work` throws; the connection
 * is closed then
 */
export async function withSnapshot<T>(source: ConnectionSource, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withConnection(source, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
}

/** A part of a day is read as such: what is not compressed (STORAGE EXTERNAL) is not fetched as a whole for it. */
function packedSql({ datasetId, symbolIds, grid, fromSlot, toSlot }: PackedQuery): string {
  const isWhole = fromSlot === 0 && toSlot === grid.slotCount;
  const [firstByte, endByte] = [fromSlot >> 3, (toSlot + 7) >> 3];
  const records = (toSlot - fromSlot) * RECORD_BYTES;
  const chunk = isWhole
    ? 'chunk'
    : `substr(chunk, ${firstByte + 1}, ${endByte - firstByte}) || substr(chunk, ${recordOffset(grid.slotCount, fromSlot) + 1}, ${records})`;
  return (
    `COPY (SELECT symbol_id, bars, ${chunk} FROM packed_days WHERE dataset_id = ${wholeNumber(datasetId)}` +
    ` AND symbol_id = ANY('{${symbolIds.map(wholeNumber).join(',')}}'::int4[]) AND open = ${timestamp(grid.open)}` +
    ` AND grid = '${gridKey(grid)}' AND refused = 0) TO STDOUT (FORMAT binary)`
  );
}

/** The bits of slots `[fromSlot, toSlot)` and their records, from what a receiver got of a part, into a chunk of the day. */
export function placePart(
  part: Uint8Array,
  chunk: Uint8Array,
  slotCount: number,
  fromSlot: number,
  toSlot: number,
): void {
  const [firstByte, endByte] = [fromSlot >> 3, (toSlot + 7) >> 3];
  chunk.set(part.subarray(endByte - firstByte), recordOffset(slotCount, fromSlot));
  for (let byte = firstByte; byte < endByte; byte++) {
    let bits = part[byte - firstByte]!;
    if (byte === firstByte) bits &= 0xff >> (fromSlot & 7);
    if (byte === endByte - 1 && toSlot & 7) bits &= 0xff00 >> (toSlot & 7);
    chunk[byte]! |= bits;
  }
}
