import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { inputEntries } from './index.js';

/** In an old field of 32 or 16 bits, they mean that the value is in a zip64 field. */
const [SIZE_MARK, COUNT_MARK] = [0xffffffff, 0xffff];
const FOUR_GB = 2 ** 32;
/** The version of the format that has zip64. */
const VERSION = 45;

const u16 = (value: number): Buffer => numberBuffer(2, (buffer) => buffer.writeUInt16LE(value));
const u32 = (value: number): Buffer => numberBuffer(4, (buffer) => buffer.writeUInt32LE(value));
const u64 = (value: number): Buffer => numberBuffer(8, (buffer) => buffer.writeBigUInt64LE(BigInt(value)));

function numberBuffer(bytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
}

/** The fields of a part of a zip, in their order. */
const part = (fields: Record<string, Buffer>): Buffer => Buffer.concat(Object.values(fields));

interface Zip64Options {
  /** The size that the directory states; undefined: the true one. */
  claimedBytes?: number;
}

/** Makes a zip of uncompressed files whose sizes, offsets and number are in the zip64 fields. */
function zip64(files: readonly (readonly [name: string, text: string])[], { claimedBytes }: Zip64Options = {}): Buffer {
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

/** The fields that an entry has in common in the local file and in the directory. */
const commonFields = (data: Buffer) => ({
  versionNeeded: u16(VERSION),
  flags: u16(0),
  method: u16(0), // not compressed
  modified: u32(0),
  crc: u32(crc32(data)),
});

function localEntry(name: string, data: Buffer): Buffer {
  return part({
    signature: u32(0x04034b50),
    ...commonFields(data),
    packedSize: u32(data.length),
    size: u32(data.length),
    nameLength: u16(name.length),
    extraLength: u16(0),
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
    versionMadeBy: u16(0),
    ...commonFields(data),
    packedSize: u32(SIZE_MARK),
    size: u32(SIZE_MARK),
    nameLength: u16(name.length),
    extraLength: u16(extra.length),
    commentLength: u16(0),
    diskNumber: u16(0),
    internalAttributes: u16(0),
    externalAttributes: u32(0),
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
    diskNumber: u32(0),
    directoryDisk: u32(0),
    filesOnDisk: u64(files),
    files: u64(files),
    bytes: u64(bytes),
    offset: u64(offset),
  });
  const record = part({ signature: u32(0x06064b50), length: u64(afterLength.length), afterLength });
  const locator = part({
    signature: u32(0x07064b50),
    recordDisk: u32(0),
    recordOffset: u64(offset + bytes),
    disks: u32(1),
  });
  const oldRecord = part({
    signature: u32(0x06054b50),
    diskNumber: u16(0),
    directoryDisk: u16(0),
    filesOnDisk: u16(COUNT_MARK),
    files: u16(COUNT_MARK),
    bytes: u32(SIZE_MARK),
    offset: u32(SIZE_MARK),
    commentLength: u16(0),
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
  it('is read, with sizes, offsets and a number of files of 64 bits', async () => {
    const files = [
      ['A.csv', 'first'],
      ['B.csv', 'second'],
    ] as const;
    const entries = await entriesOf(zip64(files));
    const texts: string[] = [];
    for (const entry of entries) {
      await entry.check();
      for await (const piece of entry.pieces(() => undefined)) texts.push(Buffer.from(piece).toString());
    }
    expect(entries.map(({ name }) => name)).toEqual(['A.csv', 'B.csv']);
    expect(texts).toEqual(['first', 'second']);
  });

  it('I8 that claims more than 4 GB is refused without memory for the claim', async () => {
    const rssBefore = process.memoryUsage().rss;
    const [entry] = await entriesOf(zip64([['A.csv', 'short']], { claimedBytes: FOUR_GB + 5 }));
    await expect(entry!.check()).rejects.toThrow('A.csv');
    const usedMb = (process.memoryUsage().rss - rssBefore) / 1024 / 1024;
    expect(usedMb).toBeLessThan(100);
  });
});
