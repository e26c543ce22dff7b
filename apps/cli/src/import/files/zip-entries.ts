/**
 * Reads the directory of a zip file, zip64 included, and opens its entries. Resource forks and hidden files are left out.
 * Every read of an entry checks its checksum: a flipped bit in a price is worse than a missing file.
 */
import { stat } from 'node:fs/promises';
import { type PassThrough, Readable, Transform } from 'node:stream';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { BLOCK_BYTES, BlockReader } from './block-reader.js';
import { isHidden } from './data-names.js';
import { UnreadableFileError } from './errors.js';

/** Methods of packing. */
const [STORED, DEFLATED] = [0, 8];
/** zlib takes no smaller one. */
const CHUNK_BYTES_MIN = 64;

interface ZipEntry {
  /** Path inside of the zip, with slashes. */
  name: string;
  packedBytes: number;
  unpackedBytes: number;
  open: () => Promise<Readable>;
}

/** The entries of a zip file, without folders. @throws UnreadableFileError for a damaged or an empty zip */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const { size } = await stat(path);
  const reader = new BlockReader(path);
  const zip = await fromRandomAccessReaderPromise(reader, size, { autoClose: false }).catch(asUnreadable);
  const small = new SmallEntries(zip, reader);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName === '[Content_Types].xml') {
        throw new UnreadableFileError(
          'the file is an Excel workbook (.xlsx), which is not read: save the sheet as CSV',
        );
      }
      if (!entry.fileName.endsWith('/') && !isHidden(entry.fileName)) entries.push(zipEntry(zip, entry, small));
    }
  } catch (error) {
    return asUnreadable(error);
  }
  if (entries.length === 0) throw new UnreadableFileError('expected a file in the zip, was an empty zip');
  return entries;
}

function zipEntry(zip: ZipFile, entry: Entry, small: SmallEntries): ZipEntry {
  return {
    name: entry.fileName,
    packedBytes: entry.compressedSize,
    unpackedBytes: entry.uncompressedSize,
    open: async () => {
      const bytes = await small.bytesOf(entry);
      return bytes === undefined ? openEntry(zip, entry) : Readable.from([bytes]);
    },
  };
}

/** Unpacks small entries at once: streams would cost most of the import of a zip of many small files. Holds the last one. */
class SmallEntries {
  #last: Entry | undefined;
  #bytes: Buffer | undefined;

  constructor(
    private readonly zip: ZipFile,
    private readonly reader: BlockReader,
  ) {}

  /** Undefined for an entry that is empty, large, encrypted or damaged: a stream reads it, or says what is wrong. */
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
    const bytes = compressionMethod === STORED ? Buffer.from(packed) : inflateRawSync(packed, sizes);
    return bytes.length === uncompressedSize && crc32(bytes) === entry.crc32 ? bytes : undefined;
  }
}

async function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  if (entry.isEncrypted()) throw new UnreadableFileError(`${entry.fileName} is encrypted: unpack it first`);
  const contents = await zip
    .openReadStreamPromise(entry)
    .catch((error: unknown) => asUnreadable(error, entry.fileName));
  const checked = checksummed(entry);
  contents.on('error', (error) => checked.destroy(unreadable(error, entry.fileName)));
  checked.on('error', () => undefined); // the reader of its pieces reports it, unless it has left
  checked.on('close', () => contents.destroy());
  return contents.pipe(checked);
}

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

function asUnreadable(error: unknown, entry?: string): never {
  throw unreadable(error, entry);
}

/** yauzl throws bare errors for a damaged zip; errors of the system carry a code and stay as they are. */
function unreadable(error: unknown, entry?: string): Error {
  if (error instanceof UnreadableFileError) return error;
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('E')) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new UnreadableFileError(`${entry === undefined ? 'expected a whole zip file, was' : entry}: ${detail}`);
}
