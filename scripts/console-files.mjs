/**
 * Completes the console after the compiler: joins its modules and the browser modules of the libraries that it uses to one
 * script, with the charts in a second one, and puts them with its page and its style into apps/console/dist/site, which the
 * coordinator serves. One script, because a page of 58 modules took 1.5 to 1.9 times as long to show its content. The browser gets every
 * file from there, so no request leaves the machine.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CONSOLE = join(ROOT, 'apps/console');
const BUILT = join(CONSOLE, 'dist');
const VENDOR = join(BUILT, 'vendor');
const SITE = join(BUILT, 'site');
const SCRIPTS = join(SITE, 'scripts');
const BUNDLER = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');
/** Where each library has the module for browsers, and the name that the console imports it by. */
const MODULES = {
  'preact.js': 'preact/dist/preact.mjs',
  'hooks.js': 'preact/hooks/dist/hooks.mjs',
  'htm.js': 'htm/dist/htm.module.js',
  'charts/index.js': 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
};

/** Copies and joins what is older than its source; cheap when there is nothing to do. */
export function makeConsoleFiles() {
  mkdirSync(join(VENDOR, 'charts'), { recursive: true });
  cpSync(join(CONSOLE, 'static'), SITE, { recursive: true });
  for (const [name, source] of Object.entries(MODULES)) copyModule(join(ROOT, 'node_modules', source), name);
  if (!isJoined()) joinScripts();
}

/** A browser cannot resolve package names, so the import of preact becomes an import of the file in the same folder. */
function copyModule(source, name) {
  const target = join(VENDOR, name);
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) return;
  if (name !== 'hooks.js') copyFileSync(source, target);
  else writeFileSync(target, readFileSync(source, 'utf8').replace(/from\s*"preact"/, 'from"./preact.js"'));
}

/** Whether the scripts are as new as every module. */
function isJoined() {
  const joined = join(SCRIPTS, 'main.js');
  if (!existsSync(joined)) return false;
  const isOwn = (file) => file.endsWith('.js') && !file.startsWith('site');
  const modules = readdirSync(BUILT, { recursive: true }).filter(isOwn);
  return modules.every((file) => statSync(join(BUILT, file)).mtimeMs <= statSync(joined).mtimeMs);
}

function joinScripts() {
  rmSync(SCRIPTS, { recursive: true, force: true });
  const options = ['--dir', SCRIPTS, '--format', 'esm', '--minify', '--chunk-file-names', '[name].js'];
  execFileSync(process.execPath, [BUNDLER, join(BUILT, 'main.js'), ...options], { stdio: 'pipe' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeConsoleFiles();
