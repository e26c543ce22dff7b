import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { inputEntries } from './index.js';

/** In an old field of 32 or 16 bits, they mean that the value is in a zip64 field. */
const [SIZE_MARK, COUNT_MARK] = [0xffffffff, 0xffff];
const FOUR_GB = 2 ** 32;
/** Signatures and lengths of the parts of a zip. */
const [LOCAL_SIGNATURE, LOCAL_BYTES] = [0x04034b50, 30] as const;
const [CENTRAL_SIGNATURE, CENTRAL_BYTES] = [0x02014b50, 46] as const;
const [RECORD_SIGNATURE, RECORD_BYTES] = [0x06064b50, 56] as const;
const [LOCATOR_SIGNATURE, LOCATOR_BYTES] = [0x07064b50, 20] as const;
const [END_SIGNATURE, END_BYTES] = [0x06054b50, 22] as const;
/** The zip64 field of an entry: its type and length, two sizes and the offset. */
const [ZIP64_TYPE, ZIP64_BYTES] = [1, 4 + 24] as const;
/** The version of the format that has zip64. */
const VERSION = 45;

interface Zip64Options {
  /** The size that the directory states; undefined: the true one. */
  claimedBytes?: number;
}

/** Makes a zip of uncompressed files whose sizes, offsets and number are in the zip64 fields. */
function zip64(files: readonly (readonly [name: string, text: string])[], { claimedBytes }: Zip64Options = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const data = Buffer.from(text);
    const size = claimedBytes ?? data.length;
    const local = Buffer.concat([header(LOCAL_SIGNATURE, LOCAL_BYTES, name, data, 0), Buffer.from(name), data]);
    const central = header(CENTRAL_SIGNATURE, CENTRAL_BYTES, name, data, ZIP64_BYTES);
    for (const at of [20, 24, 42]) central.writeUInt32LE(SIZE_MARK, at); // unpacked size, packed size, offset
    const extra = Buffer.alloc(ZIP64_BYTES);
    extra.writeUInt16LE(ZIP64_TYPE, 0);
    extra.writeUInt16LE(ZIP64_BYTES - 4, 2);
    extra.writeBigUInt64LE(BigInt(size), 4);
    extra.writeBigUInt64LE(BigInt(size), 12);
    extra.writeBigUInt64LE(BigInt(offset), 20);
    directory.push(central, Buffer.from(name), extra);
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...parts, central, end(files.length, central.length, offset)]);
}

/** A header of a local file (30 bytes) or of the directory (46 bytes, whose fields stand two bytes later). */
function header(
  signature: number,
  bytes: typeof LOCAL_BYTES | typeof CENTRAL_BYTES,
  name: string,
  data: Buffer,
  extraBytes: number,
): Buffer {
  const result = Buffer.alloc(bytes);
  const shift = bytes === CENTRAL_BYTES ? 2 : 0;
  result.writeUInt32LE(signature, 0);
  result.writeUInt16LE(VERSION, 4 + shift);
  result.writeUInt32LE(crc32(data), 14 + shift);
  result.writeUInt32LE(data.length, 18 + shift);
  result.writeUInt32LE(data.length, 22 + shift);
  result.writeUInt16LE(Buffer.byteLength(name), 26 + shift);
  result.writeUInt16LE(extraBytes, 28 + shift);
  return result;
}

/**
 * The end of a zip64 file: the zip64 record, its locator, and the old record, whose fields refer to the zip64 record.
 * @param bytes length of the directory @param offset place of the directory
 */
function end(files: number, bytes: number, offset: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt32LE(RECORD_SIGNATURE, 0);
  record.writeBigUInt64LE(BigInt(RECORD_BYTES - 12), 4); // the length after this field
  for (const at of [12, 14]) record.writeUInt16LE(VERSION, at);
  record.writeBigUInt64LE(BigInt(files), 24);
  record.writeBigUInt64LE(BigInt(files), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(LOCATOR_BYTES);
  locator.writeUInt32LE(LOCATOR_SIGNATURE, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  const old = Buffer.alloc(END_BYTES);
  old.writeUInt32LE(END_SIGNATURE, 0);
  for (const at of [8, 10]) old.writeUInt16LE(COUNT_MARK, at);
  for (const at of [12, 16]) old.writeUInt32LE(SIZE_MARK, at);
  return Buffer.concat([record, locator, old]);
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
    const entries = await entriesOf(
      zip64([
        ['A.csv', 'first'],
        ['B.csv', 'second'],
      ]),
    );
    const texts: string[] = [];
    for (const entry of entries) {
      await entry.check();
      for await (const piece of entry.pieces(() => undefined)) texts.push(Buffer.from(piece).toString());
    }
    expect(entries.map(({ name }) => name)).toEqual(['A.csv', 'B.csv']);
    expect(texts).toEqual(['first', 'second']);
  });

  it('I8 that claims more than 4 GB is refused without memory for the claim', async () => {
    const before = process.memoryUsage().rss;
    const [entry] = await entriesOf(zip64([['A.csv', 'short']], { claimedBytes: FOUR_GB + 5 }));
    await expect(entry!.check()).rejects.toThrow('A.csv');
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(100);
  });
});
