/**
 * Turns the bytes of a file or of a zip entry into UTF-8 text: unpacks gzip and zstd, and converts UTF-16.
 * Holds one piece at a time: memory depends on the compression window, never on the unpacked size.
 */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileKindOf, SIGNATURE_BYTES, UnreadableFileError, unreadableKind } from './unreadable.js';
import { unpackFrames } from './zstd.js';

type ByteSource = Iterable<unknown> | AsyncIterable<unknown>;
/** Opens the packed bytes from their start. Each call reads them from the start again. */
export type OpenBytes = () => Promise<ByteSource>;

export const PIECE_BYTES = 256 * 1024;
/** A file may be packed more than once, as when a server compresses a .gz file for the download. */
const LAYERS_MAX = 3;

/** How a file is packed, from the outside in, and how its text is encoded. */
export interface Wrapping {
  layers: readonly ('gzip' | 'zstd')[];
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
}

/** Finds how a file is packed, layer by layer. @throws UnreadableFileError for a kind that Barkeep does not read */
export async function wrappingOf(open: OpenBytes): Promise<Wrapping> {
  const layers: ('gzip' | 'zstd')[] = [];
  for (;;) {
    // From the start of the file, for each layer.
    const first = await firstBytes(unpacked(open, { layers, encoding: 'utf-8' }), SIGNATURE_BYTES);
    const unreadable = unreadableKind(first);
    if (unreadable !== undefined) throw new UnreadableFileError(`the file is ${unreadable}`);
    const kind = fileKindOf(first);
    if (kind === 'zip') throw new UnreadableFileError('the file is a zip inside of a packed file: unpack it first');
    if (kind !== 'gzip' && kind !== 'zstd') return { layers, encoding: kind === 'text' ? 'utf-8' : kind };
    if (layers.length === LAYERS_MAX) throw new UnreadableFileError(`the file is packed more than ${LAYERS_MAX} times`);
    layers.push(kind);
  }
}

/** The text of a file in pieces, as UTF-8. @param onRead gets the length of each packed piece */
export async function* unpacked(
  open: OpenBytes,
  { layers, encoding }: Wrapping,
  onRead?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = piecesOf(await open(), onRead);
  for (const layer of layers) bytes = layer === 'gzip' ? gunzipped(bytes) : unpackFrames(bytes); // the outermost first
  yield* encoding === 'utf-8' ? bytes : fromUtf16(bytes, encoding);
}

/** The first bytes of a stream, at least `count` unless it is shorter. Leaving the loop closes the stream. */
export async function firstBytes(pieces: AsyncGenerator<Uint8Array>, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    length += piece.length;
    if (length >= count) break;
  }
  return Buffer.concat(parts);
}

async function* piecesOf(stream: ByteSource, onRead?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    if (!(piece instanceof Uint8Array)) throw new TypeError(`expected bytes, was ${typeof piece}`);
    onRead?.(piece.length);
    yield piece;
  }
}

async function* gunzipped(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacker = createGunzip({ chunkSize: PIECE_BYTES });
  const source = Readable.from(bytes, { objectMode: false, highWaterMark: PIECE_BYTES });
  source.on('error', (error) => unpacker.destroy(error));
  unpacker.on('error', () => undefined); // the loop over its pieces throws it, unless its caller stopped early
  source.pipe(unpacker);
  try {
    yield* piecesOf(unpacker);
  } finally {
    source.unpipe(unpacker);
    source.destroy();
    unpacker.destroy();
    if (!source.closed) await once(source, 'close').catch(() => undefined); // `bytes`, and the file below it, are closed first
  }
}

async function* fromUtf16(
  bytes: AsyncGenerator<Uint8Array>,
  encoding: 'utf-16le' | 'utf-16be',
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of bytes) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}
