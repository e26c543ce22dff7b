/**
 * Lists and opens the files in a zip, also in zip64. Resource forks of macOS and hidden files are left out.
 * Every read of an entry verifies its checksum: a flipped bit in a price is worse than a missing file.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { type PassThrough, Readable, Transform } from 'node:stream';
import { callbackify } from 'node:util';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { isHidden } from './input-files.js';
import { UnreadableFileError } from './unreadable.js';

/** Bytes that are read from disk at once; a larger entry is read by a stream. */
const BLOCK_BYTES = 256 * 1024;

/**
 * Reads the file in blocks. yauzl asks for the directory in pieces of about 50 bytes, and reading each from disk would
 * take half a minute for 70,000 entries. Holds one block, and keeps no file open between reads.
 */
class BlockReader extends RandomAccessReader {
  #block = Buffer.alloc(0);
  /** Place of the block in the file. */
  #start = 0;

  constructor(private readonly path: string) {
    super();
  }

  /** A stream over the bytes `[start, end)`. */
  override _readStreamForRange(start: number, end: number): Readable {
    const held = this.#held(start, end - start);
    return held === undefined ? createReadStream(this.path, { start, end: end - 1 }) : Readable.from([held]);
  }

  /** Reads bytes, at most one block. @throws Error when the file ends before their end */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    if (this.#held(position, length) === undefined) await this.#load(position);
    const held = this.#held(position, length);
    if (held === undefined) throw new Error('unexpected end of the file');
    return held;
  }

  /** Copies `length` bytes of the file, from `position` on, into `into` at `offset`. */
  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const held = this.#held(position, length);
    if (held !== undefined) {
      held.copy(into, offset);
      return callback(null);
    }
    const load = async (): Promise<void> => {
      (await this.bytesAt(position, length)).copy(into, offset);
    };
    callbackify(load)(callback);
  }

  override close(callback: (error: Error | null) => void): void {
    this.#block = Buffer.alloc(0);
    setImmediate(callback, null);
  }

  /** The bytes, when the current block has all of them; otherwise undefined. */
  #held(position: number, length: number): Buffer | undefined {
    const at = position - this.#start;
    return at >= 0 && at + length <= this.#block.length ? this.#block.subarray(at, at + length) : undefined;
  }

  /** Replaces the block by the one that begins at `position`. */
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

/** Compression methods of a zip. */
const [STORED, DEFLATED] = [0, 8];
/** zlib accepts no smaller chunk size. */
const CHUNK_BYTES_MIN = 64;

interface ZipEntry {
  /** Path inside of the zip, with slashes. */
  name: string;
  packedBytes: number;
  unpackedBytes: number;
  open: () => Promise<Readable>;
}

/** The entries of a zip file, without folders and hidden files. @throws UnreadableFileError for a damaged or an empty zip */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const { size } = await stat(path);
  const reader = new BlockReader(path);
  const zip = await fromRandomAccessReaderPromise(reader, size, { autoClose: false }).catch(throwUnreadable);
  const smallEntries = new SmallEntries(zip, reader);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName === '[Content_Types].xml') {
        throw new UnreadableFileError(
          'the file is an Excel workbook (.xlsx), which is not read: save the sheet as CSV',
        );
      }
      if (!entry.fileName.endsWith('/') && !isHidden(entry.fileName)) entries.push(zipEntry(zip, entry, smallEntries));
    }
  } catch (error) {
    return throwUnreadable(error);
  }
  if (entries.length === 0) throw new UnreadableFileError('expected a file in the zip, was an empty zip');
  return entries;
}

function zipEntry(zip: ZipFile, entry: Entry, smallEntries: SmallEntries): ZipEntry {
  return {
    name: entry.fileName,
    packedBytes: entry.compressedSize,
    unpackedBytes: entry.uncompressedSize,
    open: async () => {
      const bytes = await smallEntries.bytesOf(entry);
      return bytes === undefined ? openEntry(zip, entry) : Readable.from([bytes]);
    },
  };
}

/** Unpacks small entries without streams, which would take most of the time in a zip with many. Keeps the bytes of the last one. */
class SmallEntries {
  #last: Entry | undefined;
  #bytes: Buffer | undefined;

  constructor(
    private readonly zip: ZipFile,
    private readonly reader: BlockReader,
  ) {}

  /** The bytes of an entry; undefined when it is empty, large, encrypted or damaged: a stream then reads it or reports why. */
  async bytesOf(entry: Entry): Promise<Buffer | undefined> {
    if (entry !== this.#last) {
      this.#bytes = await this.#unpack(entry).catch(() => undefined);
      this.#last = entry;
    }
    return this.#bytes;
  }

  async #unpack(entry: Entry): Promise<Buffer | undefined> {
    const { compressedSize, uncompressedSize, compressionMethod } = entry;
    const isSmall = uncompressedSize > 0 && Math.max(compressedSize, uncompressedSize) <= BLOCK_BYTES;
    if (!isSmall || entry.isEncrypted() || ![STORED, DEFLATED].includes(compressionMethod)) return undefined;
    const { fileDataStart } = await this.zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const packed = await this.reader.bytesAt(fileDataStart, compressedSize);
    const sizes = { maxOutputLength: uncompressedSize, chunkSize: Math.max(CHUNK_BYTES_MIN, uncompressedSize) };
    // A copy of stored bytes, because the reader reuses its block.
    const bytes = compressionMethod === STORED ? Buffer.from(packed) : inflateRawSync(packed, sizes);
    return bytes.length === uncompressedSize && crc32(bytes) === entry.crc32 ? bytes : undefined;
  }
}

/** A stream over a large entry. Its last read fails when the checksum differs. */
async function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  if (entry.isEncrypted()) throw new UnreadableFileError(`${entry.fileName} is encrypted: unpack it first`);
  const contents = await zip
    .openReadStreamPromise(entry)
    .catch((error: unknown) => throwUnreadable(error, entry.fileName));
  const checked = checksummed(entry);
  contents.on('error', (error) => checked.destroy(unreadable(error, entry.fileName)));
  checked.on('error', () => undefined); // the reader of the stream throws it, unless it stopped early
  checked.on('close', () => contents.destroy());
  return contents.pipe(checked);
}

/** Passes the bytes of an entry on, and fails at their end when they differ from the entry's checksum. */
function checksummed(entry: Entry): PassThrough {
  let sum = 0;
  return new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      sum = crc32(piece, sum);
      done(null, piece);
    },
    flush(done) {
      const detail = `${entry.fileName}: contents differ from their checksum`;
      done(sum === entry.crc32 ? null : new UnreadableFileError(detail));
    },
  });
}

function throwUnreadable(error: unknown, entry?: string): never {
  throw unreadable(error, entry);
}

/** Makes an UnreadableFileError of yauzl's plain errors for a damaged zip; errors of the system stay as they are. */
function unreadable(error: unknown, entry?: string): Error {
  if (error instanceof UnreadableFileError) return error;
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('E')) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const subject = entry ?? 'expected a whole zip file, was';
  return new UnreadableFileError(`${subject}: ${detail}`);
}
