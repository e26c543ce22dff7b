/** Rules of the tree that no linter checks: names, sizes and first lines of files, and what the image is built from. */
import { basename, dirname } from 'node:path';
import { readTreeFile, treeFiles } from '../support/data/tree-files.js';

/** Limit for one source file. Most files should have about 120 lines, as much as a reader can keep in mind. */
const LINES_MAX = 300;

const FILES = treeFiles();
const SOURCES = FILES.filter((file) => /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(file));

/** A block comment after nothing but imports. */
const OPENING_COMMENT = /^(import .*\n|'use strict';\n|\s)*\/\*\*/;
/** `it.skip(`, `describe.only.each(`, `xit(`, `fdescribe(` and so on. */
const SKIPPED_OR_ALONE = /\b(x?it|test|describe)\.(skip|only|todo)[.(]|\b[xf](it|describe)\(/;
/** The tag of an image with at least a major and a minor version. */
const PINNED_TAG = /:v?\d+\.\d+(\.\d+)?/;

describe('the tree', () => {
  it('has no file with a meaningless name', () => {
    expect(FILES.filter((file) => /^(utils?|helpers?|common|misc)\b/.test(basename(file)))).toEqual([]);
  });

  it('has no source file that is too long to be one thing', () => {
    const long = SOURCES.filter(
      (file) => !file.endsWith('.test.ts') && readTreeFile(file).split('\n').length > LINES_MAX,
    );
    expect(long).toEqual([]);
  });

  it('begins every module with a comment about what it is for', () => {
    const modules = SOURCES.filter((file) => !/(\.test|\/index)\.ts$/.test(file));
    expect(modules.filter((file) => !OPENING_COMMENT.test(readTreeFile(file)))).toEqual([]);
  });

  it('skips no test and runs none alone', () => {
    const tests = FILES.filter((file) => file.endsWith('.test.ts') && file !== 'test/unit/tree.test.ts');
    expect(tests.filter((file) => SKIPPED_OR_ALONE.test(readTreeFile(file)))).toEqual([]);
  });
});

describe('the container image', () => {
  it('is built from every workspace', () => {
    const workspaces = FILES.filter((file) => /^(apps|libs)\/[^/]+\/package\.json$/.test(file));
    const dockerfile = readTreeFile('Dockerfile');
    const missing = workspaces.filter((file) => !dockerfile.includes(`COPY ${file} ${dirname(file)}/\n`));
    expect(missing).toEqual([]);
  });

  it('is built from scripts that .dockerignore lets through to the builder', () => {
    const copied = [...readTreeFile('Dockerfile').matchAll(/scripts\/\S+\.mjs/g)].map(([file]) => file);
    const ignoreLines = readTreeFile('.dockerignore').split('\n');
    expect(copied.filter((file) => !ignoreLines.includes(`!${file}`))).toEqual([]);
  });

  it('and the images of docker-compose.yml are pinned to a version', () => {
    const images = [
      ...readTreeFile('Dockerfile').matchAll(/^FROM (\S+)/gm),
      ...readTreeFile('docker-compose.yml').matchAll(/image: (\S+)/g),
      ...readTreeFile('docker-compose.valkey.yml').matchAll(/image: (\S+)/g),
    ];
    expect(images.map((match) => match[1]!).filter((image) => !PINNED_TAG.test(image))).toEqual([]);
  });
});
