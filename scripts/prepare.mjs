/**
 * Makes a checkout ready to run: installs what package-lock.json names when it is not installed, then builds. Cheap when
 * there is nothing to do. Needs only Node and npm. Of two processes that prepare at once, the second waits for the first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeConsoleFiles } from './console-files.mjs';
import { withLock } from './folder-lock.mjs';
import { writeLuaTexts } from './lua-texts.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
/** Not in node_modules, because npm ci removes that folder. */
const LOCK = join(ROOT, '.barkeep', 'prepare.lock');
/** At most this many lines of a failed program's output are shown, from its start, where the cause is. */
const SHOWN_LINES_MAX = 40;

/** Installs and builds what is out of date. @throws Error when npm or the compiler fails, or on an old version of Node */
export async function prepare() {
  checkNode();
  await withLock(LOCK, () => {
    if (!isInstalled()) install();
    build();
  });
}

/** Makes the checkout ready, then does the work of a script. A failure is one line on stderr, and exit code 1. */
export async function runPrepared(name, work) {
  try {
    await prepare();
    await work();
  } catch (error) {
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`expected Node 20.19 or later, was ${process.versions.node}`);
}

/** True when npm's record of its last installation has every version that package-lock.json names. */
function isInstalled() {
  const record = join(MODULES, '.package-lock.json');
  if (!existsSync(record) || !existsSync(join(MODULES, 'typescript/package.json'))) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(([place, wanted]) => {
    const isOurs = place === '' || wanted.link; // the checkout itself, or a workspace package
    const mayBeMissing = wanted.optional || wanted.devOptional;
    return isOurs || mayBeMissing || installed[place]?.version === wanted.version;
  });
}

function install() {
  process.stderr.write('installing dependencies (npm ci)\n');
  // The compiler is a development dependency, which npm leaves out when NODE_ENV is production.
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

function build() {
  writeLuaTexts();
  run(process.execPath, [join(MODULES, '@typescript/native/bin/tsc'), '-b']);
  makeConsoleFiles();
}

/** Runs a program quietly; shows its output when it fails. */
function run(program, args) {
  const shell = process.platform === 'win32';
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    shell,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  const output = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n');
  process.stderr.write(`${output.slice(0, SHOWN_LINES_MAX).join('\n')}\n`);
  const reason = error?.message ?? `exit code ${status}`;
  throw new Error(`expected "${[program, ...args].join(' ')}" to succeed, was ${reason}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void runPrepared('prepare', () => undefined);
