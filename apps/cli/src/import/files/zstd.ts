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
/** The upper 28 bits of the signature of a skippable frame, which has no contents of the file. The lower 4 may have any value. */
const SKIPPABLE_SIGNATURE = 0x184d2a5;
const BLOCK_BYTES_MAX = 128 * 1024;
/** The type of a block that stores one byte and repeats it. */
const REPEATED_BYTE = 1;
/** The bits of a frame's descriptor. Its two highest bits are a code for the length of the field with the size of the contents. */
const DICTIONARY_BITS = 0b11;
const CHECKSUM_BIT = 0b100;
const SINGLE_SEGMENT_BIT = 0b10_0000;
/** The most bytes that `readUIntLE` reads. */
const INTEGER_BYTES_MAX = 6;

/** Unpacks all frames of a file. Each piece is one block. @throws UnreadableFileError for a damaged file */
export async function* unpackFrames(packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hashes = await xxhash();
  const bytes = new PackedBytes(packed);
  try {
    while (!(await bytes.isAtEnd())) {
      const signature = await bytes.take(4);
      const number = signature.readUInt32LE();
      if (number === FRAME_SIGNATURE) yield* unpackFrame(bytes, signature, hashes.create64());
      else if (number >>> 4 === SKIPPABLE_SIGNATURE) await skipFrame(bytes);
      else throw damaged('expected the signature of a frame');
    }
  } finally {
    await packed.return(undefined);
  }
}

/** Skips the rest of a skippable frame, piece by piece, so that a long one takes little memory. */
async function skipFrame(bytes: PackedBytes): Promise<void> {
  const length = (await bytes.take(4)).readUInt32LE();
  for (let left = length; left > 0; left -= BLOCK_BYTES_MAX) await bytes.take(Math.min(left, BLOCK_BYTES_MAX));
}

/** Unpacks the frame that follows a signature. @param hash of 64 bits, whose lower half is a frame's checksum */
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
    const fields = blockHeader.readUIntLE(0, 3); // from the lowest bit: last block (1 bit), type (2 bits), size (21 bits)
    isLast = (fields & 1) === 1;
    const type = (fields >> 1) & 0b11;
    const storedBytes = type === REPEATED_BYTE ? 1 : fields >> 3;
    yield* unpack(Buffer.concat([blockHeader, await bytes.take(storedBytes)]));
  }
  const checksum = await bytes.take(hasChecksum ? 4 : 0);
  yield* unpack(checksum, true);
  if (!hasChecksum) return;
  const lowerHalf = Number(hash.digest() & 0xffffffffn);
  if (checksum.readUInt32LE() !== lowerHalf) throw damaged('the contents differ from their checksum');
}

/** Reads the header of a frame after its signature. @throws UnreadableFileError for a frame that fzstd cannot unpack */
async function frameHeader(bytes: PackedBytes): Promise<{ header: Buffer; hasChecksum: boolean }> {
  const descriptor = await bytes.take(1);
  const bits = descriptor[0]!;
  const needsDictionary = (bits & DICTIONARY_BITS) !== 0;
  if (needsDictionary) throw new UnreadableFileError('the file needs a zstd dictionary: unpack it first (unzstd -D)');
  // A single segment has no field for its window: the window is as large as the contents.
  const isSingleSegment = (bits & SINGLE_SEGMENT_BIT) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][bits >> 6]!; // by the code in the two highest bits
  const rest = await bytes.take(windowBytes + sizeBytes);
  const window = isSingleSegment ? rest.readUIntLE(0, Math.min(sizeBytes, INTEGER_BYTES_MAX)) : windowOf(rest[0]!);
  if (window > WINDOW_MAX)
    throw new UnreadableFileError(`expected a zstd window of at most ${WINDOW_MAX} bytes, was ${window}`);
  return { header: Buffer.concat([descriptor, rest]), hasChecksum: (bits & CHECKSUM_BIT) !== 0 };
}

/** The size of the window that a byte encodes: its upper 5 bits give a power of two, its lower 3 the eighths of it that are added. */
function windowOf(field: number): number {
  const power = 2 ** (10 + (field >> 3));
  const eighths = field & 7;
  return power + (power / 8) * eighths;
}

function damaged(detail: string): UnreadableFileError {
  return new UnreadableFileError(`damaged or cut short zstd: ${detail}`);
}

/** The bytes of a file that comes in pieces of any length. */
class PackedBytes {
  #bytes = Buffer.alloc(0);

  constructor(private readonly pieces: AsyncGenerator<Uint8Array>) {}

  /** Removes and returns the next bytes. @throws UnreadableFileError when the file has fewer */
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
