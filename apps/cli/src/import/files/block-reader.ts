/**
 * Reads a zip file for yauzl in blocks. yauzl reads its directory in pieces of about 50 bytes, and a read of the system for each
 * would take half a minute for 70,000 entries. Holds one block, and no file open between reads.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { callbackify } from 'node:util';
import { RandomAccessReader } from 'yauzl';

export const BLOCK_BYTES = 256 * 1024;

export class BlockReader extends RandomAccessReader {
  #block = Buffer.alloc(0);
  /** Place of the block in the file. */
  #start = 0;

  constructor(private readonly path: string) {
    super();
  }

  /** @param end exclusive */
  override _readStreamForRange(start: number, end: number): Readable {
    const held = this.#held(start, end - start);
    return held === undefined ? createReadStream(this.path, { start, end: end - 1 }) : Readable.from([held]);
  }

  /** At most a block of bytes. @throws Error when the file ends before */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    if (this.#held(position, length) === undefined) await this.#load(position);
    const held = this.#held(position, length);
    if (held === undefined) throw new Error('unexpected end of the file');
    return held;
  }

  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const held = this.#held(position, length);
    if (held === undefined) {
      return callbackify(async () => {
        (await this.bytesAt(position, length)).copy(into, offset);
      })(callback);
    }
    held.copy(into, offset);
    callback(null);
  }

  override close(callback: (error: Error | null) => void): void {
    this.#block = Buffer.alloc(0);
    setImmediate(callback, null);
  }

  /** Bytes of the block; undefined when it does not have them all. */
  #held(position: number, length: number): Buffer | undefined {
    const at = position - this.#start;
    return at >= 0 && at + length <= this.#block.length ? this.#block.subarray(at, at + length) : undefined;
  }

  async #load(position: number): Promise<void> {
    const file = await open(this.path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, position);
      this.#block = buffer.subarray(0, bytesRead);
      this.#start = position;
    } finally {
      await file.close();
    }
  }
}
