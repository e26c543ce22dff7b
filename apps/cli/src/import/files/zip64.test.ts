/**
 * Zip64 files: zips whose sizes, offsets and counts are in fields of 64 bits. They are written here, because no library of the project
 * writes them for small files. I8, an invariant of docs/ARCHITECTURE.md: memory is bounded.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { inputEntries } from './index.js';

/** What an old field of 32 or 16 bits contains when the value is in a zip64 field. */
const [SIZE_MARK, COUNT_MARK] = [0xffffffff, 0xffff];
const FOUR_GB = 2 ** 32;
/** The version of the zip format that introduced zip64, 4.5. */
const VERSION = 45;

/** Numbers of 16, 32 and 64 bits as bytes. */
const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
/** The bytes of fields that are 0 in these files. */
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);
/** The fields of a part of a zip, in their order. */
const part = (fields: Record<string, Buffer>): Buffer => Buffer.concat(Object.values(fields));

/**
 * Makes a zip of uncompressed files whose sizes, offsets and number are in the zip64 fields.
 * @param claimedBytes the size that the directory states; undefined: the true one
 */
function zip64(files: readonly (readonly [name: string, text: string])[], claimedBytes?: number): Buffer {
  const entries: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const entry = localEntry(name, Buffer.from(text));
    directory.push(directoryEntry(name, Buffer.from(text), offset, claimedBytes ?? text.length));
    entries.push(entry);
    offset += entry.length;
  }
  const directoryBytes = Buffer.concat(directory);
  return Buffer.concat([...entries, directoryBytes, end(files.length, directoryBytes.length, offset)]);
}

/** The fields that the local entry and the directory entry of a file have in common. */
const commonFields = (data: Buffer) => ({
  versionNeeded: u16(VERSION),
  flagsMethodAndTime: zeros(8),
  crc: u32(crc32(data)),
});

function localEntry(name: string, data: Buffer): Buffer {
  return part({
    signature: u32(0x04034b50),
    ...commonFields(data),
    packedSize: u32(data.length),
    size: u32(data.length),
    nameLength: u16(name.length),
    extraLength: zeros(2),
    name: Buffer.from(name),
    data,
  });
}

/** @param offset place of the local entry @param size the size to state */
function directoryEntry(name: string, data: Buffer, offset: number, size: number): Buffer {
  const values = part({ size: u64(size), packedSize: u64(size), offset: u64(offset) });
  const extra = part({ type: u16(1), length: u16(values.length), values });
  return part({
    signature: u32(0x02014b50),
    versionMadeBy: zeros(2),
    ...commonFields(data),
    packedSize: u32(SIZE_MARK),
    size: u32(SIZE_MARK),
    nameLength: u16(name.length),
    extraLength: u16(extra.length),
    commentDiskAndAttributes: zeros(10),
    offset: u32(SIZE_MARK),
    name: Buffer.from(name),
    extra,
  });
}

/**
 * The end of a zip64 file: the zip64 record, its locator, and the old record, whose fields refer to the zip64 record.
 * @param bytes length of the directory @param offset place of the directory
 */
function end(files: number, bytes: number, offset: number): Buffer {
  const afterLength = part({
    versionMadeBy: u16(VERSION),
    versionNeeded: u16(VERSION),
    disks: zeros(8),
    filesOnDisk: u64(files),
    files: u64(files),
    bytes: u64(bytes),
    offset: u64(offset),
  });
  const record = part({ signature: u32(0x06064b50), length: u64(afterLength.length), afterLength });
  const recordOffset = u64(offset + bytes);
  const locator = part({ signature: u32(0x07064b50), recordDisk: zeros(4), recordOffset, diskCount: u32(1) });
  const oldRecord = part({
    signature: u32(0x06054b50),
    disks: zeros(4),
    filesOnDisk: u16(COUNT_MARK),
    files: u16(COUNT_MARK),
    bytes: u32(SIZE_MARK),
    offset: u32(SIZE_MARK),
    commentLength: zeros(2),
  });
  return Buffer.concat([record, locator, oldRecord]);
}

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'barkeep-zip64-'))));
afterEach(() => rm(folder, { recursive: true }));

async function entriesOf(zip: Buffer): ReturnType<typeof inputEntries> {
  const path = join(folder, 'a.zip');
  await writeFile(path, zip);
  return inputEntries(path);
}

describe('a zip64', () => {
  it('has all of its files read', async () => {
    const entries = await entriesOf(zip64(Object.entries({ 'A.csv': 'first', 'B.csv': 'second' })));
    const texts: string[] = [];
    for (const entry of entries) {
      await entry.check();
      for await (const piece of entry.pieces(() => undefined)) texts.push(Buffer.from(piece).toString());
    }
    expect(entries.map(({ name }) => name)).toEqual(['A.csv', 'B.csv']);
    expect(texts).toEqual(['first', 'second']);
  });

  it('I8 is refused when a file claims more bytes than it has, without memory for the claimed bytes', async () => {
    const rssBefore = process.memoryUsage().rss;
    const [entry] = await entriesOf(zip64([['A.csv', 'short']], FOUR_GB + 5));
    await expect(entry!.check()).rejects.toThrow('A.csv');
    const usedMb = (process.memoryUsage().rss - rssBefore) / 1024 / 1024;
    expect(usedMb).toBeLessThan(100);
  });
});
