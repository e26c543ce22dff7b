/** Sends whole COPYs to the server while the next one is being filled. */
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import { finished } from 'node:stream/promises';
import { RowBuffer } from './row-buffer.js';
import { WRITE_ROW } from './row-layout.js';
import type { Bar } from '@barkeep/bars';

/**
 * Rows for one table, in the order in which they are added. Two buffers: one is filled while the server takes the other, so a caller
 * that awaits {@link add}'s promise never has more than those two in memory.
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

  /** Adds a row; a promise when the caller must wait before the next one. */
  add(datasetId: number, symbolId: number, bar: Bar): Promise<void> | undefined {
    this.filling.add(datasetId, symbolId, bar);
    this.rows++;
    return this.filling.full ? this.send() : undefined;
  }

  /** Sends what is left and waits until the server has everything. @throws DatabaseError of any COPY before. */
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
    // Whoever waits next gets the error; until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }

  private async copy(bytes: Buffer): Promise<void> {
    const stream = this.client.query(from(`COPY ${this.table} (${WRITE_ROW.columns}) FROM STDIN (FORMAT binary)`));
    stream.end(bytes);
    await finished(stream);
  }
}
