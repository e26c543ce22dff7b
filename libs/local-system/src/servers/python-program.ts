/**
 * Finds a Python 3 that has certain modules: the one that is named, on PATH, else the system's with modules from the
 * system's packages.
 *
 * Guarantees: a Python that is returned has imported every module once. Nothing is installed; modules that had to be
 * fetched lie in a private cache, which appears whole or not at all. Throws `PythonMissingError` with a remedy.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PythonMissingError } from './errors.js';
import { cacheFolder } from './folders.js';
import { canFetchPackages, fetchPackages, systemName, unpackedEnvironment } from './system-packages.js';

/** A program and the environment it runs in. */
export interface PythonProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Only the system's own Python fits the system's packages. */
const systemPython = '/usr/bin/python3';
/** The first import compiles the modules; on a busy machine that takes seconds. */
const importLimitMs = 60_000;

/** Why the program cannot be used; `undefined` when it can. */
function flaw({ path, env }: PythonProgram, modules: readonly string[]): string | undefined {
  const options = { env, encoding: 'utf8', timeout: importLimitMs } as const;
  const done = spawnSync(
    path,
    ['-c', `import sys, ${modules.join(', ')}; sys.exit(sys.version_info < (3, 9))`],
    options,
  );
  if (done.status === 0) return undefined;
  const said = (done.stderr ?? '').trim().split('\n').at(-1);
  return `${path}: ${done.error?.message ?? (said || 'expected Python 3.9 or later, was an older one')}`;
}

/** `$PYTHON`, then every `python3` on PATH. */
function present(env: NodeJS.ProcessEnv): PythonProgram[] {
  const named = env['PYTHON'] ? [env['PYTHON']] : [];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.map((folder) => join(folder, 'python3')).filter((path) => existsSync(path));
  return [...named, ...onPath].map((path) => ({ path, env }));
}

/** The system's Python, or the one that came along because there was none, with the modules unpacked below `root`. */
function unpackedIn(root: string, env: NodeJS.ProcessEnv): PythonProgram {
  const own = join(root, 'usr/bin/python3');
  const modules = [join(root, 'usr/lib/python3/dist-packages'), env['PYTHONPATH'] ?? ''].filter((path) => path !== '');
  return {
    path: existsSync(own) ? own : systemPython,
    env: { ...unpackedEnvironment(root, env), PYTHONPATH: modules.join(delimiter) },
  };
}

function fromPackages(
  modules: readonly string[],
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  tried: string[],
): PythonProgram | undefined {
  const target = join(cacheFolder(env), `python-${modules.join('-')}-${systemName()}`);
  if (existsSync(target)) {
    const cached = unpackedIn(target, env);
    if (flaw(cached, modules) === undefined) return cached;
    rmSync(target, { recursive: true, force: true });
  }
  const packages = modules.map(packageName);
  log(
    `no python3 with ${modules.join(' and ')}: downloading ${packages.join(', ')} into ${target} (nothing is installed)`,
  );
  const failure = fetchPackages(packages, target, env);
  const fetched = failure === undefined ? unpackedIn(target, env) : undefined;
  const why = fetched === undefined ? failure : flaw(fetched, modules);
  if (why === undefined) return fetched;
  tried.push(`apt-get, packages ${packages.join(', ')}: ${why}`);
  rmSync(target, { recursive: true, force: true });
  return undefined;
}

/** What Debian and its kin name the package of a module. */
function packageName(module: string): string {
  return `python3-${module}`;
}

/**
 * The Python to use for a script that imports `modules`, e.g. `['redis', 'numpy']`. Takes some seconds the first time,
 * when packages must be fetched; `log` then gets one line. Throws `PythonMissingError`.
 */
export function findPython(
  modules: readonly string[],
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): PythonProgram {
  const tried: string[] = [];
  for (const program of present(env)) {
    const why = flaw(program, modules);
    if (why === undefined) return program;
    tried.push(why);
  }
  if (tried.length === 0) tried.push('python3: not on PATH');
  const fetched = canFetchPackages() ? fromPackages(modules, env, log, tried) : undefined;
  if (fetched !== undefined) return fetched;
  const packages = modules.map(packageName).join(' ');
  const remedy =
    `Install them (Debian, Ubuntu: apt-get install python3 ${packages}; elsewhere: ` +
    `python3 -m pip install ${modules.join(' ')}), or set PYTHON to a Python 3 that has them.`;
  throw new PythonMissingError(modules, tried, remedy);
}
