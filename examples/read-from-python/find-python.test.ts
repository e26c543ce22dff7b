import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canFetchPackages } from '@barkeep/local-system';
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

(canFetchPackages() ? describe : describe.skip)('when no python3 on PATH has the modules', () => {
  const find = (env: NodeJS.ProcessEnv) => findPython(['absent'], env, () => undefined);

  /** An environment whose apt-get fetches a package with a `usr/bin/python3` that succeeds or fails as {@link program} says. */
  function environment(succeeds: boolean): NodeJS.ProcessEnv {
    const fetched = program('fetched', succeeds);
    const [tools, cache] = [join(folder, 'tools'), join(folder, 'cache')];
    for (const created of [tools, cache]) mkdirSync(created);
    const tool = (name: string, script: string) =>
      writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    tool('apt-get', 'for o; do case $o in Dir::Cache::archives=*) touch "${o#*=}/package.deb" ;; esac; done');
    tool('dpkg-deb', `mkdir -p "$3/usr/bin" && cp ${fetched} "$3/usr/bin"`); // called as dpkg-deb -x FILE FOLDER
    return { PATH: `${tools}:/usr/bin:/bin`, XDG_CACHE_HOME: cache };
  }

  test('uses one that is fetched, and keeps it', () => {
    const env = environment(true);
    const { path } = find(env);
    expect(path).toContain(join(folder, 'cache'));
    expect(find({ ...env, PATH: '' }).path).toBe(path);
  });

  test('says where a fetched one that lacks them came from', () => {
    expect(() => find(environment(false))).toThrow(
      /\n {2}- apt-get, packages python3-absent: \S+\/usr\/bin\/python3: expected/,
    );
  });
});
