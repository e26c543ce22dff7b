/**
 * Finds a Python 3 that can import certain modules. Tries `$PYTHON`, then each `python3` on the PATH, then the system's Python with
 * modules from the system's packages, which are unpacked into a private cache folder: nothing is installed.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, rmSync } = require('node:fs');
const path = require('node:path');
const { systemPackages } = require('@barkeep/local-system');

/** The Python for which the system's packages are built. */
const SYSTEM_PYTHON = '/usr/bin/python3';
/** The first import compiles the modules, which takes seconds on a busy machine. */
const IMPORT_LIMIT_MS = 60_000;

/** Why a program cannot import the modules; undefined when it can. */
function whyUnusable({ path: program, env }, modules) {
  const script = `import sys, ${modules.join(', ')}; sys.exit(sys.version_info < (3, 9))`;
  const result = spawnSync(program, ['-c', script], { env, encoding: 'utf8', timeout: IMPORT_LIMIT_MS });
  if (result.status === 0) return undefined;
  const lastLine = (result.stderr ?? '').trim().split('\n').at(-1);
  return `${program}: ${result.error?.message ?? (lastLine || 'expected Python 3.9 or later, was an older one')}`;
}

/** `$PYTHON`, then every `python3` on the PATH. */
function installedPythons(env) {
  const named = env.PYTHON ? [env.PYTHON] : [];
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const onPath = folders.map((folder) => path.join(folder, 'python3')).filter((file) => existsSync(file));
  return [...named, ...onPath].map((file) => ({ path: file, env }));
}

/** The Python below `root`, where packages are unpacked, else the system's; with the modules of these packages. */
function unpackedPython(root, env) {
  const fetched = path.join(root, 'usr/bin/python3');
  const modules = [path.join(root, 'usr/lib/python3/dist-packages'), env.PYTHONPATH ?? ''].filter(
    (folder) => folder !== '',
  );
  return {
    path: existsSync(fetched) ? fetched : SYSTEM_PYTHON,
    env: { ...systemPackages.environmentOf(root, env), PYTHONPATH: modules.join(path.delimiter) },
  };
}

/** A Python with modules from the cache or from the system's packages, or why there is none. */
function fetchedPython(modules, env, log) {
  const target = systemPackages.cachePath(`python-${modules.join('-')}`, env);
  if (existsSync(target)) {
    const cached = unpackedPython(target, env);
    if (whyUnusable(cached, modules) === undefined) return cached;
    rmSync(target, { recursive: true, force: true });
  }
  const packages = modules.map((module) => `python3-${module}`);
  log(
    `no python3 with ${modules.join(' and ')}: downloading ${packages.join(', ')} into ${target} (nothing is installed)`,
  );
  const failure = systemPackages.fetch(packages, target, env);
  const fetched = unpackedPython(target, env);
  const why = failure ?? whyUnusable(fetched, modules);
  if (why === undefined) return fetched;
  rmSync(target, { recursive: true, force: true });
  return `apt-get, packages ${packages.join(', ')}: ${why}`;
}

/** Its types and documentation are in find-python.d.cts. */
function findPython(modules, env, log) {
  const tried = [];
  for (const program of installedPythons(env)) {
    const why = whyUnusable(program, modules);
    if (why === undefined) return program;
    tried.push(why);
  }
  if (tried.length === 0) tried.push('python3: not on PATH');
  const fetched = systemPackages.canFetch() ? fetchedPython(modules, env, log) : undefined;
  if (typeof fetched === 'object') return fetched;
  if (fetched !== undefined) tried.push(fetched);
  const packages = modules.map((module) => `python3-${module}`).join(' ');
  throw new Error(
    `expected a python3 with ${modules.join(' and ')}, was: none found\n${tried.map((line) => `  - ${line}\n`).join('')}` +
      `Install them (Debian, Ubuntu: apt-get install python3 ${packages}; elsewhere: python3 -m pip install ` +
      `${modules.join(' ')}), or set PYTHON to a Python 3 that has them.`,
  );
}

module.exports = { findPython };
