/** The files that the arguments of an import stand for: names of files, folders and patterns. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { globToRegExp, symbolReader } from './globs.js';
import { inputEntries } from './input-entries.js';
import { inputFiles } from './input-files.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'barkeep-files-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Makes empty files. @param names relative to the folder */
async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '');
  }
}

/** The files that an argument stands for. @param name a file, a folder or a pattern, relative to the folder */
async function filesOf(name: string): Promise<string[]> {
  const onlyLean = false;
  return (await inputFiles([join(folder, name)], onlyLean)).map(({ path }) => relative(folder, path));
}

it('a folder stands for its files and those of its subfolders, also behind a link to a folder', async () => {
  await put('data/a.csv', 'data/deep/b.csv', 'disk/2023/c.csv');
  await symlink('../disk/2023', join(folder, 'data/2023'));
  const all = ['data/2023/c.csv', 'data/a.csv', 'data/deep/b.csv'];
  expect(await filesOf('data')).toEqual(all);
  expect(await filesOf('data/**/*.csv')).toEqual(all);
});

it('a folder stands for its data files, also of kinds that an import refuses, but not for other files', async () => {
  await put('data/a.csv', 'data/b.parquet', 'data/c.dbn.zst', 'data/d.xlsx', 'data/e.gz', 'data/LICENSE', 'data/e.md5');
  const names = ['a.csv', 'b.parquet', 'c.dbn.zst', 'd.xlsx', 'e.gz'];
  expect(await filesOf('data')).toEqual(names.map((name) => `data/${name}`));
});

it('each folder is read once, also when links lead in circles', async () => {
  await put('data/2024/a.csv', 'disk/b.csv');
  await symlink('2024', join(folder, 'data/latest'));
  await symlink('..', join(folder, 'data/up'));
  await symlink('.', join(folder, 'data/itself'));
  await symlink('../disk', join(folder, 'data/one'));
  await symlink('../disk', join(folder, 'data/other'));
  await symlink('../data', join(folder, 'disk/back'));
  // `disk` is read through either of its two links.
  expect((await filesOf('data')).map((path) => path.replace('other', 'one'))).toEqual([
    'data/2024/a.csv',
    'data/one/b.csv',
  ]);
});

it('a pattern stands for the files of a folder that only a link in the pattern leads to', async () => {
  await put('data/2024/a.csv', 'data/other/b.csv', 'data/deep/er/est/c.csv');
  await symlink('2024', join(folder, 'data/latest'));
  await symlink('deep/er', join(folder, 'data/short'));
  expect(await filesOf('data/{latest,other}/*.csv')).toEqual(['data/latest/a.csv', 'data/other/b.csv']);
  expect(await filesOf('data/*/*/*.csv')).toEqual(['data/short/est/c.csv']);
  expect(await filesOf('data/**/*.csv')).toEqual(['data/2024/a.csv', 'data/deep/er/est/c.csv', 'data/other/b.csv']);
});

it('a pattern stands for each file once, also when links between other folders lead in circles', async () => {
  await put('data/a.csv', 'one/b.csv', 'two/c.csv');
  await symlink('../one', join(folder, 'data/one'));
  await symlink('../two', join(folder, 'one/two'));
  await symlink('../one', join(folder, 'two/one'));
  await symlink('../data', join(folder, 'two/data'));
  expect(await filesOf('data/**/*.csv')).toEqual(['data/a.csv', 'data/one/b.csv', 'data/one/two/c.csv']);
});

it('a pattern stands for the files behind a link that fits it, although many other links lead there, too', async () => {
  const names = Array.from({ length: 40 }, (_, link) => `data/${link}/link${link}`);
  await put('disk/b.csv', ...names.map((name) => `${dirname(name)}/a.csv`));
  for (const name of names) await symlink('../../disk', join(folder, name));
  for (const [link, name] of names.entries())
    for (const pattern of [`data/*/link${link}/*.csv`, `data/{${link},x}/link*/*b.csv`, `data/{${link},x}/**/b.csv`])
      expect(await filesOf(pattern)).toEqual([`${name}/b.csv`]);
});

it('a folder to which links in several folders lead has the path through the first of them', async () => {
  await put('disk/b.csv', 'data/AAPL/a.csv', 'data/MSFT/a.csv');
  await symlink('../../disk', join(folder, 'data/AAPL/more'));
  await symlink('../../disk', join(folder, 'data/MSFT/more'));
  expect(await filesOf('data')).toEqual(['data/AAPL/a.csv', 'data/AAPL/more/b.csv', 'data/MSFT/a.csv']);
});

