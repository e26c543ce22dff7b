/**
 * Reads the directory at the end of a zip file: which entries there are, with the checksum of each.
 * fflate inflates but verifies nothing, and a flipped bit in a price is worse than a missing file.
 */
import { open } from 'node:fs/promises';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
/** The end record is 22 bytes and is followed by a comment of at most 65,535. */
const END_BYTES_MAX = 22 + 65_535;
/** A zip with a larger directory (about 1 M files) is none of ours. */
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024;

export interface ZipEntry {
  name: string;
  crc32: number;
}

/** A zip file is damaged, or is none. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

/** The entries of a zip file, folders left out. @throws ZipError when there is no whole directory at its end */
export async function zipDirectory(path: string): Promise<ZipEntry[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, END_BYTES_MAX));
    await file.read(tail, 0, tail.length, size - tail.length);
    const at = lastEndRecord(tail);
    if (at < 0) throw new ZipError('expected a zip file, was something else or cut short (no directory at its end)');
    const length = tail.readUInt32LE(at + 12);
    const start = size - tail.length + at - length;
    if (start < 0 || length > DIRECTORY_BYTES_MAX)
      throw new ZipError(`directory of ${length} bytes does not fit the file`);
    const directory = Buffer.alloc(length);
    await file.read(directory, 0, length, start);
    return readEntries(directory);
  } finally {
    await file.close();
  }
}

function lastEndRecord(tail: Buffer): number {
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END_SIGNATURE && at + 22 + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return -1;
}

function readEntries(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === ENTRY_SIGNATURE) {
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) entries.push({ name, crc32: directory.readUInt32LE(at + 16) });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}
