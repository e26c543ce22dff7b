import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from './write-whole.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'barkeep-write-'))));
afterEach(() => {
  jest.restoreAllMocks();
  return rm(folder, { recursive: true });
});

const { signal } = new AbortController();

/** Texts that end with an error, as when the disk is full. */
function* failing(): Generator<string> {
  yield 'half';
  throw new RangeError('no space left');
}

it('a file that cannot be written to its end leaves no part of itself', async () => {
  await expect(writeWhole(join(folder, 'new.json'), failing(), signal)).rejects.toThrow('no space left');
  expect(await readdir(folder)).toEqual([]);
});

it('texts that end with an error before the file is open leave no part of it', async () => {
  // The file opens 50 ms late, when the texts have failed.
  const open = fs.open.bind(fs) as (...args: unknown[]) => void;
  const opened = new Promise<void>((resolve) => {
    jest.spyOn(fs, 'open').mockImplementation((...args: unknown[]) => {
      const callback = args.pop() as (...result: unknown[]) => void;
      const openNow = () => open(...args, (...result: unknown[]) => (callback(...result), resolve()));
      setTimeout(openNow, 50);
    });
  });
  await expect(writeWhole(join(folder, 'new.json'), failing(), signal)).rejects.toThrow('no space left');
  await opened;
  expect(await readdir(folder)).toEqual([]);
});

it('a file that cannot be replaced stays as it was', async () => {
  const file = join(folder, 'old.json');
  await writeFile(file, 'old');
  await expect(writeWhole(file, failing(), signal)).rejects.toThrow('no space left');
  expect(await readFile(file, 'utf8')).toBe('old');
  await writeWhole(file, ['n', 'ew'], signal);
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['old.json']);
});
