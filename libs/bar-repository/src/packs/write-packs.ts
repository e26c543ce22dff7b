/** Stores a batch of packs by one binary COPY. */
import type { DayChunk, DayGrid } from '@barkeep/bars';
import type { PoolClient } from 'pg';
import { COPY_HEADER, COPY_TRAILER, copyInto, POSTGRES_EPOCH_MS } from '../rows/index.js';
import { gridKey } from './packed-days.js';

/** The packed form of one symbol's day, before it is stored. */
export interface Pack {
  bars: number;
  refused: number;
  /** Undefined while there is no bar. */
  chunk: DayChunk | undefined;
}

const COLUMNS = 'dataset_id, symbol_id, open, grid, close, bars, refused, chunk';

/** @param packs by symbol number @throws DatabaseError */
export async function writePacks(
  client: PoolClient,
  datasetId: number,
  grid: DayGrid,
  packs: ReadonlyMap<number, Pack>,
): Promise<void> {
  const [open, close] = [field(time(grid.open)), field(time(grid.close))];
  const key = field(Buffer.from(gridKey(grid)));
  const rows = [...packs].flatMap(([symbolId, { bars, refused, chunk }]) => [
    int2(8),
    ...field(int2(datasetId)),
    ...field(int4(symbolId)),
    ...open,
    ...key,
    ...close,
    ...field(int4(bars)),
    ...field(int4(refused)),
    ...field(refused > 0 ? undefined : chunk?.bytes),
  ]);
  await copyInto(client, 'packed_days', COLUMNS, Buffer.concat([COPY_HEADER, ...rows, COPY_TRAILER]));
}

/** The length of a value and its bytes; -1 for null. */
function field(value: Uint8Array | undefined): Uint8Array[] {
  return value ? [int4(value.length), value] : [int4(-1)];
}

function int2(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Microseconds since 2000-01-01 UTC. */
function time(epochMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(epochMs - POSTGRES_EPOCH_MS) * 1000n);
  return bytes;
}
