import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from './find-python.cjs';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-python-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A program `NAME/python3` that succeeds or fails with every script. @returns its path */
function program(name: string, succeeds: boolean): string {
  const path = join(folder, name, 'python3');
  mkdirSync(join(folder, name));
  writeFileSync(path, `#!/bin/sh\nexit ${succeeds ? 0 : 1}\n`, { mode: 0o755 });
  return path;
}

function found(env: NodeJS.ProcessEnv): string {
  const log = (line: string) => {
    throw new Error(`expected nothing to be fetched, was: ${line}`);
  };
  return findPython(['redis', 'numpy'], env, log).path;
}

test('uses the first python3 on PATH that has the modules', () => {
  const [bare, first, second] = [program('bare', false), program('first', true), program('second', true)];
  const PATH = ['missing', 'bare', 'first', 'second'].map((name) => join(folder, name)).join(':');
  expect(found({ PATH })).toBe(first);
  expect(found({ PATH, PYTHON: second })).toBe(second);
  expect(found({ PATH, PYTHON: bare })).toBe(first);
});
