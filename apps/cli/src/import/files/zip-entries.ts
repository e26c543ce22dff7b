/**
 * Lists and opens the files in a zip, also in zip64. Resource forks of macOS and hidden files are left out.
 * Every read of an entry verifies its checksum: a flipped bit in a price is worse than a missing file.
 */
import { stat } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { BLOCK_BYTES, BlockReader } from './block-reader.js';
import { isHidden } from './file-names.js';
import type { OpenBytes } from './unpack.js';
import { UnreadableFileError } from './unreadable.js';

/** Compression methods of a zip. */
const [STORED, DEFLATED] = [0, 8];
/** The smallest `chunkSize` (size of an output buffer, in bytes) that zlib accepts. */
const CHUNK_BYTES_MIN = 64;

export interface ZipEntry {
  /** Path inside of the zip, with slashes. */
  name: string;
  /** Its packed bytes per unpacked byte. */
  packedShare: number;
  open: OpenBytes;
}

/** The entries of a zip file, without folders and hidden files. @throws UnreadableFileError for a damaged or an empty zip */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const { size } = await stat(path);
  const reader = new BlockReader(path);
  // The entries are opened later, so the zip stays open after its directory is read.
  const zip = await fromRandomAccessReaderPromise(reader, size, { autoClose: false }).catch((error: unknown) => {
    throw unreadable(error);
  });
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
    throw unreadable(error);
  }
  if (entries.length === 0) throw new UnreadableFileError('expected a file in the zip, was an empty zip');
  return entries;
}

function zipEntry(zip: ZipFile, entry: Entry, smallEntries: SmallEntries): ZipEntry {
  return {
    name: entry.fileName,
    packedShare: entry.compressedSize / Math.max(1, entry.uncompressedSize),
    open: async () => {
      const bytes = await smallEntries.bytesOf(entry);
      return bytes === undefined ? largeEntry(zip, entry) : [bytes];
    },
  };
}

/**
 * Unpacks small entries in one call each. A stream for each entry would take most of the time of a zip with thousands of them.
 * Keeps the bytes of the last entry, because an import opens an entry several times in a row.
 */
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
    // One output buffer takes the whole entry. An entry that unpacks to more than its stated size is damaged, which zlib then reports.
    const sizes = { maxOutputLength: uncompressedSize, chunkSize: Math.max(CHUNK_BYTES_MIN, uncompressedSize) };
    // A copy of stored bytes, because the reader reuses its block.
    const bytes = compressionMethod === STORED ? Buffer.from(packed) : inflateRawSync(packed, sizes);
    return bytes.length === uncompressedSize && crc32(bytes) === entry.crc32 ? bytes : undefined;
  }
}

/** Reads an entry by a stream. @throws UnreadableFileError, at its end when the bytes differ from its checksum */
async function* largeEntry(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  if (entry.isEncrypted()) throw new UnreadableFileError(`${entry.fileName} is encrypted: unpack it first`);
  let sum = 0;
  try {
    for await (const piece of await zip.openReadStreamPromise(entry)) {
      sum = crc32(piece as Uint8Array, sum);
      yield piece as Uint8Array;
    }
  } catch (error) {
    throw unreadable(error, entry.fileName);
  }
  if (sum !== entry.crc32) throw new UnreadableFileError(`${entry.fileName}: contents differ from their checksum`);
}

/** Makes an UnreadableFileError of yauzl's plain errors for a damaged zip; errors of the system stay as they are. */
function unreadable(error: unknown, entry?: string): Error {
  if (error instanceof UnreadableFileError) return error;
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('E')) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const subject = entry ?? 'expected a whole zip file, was';
  return new UnreadableFileError(`${subject}: ${detail}`);
}
