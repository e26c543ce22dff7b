/**
 * Finds a Python 3 that can import given modules. Tries `$PYTHON`, then each `python3` on the PATH. Then tries a Python with modules from
 * packages of the operating system, which are unpacked into a private cache folder: nothing is installed.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, rmSync } = require('node:fs');
const path = require('node:path');
const {
  cacheFolder,
  canFetchPackages,
  fetchPackages,
  packageFolder,
  unpackedEnvironment,
} = require('@barkeep/local-system');

/** The Python for which the system's packages are built. */
const SYSTEM_PYTHON = '/usr/bin/python3';
/** How long a program may take to import the modules, ms. The first import compiles them, which takes seconds on a busy machine. */
const IMPORT_LIMIT_MS = 60_000;

/** Why a program cannot import the modules or is too old; undefined when it can be used. The reason begins with `name`. */
function whyUnusable({ path: program, env, name = program }, modules) {
  const script = `import sys, ${modules.join(', ')}; sys.exit(sys.version_info < (3, 9))`; // exit(True) is status 1
  const result = spawnSync(program, ['-c', script], { env, encoding: 'utf8', timeout: IMPORT_LIMIT_MS });
  if (result.status === 0) return undefined;
  const lastLine = (result.stderr ?? '').trim().split('\n').at(-1);
  return `${name}: ${result.error?.message ?? (lastLine || 'expected Python 3.9 or later, was an older one')}`;
}

/** `$PYTHON`, then every `python3` on the PATH. */
function installedPythons(env) {
  const named = env.PYTHON ? [env.PYTHON] : [];
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const onPath = folders.map((folder) => path.join(folder, 'python3')).filter((file) => existsSync(file));
  return [...named, ...onPath].map((file) => ({ path: file, env }));
}

/** The Python of the packages that are unpacked below `root`, or the system's Python if they have none; with their modules. */
function unpackedPython(root, env) {
  const fetched = path.join(root, 'usr/bin/python3');
  const moduleFolders = [path.join(root, 'usr/lib/python3/dist-packages'), env.PYTHONPATH ?? ''].filter(Boolean);
  return {
    path: existsSync(fetched) ? fetched : SYSTEM_PYTHON,
    env: { ...unpackedEnvironment(root, env), PYTHONPATH: moduleFolders.join(path.delimiter) },
  };
}

/** The programs to try, the preferred one first. Fetches packages only when the programs before them are refused. */
function* candidates(modules, env, log, tried) {
  yield* installedPythons(env);
  if (tried.length === 0) tried.push('python3: not on PATH');
  if (!canFetchPackages()) return;
  const root = packageFolder(`python-${modules.join('-')}`, cacheFolder(env));
  if (existsSync(root)) yield unpackedPython(root, env);
  rmSync(root, { recursive: true, force: true });
  const packages = modules.map((module) => `python3-${module}`);
  log(
    `no python3 with ${modules.join(' and ')}: downloading ${packages.join(', ')} into ${root} (nothing is installed)`,
  );
  const source = `apt-get, packages ${packages.join(', ')}`;
  const failure = fetchPackages(packages, root, env);
  const python = unpackedPython(root, env);
  if (failure === undefined) yield { ...python, name: `${source}: ${python.path}` };
  else tried.push(`${source}: ${failure}`);
  rmSync(root, { recursive: true, force: true });
}

// Types and documentation are in find-python.d.cts.
function findPython(modules, env, log) {
  const tried = [];
  for (const program of candidates(modules, env, log, tried)) {
    const why = whyUnusable(program, modules);
    if (why === undefined) return program;
    tried.push(why);
  }
  const packages = modules.map((module) => `python3-${module}`).join(' ');
  throw new Error(
    `expected a python3 with ${modules.join(' and ')}, was: none found\n${tried.map((line) => `  - ${line}\n`).join('')}` +
      `Install them (Debian, Ubuntu: apt-get install python3 ${packages}; elsewhere: python3 -m pip install ` +
      `${modules.join(' ')}), or set PYTHON to a Python 3 that has them.`,
  );
}

module.exports = { findPython };
