/** Writes rows into a table by COPY. Fills the next buffer while the server takes the last one. */
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import { finished } from 'node:stream/promises';
import { RowBuffer } from './row-buffer.js';
import { WRITE_ROW } from './row-layout.js';
import type { Bar } from '@barkeep/bars';

/**
 * Sends rows to one table, in the order in which they are added. It has two buffers. A caller that awaits the promise of {@link add}
 * never has more than those two in memory.
 */
export class CopyIn {
  /** Rows added, sent or not. */
  rows = 0;
  private filling = new RowBuffer();
  private spare: RowBuffer | undefined;
  private inFlight: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: PoolClient,
    private readonly table: string,
  ) {}

  /** Adds a row. Returns a promise when the caller must wait before it adds the next one. */
  add(datasetId: number, symbolId: number, bar: Bar): Promise<void> | undefined {
    this.filling.add(datasetId, symbolId, bar);
    this.rows++;
    return this.filling.full ? this.send() : undefined;
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
    this.inFlight = this.copy(sending.copy());
    // The next await of `inFlight` throws the error. Until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }

  private async copy(bytes: Buffer): Promise<void> {
    const stream = this.client.query(from(`COPY ${this.table} (${WRITE_ROW.columns}) FROM STDIN (FORMAT binary)`));
    stream.end(bytes);
    await finished(stream);
  }
}
