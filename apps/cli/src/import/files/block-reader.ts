/** Reads parts of a file, and a zip file for yauzl in blocks. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { callbackify } from 'node:util';
import { RandomAccessReader } from 'yauzl';

/** Bytes that are read from disk at once. */
export const BLOCK_BYTES = 256 * 1024;

/**
 * yauzl asks for the directory in pieces of about 50 bytes, and reading each from disk would take half a minute for 70,000
 * entries. Holds one block, and keeps no file open between reads.
 */
export class BlockReader extends RandomAccessReader {
  #block = Buffer.alloc(0);
  /** Place of the block in the file. */
  #start = 0;

  constructor(private readonly path: string) {
    super();
  }

  /** A stream over the bytes `[start, end)`. */
  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream(this.path, { start, end: end - 1 });
  }

  /** Copies `length` bytes of the file, from `position` on, into `into` at `offset`. */
  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ) {
    const copy = async (): Promise<number> => (await this.bytesAt(position, length)).copy(into, offset);
    callbackify(copy)(callback);
  }

  /** Reads bytes, at most one block. The next read may replace them. @throws Error when the file ends before their end */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    const isHeld = position >= this.#start && position + length <= this.#start + this.#block.length;
    if (!isHeld) {
      this.#block = await bytesOf(this.path, position, BLOCK_BYTES);
      this.#start = position;
    }
    const at = position - this.#start;
    if (at + length > this.#block.length) throw new Error('unexpected end of the file');
    return this.#block.subarray(at, at + length);
  }
}

/** At most `length` bytes of a file. @param start a negative number counts from the end of the file */
export async function bytesOf(path: string, start: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const file = await open(path);
  try {
    const position = start < 0 ? Math.max(0, (await file.stat()).size + start) : start;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
