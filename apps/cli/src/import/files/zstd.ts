/**
 * Unpacks zstd (RFC 8878) frame by frame: fzstd unpacks the blocks, xxhash-wasm verifies the checksums. Node has zstd from
 * 22.15 on, but its streams end without an error where a file is cut short, and after the first of several frames (22.23).
 */
import { Decompress } from 'fzstd';
import xxhash, { type XXHash } from 'xxhash-wasm';
import { UnreadableFileError } from './unreadable.js';

/** The largest window that is accepted: that of zstd's highest compression level. Its option `--long=31` makes larger ones. */
const WINDOW_MAX = 128 * 1024 * 1024;
const FRAME_SIGNATURE = 0xfd2fb528;
/** The signatures of frames without contents, whose last four bits may have any value. */
const SKIPPABLE_SIGNATURE = 0x184d2a5;
const BLOCK_BYTES_MAX = 128 * 1024;
/** The block type of one byte that is repeated. */
const REPEATED_BYTE = 1;

/** Unpacks all frames of a file. Each piece is one block. @throws UnreadableFileError for a damaged file */
export async function* unpackFrames(packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hashes = await xxhash();
  const bytes = new PackedBytes(packed);
  try {
    while (!(await bytes.isAtEnd())) {
      const signature = await bytes.take(4);
      if (signature.readUInt32LE() >>> 4 === SKIPPABLE_SIGNATURE) {
        const length = (await bytes.take(4)).readUInt32LE();
        for (let left = length; left > 0; left -= BLOCK_BYTES_MAX) await bytes.take(Math.min(left, BLOCK_BYTES_MAX));
      } else if (signature.readUInt32LE() === FRAME_SIGNATURE) yield* unpackFrame(bytes, signature, hashes.create64());
      else throw damaged('expected the signature of a frame');
    }
  } finally {
    await packed.return(undefined);
  }
}

/** @param hash of 64 bits, whose lower half is a frame's checksum */
async function* unpackFrame(bytes: PackedBytes, signature: Buffer, hash: XXHash<bigint>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []; // pieces that were unpacked and not yielded yet
  const decompressor = new Decompress((piece) => {
    hash.update(piece);
    ready.push(piece.slice());
  });
  const unpack = (input: Uint8Array, isLast = false): Uint8Array[] => {
    ready = [];
    try {
      decompressor.push(input, isLast);
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error));
    }
    return ready;
  };
  const { header, hasChecksum } = await frameHeader(bytes);
  yield* unpack(Buffer.concat([signature, header]));
  for (let isLast = false; !isLast;) {
    const blockHeader = await bytes.take(3);
    const fields = blockHeader.readUIntLE(0, 3); // size: 21 bits, type: 2, last block: 1
    isLast = (fields & 1) === 1;
    const size = ((fields >> 1) & 0b11) === REPEATED_BYTE ? 1 : fields >> 3;
    yield* unpack(Buffer.concat([blockHeader, await bytes.take(size)]));
  }
  const checksum = await bytes.take(hasChecksum ? 4 : 0);
  yield* unpack(checksum, true);
  const isRight = !hasChecksum || checksum.readUInt32LE() === Number(hash.digest() & 0xffffffffn);
  if (!isRight) throw damaged('the contents differ from their checksum');
}

/** Reads the header of a frame after its signature. @throws UnreadableFileError for a frame that fzstd cannot unpack */
async function frameHeader(bytes: PackedBytes): Promise<{ header: Buffer; hasChecksum: boolean }> {
  const descriptor = await bytes.take(1);
  const flags = descriptor[0]!; // size of the contents: 2 bits, single segment: 1, unused: 2, checksum: 1, dictionary: 2
  const needsDictionary = (flags & 0b11) !== 0;
  if (needsDictionary) throw new UnreadableFileError('the file needs a zstd dictionary: unpack it first (unzstd -D)');
  const isSingleSegment = (flags & 0b10_0000) !== 0; // then the window is as large as the contents
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6]!;
  const rest = await bytes.take((isSingleSegment ? 0 : 1) + sizeBytes); // the window, and the size of the contents
  const window = isSingleSegment ? rest.readUIntLE(0, Math.min(sizeBytes, 6)) : windowOf(rest[0]!);
  if (window > WINDOW_MAX)
    throw new UnreadableFileError(`expected a zstd window of at most ${WINDOW_MAX} bytes, was ${window}`);
  return { header: Buffer.concat([descriptor, rest]), hasChecksum: (flags & 0b100) !== 0 };
}

/** The window of a byte that has 5 bits of an exponent and 3 bits of eighths. */
function windowOf(field: number): number {
  const base = 2 ** (10 + (field >> 3));
  return base + (base / 8) * (field & 7);
}

function damaged(detail: string): UnreadableFileError {
  return new UnreadableFileError(`damaged or cut short zstd: ${detail}`);
}

/** Takes bytes from pieces of any length. */
class PackedBytes {
  #bytes = Buffer.alloc(0);

  constructor(private readonly pieces: AsyncGenerator<Uint8Array>) {}

  /** @throws UnreadableFileError when the file ends before */
  async take(length: number): Promise<Buffer> {
    while (this.#bytes.length < length) if (!(await this.#readPiece())) throw damaged('unexpected end of the file');
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#bytes.length === 0 && !(await this.#readPiece());
  }

  async #readPiece(): Promise<boolean> {
    const next = await this.pieces.next();
    if (next.done === true) return false;
    this.#bytes = Buffer.concat([this.#bytes, next.value]);
    return true;
  }
}
