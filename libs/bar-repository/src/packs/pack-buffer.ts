/** Builds the binary COPY that writes a batch of packs. */
import { chunkBytes, type DayGrid } from '@barkeep/bars';
import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import type { Pack } from './pack.js';
import { gridKey } from './packed-days.js';
import { COPY_HEADER, COPY_TRAILER, microsOf } from '../rows/index.js';

const COLUMNS = 'dataset_id, symbol_id, open, grid, close, bars, refused, chunk';
/** Field count, eight lengths, and the fields of fixed length. */
const ROW_BYTES = 2 + 8 * 4 + 2 + 4 + 8 + 8 + 4 + 4;
const NONE = -1;

export class PackBuffer {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(datasetId: number, grid: DayGrid, packs: ReadonlyMap<number, Pack>) {
    const key = Buffer.from(gridKey(grid));
    const rowBytes = ROW_BYTES + key.length + chunkBytes(grid.slotCount);
    this.bytes = Buffer.allocUnsafe(COPY_HEADER.length + packs.size * rowBytes + COPY_TRAILER.length);
    this.put(COPY_HEADER);
    for (const [symbolId, pack] of packs) {
      this.at = this.bytes.writeInt16BE(8, this.at);
      this.field(2, (at) => this.bytes.writeInt16BE(datasetId, at));
      this.int(symbolId);
      this.time(grid.open);
      this.field(key.length, () => this.put(key));
      this.time(grid.close);
      this.int(pack.bars);
      this.int(pack.refused);
      this.chunk(pack);
    }
    this.put(COPY_TRAILER);
  }

  /** @throws DatabaseError */
  async copyInto(client: PoolClient): Promise<void> {
    const stream = client.query(from(`COPY packed_days (${COLUMNS}) FROM STDIN (FORMAT binary)`));
    stream.end(this.bytes.subarray(0, this.at));
    await finished(stream);
  }

  private chunk({ chunk, refused }: Pack): void {
    if (!chunk || refused > 0) this.at = this.bytes.writeInt32BE(NONE, this.at);
    else this.field(chunk.bytes.length, () => this.put(chunk.bytes));
  }

  private int(value: number): void {
    this.field(4, (at) => this.bytes.writeInt32BE(value, at));
  }

  private time(epochMs: number): void {
    this.field(8, (at) => this.bytes.writeBigInt64BE(microsOf(epochMs), at));
  }

  /** @param write puts the value at a place and answers where it ends */
  private field(length: number, write: (at: number) => number): void {
    this.at = this.bytes.writeInt32BE(length, this.at);
    this.at = write(this.at);
  }

  private put(bytes: Uint8Array): number {
    this.bytes.set(bytes, this.at);
    return (this.at += bytes.length);
  }
}
