/** Writes rows into a table by COPY. Fills the next buffer while the server receives the previous one. */
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import { finished } from 'node:stream/promises';
import { COPY_HEADER, COPY_TRAILER, WRITE_ROW, writeRow } from './row-layout.js';
import type { Bar } from '@barkeep/bars';

/** Rows per COPY: 2.9 MB. A larger buffer is no faster, and an import has up to four buffers (two tables with two each). */
const ROWS_MAX = 32_768;

/** A buffer of fixed size that collects rows as one complete binary COPY. */
class RowBuffer {
  private readonly bytes = Buffer.allocUnsafe(COPY_HEADER.length + ROWS_MAX * WRITE_ROW.bytes + COPY_TRAILER.length);
  private readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  private end = COPY_HEADER.copy(this.bytes);
  rows = 0;

  get isFull(): boolean {
    return this.rows === ROWS_MAX;
  }

  /** Adds a row. The buffer must not be full. */
  add(datasetId: number, symbolId: number, bar: Bar): void {
    const { openTime, open, high, low, close, volume } = bar;
    writeRow(this.view, this.end, datasetId, symbolId, openTime, open, high, low, close, volume);
    this.end += WRITE_ROW.bytes;
    this.rows++;
  }

  /** The bytes of the complete COPY, valid until {@link clear}. */
  asCopy(): Buffer {
    COPY_TRAILER.copy(this.bytes, this.end);
    return this.bytes.subarray(0, this.end + COPY_TRAILER.length);
  }

  clear(): void {
    this.end = COPY_HEADER.length;
    this.rows = 0;
  }
}

/** Sends rows to one table in order. Only two buffers are in memory when the caller awaits the promise of {@link add}. */
export class CopyIn {
  /** Number of rows that were added, sent or not. */
  rows = 0;
  private filling = new RowBuffer();
  /** The buffer that was sent last; created when the first one is full. */
  private spare: RowBuffer | undefined;
  /** The last COPY. Rejects when it fails; no other one is sent then. */
  inFlight: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: PoolClient,
    private readonly table: string,
  ) {}

  /** Adds a row. Returns a promise when the caller must wait before it adds the next one. */
  add(datasetId: number, symbolId: number, bar: Bar): Promise<void> | undefined {
    this.filling.add(datasetId, symbolId, bar);
    this.rows++;
    return this.filling.isFull ? this.send() : undefined;
  }

  /** Sends the remaining rows and waits until the server has all of them. @throws DatabaseError of any earlier COPY */
  async flush(): Promise<void> {
    if (this.filling.rows > 0) await this.send();
    await this.inFlight;
  }

  private async send(): Promise<void> {
    await this.inFlight;
    const sending = this.filling;
    this.filling = this.spare ?? new RowBuffer();
    this.filling.clear();
    this.spare = sending;
    const copy = this.client.query(from(`COPY ${this.table} (${WRITE_ROW.columns}) FROM STDIN (FORMAT binary)`));
    copy.end(sending.asCopy());
    this.inFlight = finished(copy);
    // The next await of `inFlight` throws the error. Until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }
}
