/**
 * Reads the directory of a zip file, zip64 included, and opens its entries. Resource forks and hidden files are left out.
 * Every read of an entry checks its checksum: a flipped bit in a price is worse than a missing file.
 */
import { PassThrough, type Readable, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise } from 'yauzl';
import { UnreadableFileError } from './errors.js';
import { isHidden } from './hidden.js';

export interface ZipEntry {
  /** Path inside of the zip, with slashes. */
  name: string;
  packedBytes: number;
  unpackedBytes: number;
  open: () => Promise<Readable>;
}

/** The entries of a zip file, without folders. @throws UnreadableFileError for a damaged or an empty zip */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const zip = await openPromise(path).catch(asUnreadable);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName === '[Content_Types].xml') {
        throw new UnreadableFileError(
          'the file is an Excel workbook (.xlsx), which is not read: save the sheet as CSV',
        );
      }
      if (!entry.fileName.endsWith('/') && !isHidden(entry.fileName)) entries.push(zipEntry(path, entry));
    }
  } catch (error) {
    return asUnreadable(error);
  } finally {
    zip.close();
  }
  if (entries.length === 0) throw new UnreadableFileError('expected a file in the zip, was an empty zip');
  return entries;
}

function zipEntry(path: string, entry: Entry): ZipEntry {
  return {
    name: entry.fileName,
    packedBytes: entry.compressedSize,
    unpackedBytes: entry.uncompressedSize,
    open: () => openEntry(path, entry),
  };
}

/** Opens the zip once more for each read, so that no file stays open between reads. */
async function openEntry(path: string, entry: Entry): Promise<Readable> {
  const zip = await openPromise(path, { autoClose: false }).catch(asUnreadable);
  const contents = await zip.openReadStreamPromise(entry).catch((error: unknown) => {
    zip.close();
    return asUnreadable(error, entry.fileName);
  });
  const checked = checksummed(entry);
  contents.on('error', (error) => checked.destroy(unreadable(error, entry.fileName)));
  checked.on('error', () => undefined); // the reader of its pieces reports it, unless it has left
  checked.on('close', () => {
    contents.destroy();
    zip.close();
  });
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
