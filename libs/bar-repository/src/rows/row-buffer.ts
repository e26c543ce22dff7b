/** A buffer of fixed size that collects rows as one complete binary COPY. */
import { COPY_HEADER, COPY_TRAILER, WRITE_ROW, writeRow } from './row-layout.js';
import type { Bar } from '@barkeep/bars';

/** Rows of one COPY: 2.9 MB. A larger buffer is no faster, and an import has two of them. */
const ROWS_MAX = 32_768;

export class RowBuffer {
  private readonly bytes = Buffer.allocUnsafe(COPY_HEADER.length + ROWS_MAX * WRITE_ROW.bytes + COPY_TRAILER.length);
  private readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  private end = COPY_HEADER.copy(this.bytes);
  rows = 0;

  get full(): boolean {
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
  copy(): Buffer {
    COPY_TRAILER.copy(this.bytes, this.end);
    return this.bytes.subarray(0, this.end + COPY_TRAILER.length);
  }

  clear(): void {
    this.end = COPY_HEADER.length;
    this.rows = 0;
  }
}
