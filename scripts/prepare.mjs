/**
 * Makes a checkout ready to run: installs what package-lock.json names when it is not installed, then builds. Cheap when
 * there is nothing to do. Needs only Node and npm. Of two processes that prepare at once, the second waits for the first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeConsoleFiles } from './console-files.mjs';
import { writeLuaTexts } from './lua-texts.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
/** Not in node_modules, because npm ci removes that folder. */
const LOCK = join(ROOT, '.barkeep', 'prepare.lock');
/** At most this many lines of a failed program's output are shown, from its start, where the cause is. */
const SHOWN_LINES_MAX = 40;
const LOCK_CHECK_MS = 200;
/** How long to wait for another process that prepares. */
const LOCK_LIMIT_MS = 15 * 60_000;

/** Installs and builds what is out of date. @throws Error when npm or the compiler fails, or on an old version of Node */
export async function prepare() {
  checkNode();
  await withLock(() => {
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

/** Runs `work` while no other process prepares: only one can have the folder {@link LOCK}. */
async function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  const deadline = Date.now() + LOCK_LIMIT_MS;
  while (!takeLock()) {
    if (Date.now() > deadline)
      throw new Error(`expected the lock ${LOCK} to become free; remove it when no other process prepares`);
    await delay(LOCK_CHECK_MS);
  }
  const release = () => rmSync(LOCK, { recursive: true, force: true });
  process.once('exit', release);
  try {
    work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

/** True when this process got the lock. Otherwise removes the lock if its owner is gone, so that the next call can get it. */
function takeLock() {
  const mine = mkdtempSync(`${LOCK}.`);
  writeFileSync(join(mine, 'pid'), String(process.pid));
  try {
    renameSync(mine, LOCK); // fails when another process has the lock, because that folder is not empty
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true });
    if (!existsSync(LOCK)) return false; // it has just been released
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
    if (isOwnerGone()) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

function isOwnerGone() {
  try {
    const owner = Number(readFileSync(join(LOCK, 'pid'), 'utf8'));
    if (owner === process.pid) return true; // in a container the next run often has the same id
    process.kill(owner, 0); // signal 0 only checks whether the process exists
    return false;
  } catch (error) {
    return error.code === 'ESRCH'; // ENOENT: the lock has just been released
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void runPrepared('prepare', () => undefined);
