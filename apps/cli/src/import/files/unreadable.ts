/** Recognises the kind of a file by its first bytes, because file names are often wrong, and names unreadable kinds. */

/** A file cannot be read. The import counts it as refused and stores none of its rows. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** True for errors of a single file: UnreadableFileErrors, and errors of the system and of zlib, which have a code. */
export function isFileError(error: unknown): error is Error {
  if (error instanceof UnreadableFileError) return true;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return false;
  return typeof error.code === 'string' || typeof error.code === 'number';
}

/** What the bytes of a file are; `text` when they are not recognised as anything else. */
type FileKind = 'text' | 'gzip' | 'zstd' | 'zip' | 'utf-16le' | 'utf-16be';

/** Number of bytes that {@link fileKindOf} and {@link unreadableKind} look at: up to the end of `ustar` in a tar archive. */
export const SIGNATURE_BYTES = 262;

const bytesOf = (text: string): number[] => [...Buffer.from(text, 'latin1')];

/** The kinds that Barkeep cannot read, by their bytes at the start or `at` a place; `is` completes "the file is …". */
const NOT_READ: readonly { bytes: readonly number[]; at?: number; is: string }[] = [
  { bytes: bytesOf('BZh'), is: 'packed with bzip2, which is not read: unpack it first (bunzip2)' },
  { bytes: [0xfd, ...bytesOf('7zXZ')], is: 'packed with xz, which is not read: unpack it first (unxz)' },
  { bytes: [...bytesOf('7z'), 0xbc, 0xaf], is: 'a 7-Zip archive, which is not read: unpack it first (7z x)' },
  { bytes: bytesOf('Rar!'), is: 'a RAR archive, which is not read: unpack it first (unrar x)' },
  { bytes: [0x04, 0x22, 0x4d, 0x18], is: 'packed with LZ4, which is not read: unpack it first (unlz4)' },
  { bytes: bytesOf('ustar'), at: 257, is: 'a tar archive, which is not read: unpack it first (tar xf)' },
  { bytes: bytesOf('PAR1'), is: 'a Parquet file, which is not read: export it as CSV or NDJSON' },
  { bytes: bytesOf('ARROW1'), is: 'an Arrow file, which is not read: export it as CSV or NDJSON' },
  { bytes: bytesOf('FEA1'), is: 'a Feather file, which is not read: export it as CSV or NDJSON' },
  { bytes: [0x89, ...bytesOf('HDF')], is: 'an HDF5 file, which is not read: export it as CSV or NDJSON' },
  { bytes: bytesOf('SQLite format 3'), is: 'an SQLite database, which is not read: export its rows as CSV' },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0], is: 'an Excel workbook (.xls), which is not read: save the sheet as CSV' },
  { bytes: bytesOf('%PDF'), is: 'a PDF document' },
  { bytes: bytesOf('DBN'), is: 'a DBN file of Databento, which is not read: export it as CSV' },
  { bytes: [0x93, ...bytesOf('NUMPY')], is: 'a NumPy file, which is not read: export it as CSV' },
  { bytes: [0x5d, 0, 0], is: 'packed with LZMA, which is not read: unpack it first (unlzma)' },
  { bytes: [0xff, 0xfe, 0, 0], is: 'UTF-32, which is not read: save it as UTF-8' },
  { bytes: [0, 0, 0xfe, 0xff], is: 'UTF-32, which is not read: save it as UTF-8' },
];

/** Tab, line feed, vertical tab, form feed, carriage return, and the end-of-file mark of DOS. */
const TEXT_CONTROLS = new Set([9, 10, 11, 12, 13, 26]);
/** The share of other control characters that a text may have, in broken rows. */
const CONTROLS_MAX_SHARE = 0.03;

/** What a file with these first bytes is, and what the user can do about it; undefined when Barkeep can read it. */
export function unreadableKind(first: Uint8Array): string | undefined {
  const known = NOT_READ.find(({ bytes, at = 0 }) => startsWith(first, bytes, at))?.is;
  if (known !== undefined || fileKindOf(first) !== 'text') return known;
  const text = Buffer.from(first)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '') // a byte order mark of UTF-8
    .trimStart();
  if (/^<(!doctype html|html)/i.test(text)) return 'a web page: the download gave a page instead of the data';
  if (/^<\?xml/i.test(text)) return 'an XML file, which is not read: export it as CSV or NDJSON';
  const controls = first.filter((byte) => byte < 32 && !TEXT_CONTROLS.has(byte)).length;
  return controls > CONTROLS_MAX_SHARE * first.length
    ? 'of a binary kind that is not read: export it as CSV or NDJSON'
    : undefined;
}

/** The kind of a file with these first bytes; `text` when they match no other kind. */
export function fileKindOf(first: Uint8Array): FileKind {
  if (startsWith(first, [0x1f, 0x8b])) return 'gzip';
  if (startsWith(first, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd';
  if (startsWith(first, [0x2a, 0x4d, 0x18], 1) && first[0]! >> 4 === 5) return 'zstd'; // pzstd begins with such a frame
  if (startsWith(first, [0x50, 0x4b, 3, 4]) || startsWith(first, [0x50, 0x4b, 5, 6])) return 'zip'; // 5, 6: an empty one
  // UTF-16 with a byte order mark.
  if (startsWith(first, [0xff, 0xfe])) return 'utf-16le';
  if (startsWith(first, [0xfe, 0xff])) return 'utf-16be';
  // UTF-16 without a byte order mark: every second byte of ASCII text is 0.
  if (first.length >= 4 && first[1] === 0 && first[3] === 0 && first[0] !== 0) return 'utf-16le';
  if (first.length >= 4 && first[0] === 0 && first[2] === 0 && first[1] !== 0) return 'utf-16be';
  return 'text';
}

function startsWith(bytes: Uint8Array, expected: readonly number[], at = 0): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}
