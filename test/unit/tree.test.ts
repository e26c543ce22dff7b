/** Rules of the tree that no linter checks: names and sizes of files, and the files that the image is built from. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
/**
 * The upper limit. Most files should have about 120 lines, as much as a reader can keep in mind. The longest file is a
 * table.
 */
const LINES_MAX = 300;

/** Every existing file of the repository, committed or not yet. */
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isFile());
const SOURCES = FILES.filter((file) => /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(file));

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

describe('the tree', () => {
  it('has no file with a meaningless name', () => {
    expect(FILES.filter((file) => /^(utils?|helpers?|common|misc)\b/.test(basename(file)))).toEqual([]);
  });

  it('has no source file that is too long to be one thing', () => {
    const long = SOURCES.filter((file) => !file.endsWith('.test.ts') && read(file).split('\n').length > LINES_MAX);
    expect(long).toEqual([]);
  });

  it('begins every module with what it is for', () => {
    const modules = SOURCES.filter((file) => !/(\.test|\/index)\.ts$/.test(file));
    expect(modules.filter((file) => !/^(import .*\n|'use strict';\n|\s)*\/\*\*/.test(read(file)))).toEqual([]);
  });

  it('skips no test and runs none alone', () => {
    const tests = FILES.filter((file) => file.endsWith('.test.ts') && file !== 'test/unit/tree.test.ts');
    expect(
      tests.filter((file) => /\b(x?it|test|describe)\.(skip|only|todo)[.(]|\b[xf](it|describe)\(/.test(read(file))),
    ).toEqual([]);
  });
});

describe('the container image', () => {
  it('is built of every workspace', () => {
    const workspaces = FILES.filter((file) => /^(apps|libs)\/[^/]+\/package\.json$/.test(file));
    const dockerfile = read('Dockerfile');
    const missing = workspaces.filter((file) => !dockerfile.includes(`COPY ${file} ${dirname(file)}/\n`));
    expect(missing).toEqual([]);
  });

  it('is built of scripts that the builder gets', () => {
    const copied = [...read('Dockerfile').matchAll(/scripts\/\S+\.mjs/g)].map(([file]) => file);
    const sent = read('.dockerignore').split('\n');
    expect(copied.filter((file) => !sent.includes(`!${file}`))).toEqual([]);
  });

  it('is made of pinned images', () => {
    const images = [
      ...read('Dockerfile').matchAll(/^FROM (\S+)/gm),
      ...read('docker-compose.yml').matchAll(/image: (\S+)/g),
      ...read('docker-compose.valkey.yml').matchAll(/image: (\S+)/g),
    ];
    expect(images.map((match) => match[1]!).filter((image) => !/:v?\d+\.\d+(\.\d+)?/.test(image))).toEqual([]);
  });
});
