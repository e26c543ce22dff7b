/**
 * Opens an input file and gives its contents in pieces, unpacked: plain files, .gz, and every entry of a .zip.
 * Holds a piece at a time, so a file may be larger than memory. A zip is read twice: the first time only to hold its
 * contents against their checksums, so that no row of a damaged entry is stored.
 */
import { createReadStream } from 'node:fs';
import { crc32, createGunzip } from 'node:zlib';
import { Unzip, UnzipInflate } from 'fflate';
import { ZipError, zipDirectory } from './zip-directory.js';

const PIECE_BYTES = 256 * 1024;

/** A piece of one entry; `entry` is empty for a file that is no archive. `last` closes the entry and may be empty. */
export interface Piece {
  entry: string;
  bytes: Uint8Array;
  last: boolean;
}

/**
 * @param onRead is told how many bytes of the file on disk were read
 * @throws ZipError for a damaged zip; the system's own errors for a file that cannot be read
 */
export async function* filePieces(path: string, onRead: (bytes: number) => void): AsyncGenerator<Piece> {
  if (/\.zip$/i.test(path)) {
    await verifyZip(path);
    yield* zipPieces(path, onRead);
    return;
  }
  const raw = createReadStream(path, { highWaterMark: PIECE_BYTES });
  raw.on('data', (bytes) => onRead(bytes.length));
  const stream = /\.gz$/i.test(path) ? raw.pipe(createGunzip({ chunkSize: PIECE_BYTES })) : raw;
  raw.on('error', (error) => stream.destroy(error));
  for await (const bytes of stream) yield { entry: '', bytes: asBytes(bytes), last: false };
  yield { entry: '', bytes: new Uint8Array(0), last: true };
}

/** @throws ZipError naming the first entry whose contents are not what was packed */
async function verifyZip(path: string): Promise<void> {
  const expected = new Map((await zipDirectory(path)).map((entry) => [entry.name, entry.crc32]));
  if (expected.size === 0) throw new ZipError('expected a file in the zip, was an empty zip');
  const sums = new Map<string, number>();
  for await (const { entry, bytes } of zipPieces(path, () => undefined)) {
    sums.set(entry, crc32(bytes, sums.get(entry) ?? 0));
  }
  for (const [name, sum] of expected) {
    if (sums.get(name) !== sum) throw new ZipError(`${name}: contents differ from their checksum`);
  }
}

async function* zipPieces(path: string, onRead: (bytes: number) => void): AsyncGenerator<Piece> {
  let ready: Piece[] = [];
  let failure: Error | undefined;
  const unzip = new Unzip((file) => {
    if (file.name.endsWith('/')) return;
    file.ondata = (error, bytes, last) => {
      if (error) failure ??= new ZipError(`${file.name}: ${error.message}`);
      else ready.push({ entry: file.name, bytes, last });
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  const push = (bytes: Uint8Array, last: boolean): Piece[] => {
    try {
      unzip.push(bytes, last);
    } catch (error) {
      failure ??= new ZipError(error instanceof Error ? error.message : String(error));
    }
    if (failure !== undefined) throw failure;
    const pieces = ready;
    ready = [];
    return pieces;
  };
  for await (const bytes of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    const piece = asBytes(bytes);
    onRead(piece.length);
    yield* push(piece, false);
  }
  yield* push(new Uint8Array(0), true);
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`expected bytes, was ${typeof chunk}`);
}