it('a folder behind a link is read without its subfolder that another link leads to, which is read once', async () => {
  await put('data/a.csv', 'disk/2023/b.csv', 'disk/2024/c.csv');
  await symlink('../disk/2023', join(folder, 'data/2023'));
  await symlink('../disk', join(folder, 'data/all'));
  expect(await filesOf('data')).toEqual(['data/2023/b.csv', 'data/a.csv', 'data/all/2024/c.csv']);
});

it('a link to a hidden folder, or to one that a pattern does not reach, is followed', async () => {
  await put('data/.versions/2/a.csv', 'data/x/y/b.csv');
  await symlink('.versions/2', join(folder, 'data/current'));
  await symlink('x/y', join(folder, 'data/z'));
  expect(await filesOf('data')).toEqual(['data/current/a.csv', 'data/x/y/b.csv']);
  expect(await filesOf('data/*/*.csv')).toEqual(['data/current/a.csv', 'data/z/b.csv']);
});

it('a named pipe is refused, because a file is read more than once', async () => {
  const { status } = spawnSync('mkfifo', [join(folder, 'pipe.csv')]);
  expect(status).toBe(0);
  await expect(filesOf('pipe.csv')).rejects.toThrow('a pipe or a device: save it first');
});

// I13 is an invariant of docs/ARCHITECTURE.md.
it('I13 the check of a packed file ends when the user stops the import', async () => {
  const path = join(folder, 'a.csv.gz');
  await writeFile(path, gzipSync('time,open,high,low,close,volume\n'));
  const [entry] = await inputEntries(path);
  await expect(entry!.check(AbortSignal.abort(new Error('interrupted')))).rejects.toThrow('interrupted');
});

it('a pattern may have *, ?, a set of characters, and alternatives in braces', async () => {
  await put('x/2013/spy.csv', 'x/2014/spy.csv', 'x/2014/ibm.csv');
  expect(await filesOf('x/*/spy.csv')).toEqual(['x/2013/spy.csv', 'x/2014/spy.csv']);
  expect(await filesOf('**/{ibm,aapl}.csv')).toEqual(['x/2014/ibm.csv']);
  expect(await filesOf('x/201[34]/s?y.csv')).toHaveLength(2);
});

it('a folder stands for a link to nothing, too, which the import then refuses', async () => {
  await put('a.csv');
  await symlink(join(folder, 'gone.csv'), join(folder, 'b.csv'));
  expect(await filesOf('.')).toEqual(['a.csv', 'b.csv']);
});

it('a name without a file is refused', async () => {
  await expect(filesOf('gone.csv')).rejects.toThrow('no such file');
});

it('a folder without a Lean file is refused when only Lean files are wanted', async () => {
  const onlyLean = true;
  await expect(inputFiles([folder], onlyLean)).rejects.toThrow('expected lean files');
});

it('a pattern must match the whole path: "." is no wildcard, * stays in a folder, and ** goes below it', () => {
  expect(globToRegExp('/a/b.csv').test('/a/bxcsv')).toBe(false);
  expect(globToRegExp('/a/*.csv').test('/a/b/c.csv')).toBe(false);
  expect(globToRegExp('/a/**/*.csv').test('/a/b/c/d.csv')).toBe(true);
});

it.each(['[z-a].csv', 'x/[z-a]/*.csv', '{a,{b}.csv'])('a wrong pattern is refused: %s', async (pattern) => {
  await expect(filesOf(pattern)).rejects.toThrow('a set in brackets has a wrong range, or a brace is not closed');
});

describe('the pattern of --symbol-from-path', () => {
  it.each([
    ['{symbol}_*.csv', '/data/SPY_1m_2024.csv'],
    ['*_{symbol}.csv', '/data/us_1m_SPY.csv'],
    ['**/{symbol}/*.csv', '/data/us/SPY/2024.csv'],
    ['data/{symbol}/**/*.csv', '/data/SPY/2024/03.csv'],
  ])('%s finds the symbol in %s', (pattern, path) => {
    expect(symbolReader(pattern)(path)).toBe('SPY');
  });

  it.each([
    '{symbol}*.csv',
    '{symbol}?*.csv',
    '*{symbol}.csv',
    '{symbol}/**/*.csv',
    '*/{symbol}/**/*.csv',
    'data/*.csv',
  ])('%s is refused, because it does not say which part of a path is the symbol', (pattern) =>
    expect(() => symbolReader(pattern)).toThrow('--symbol-from-path'),
  );
});
