import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from './find-python.cjs';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-python-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a program `NAME/python3` that exits 0 or 1 whatever it is asked, as if it had or lacked the modules. @returns its path */
function program(name: string, succeeds: boolean): string {
  const path = join(folder, name, 'python3');
  mkdirSync(join(folder, name));
  writeFileSync(path, `#!/bin/sh\nexit ${succeeds ? 0 : 1}\n`, { mode: 0o755 });
  return path;
}

/** The path of the Python that is found. Fails when packages would be fetched. */
function found(env: NodeJS.ProcessEnv): string {
  const log = (line: string) => {
    throw new Error(`expected nothing to be fetched, was: ${line}`);
  };
  return findPython(['redis', 'numpy'], env, log).path;
}

/** A PATH of these folders, in this order. */
const pathOf = (...names: string[]) => names.map((name) => join(folder, name)).join(':');

test('uses the first python3 on PATH that has the modules', () => {
  program('bare', false);
  const first = program('first', true);
  program('second', true);
  expect(found({ PATH: pathOf('missing', 'bare', 'first', 'second') })).toBe(first);
});

test('prefers $PYTHON, unless it lacks the modules', () => {
  const [bare, onPath, named] = [program('bare', false), program('on-path', true), program('named', true)];
  const PATH = pathOf('on-path');
  expect(found({ PATH, PYTHON: named })).toBe(named);
  expect(found({ PATH, PYTHON: bare })).toBe(onPath);
});
