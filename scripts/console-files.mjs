/**
 * Completes the console after the compiler: copies its page, its style and the browser modules of the libraries that it uses
 * into apps/console/dist, which the coordinator serves. The browser gets every file from there, so no request leaves the machine.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CONSOLE = join(ROOT, 'apps/console');
const VENDOR = join(CONSOLE, 'dist/vendor');
/** Where each library has the module for browsers, and the name that the console imports it by. */
const MODULES = {
  'preact.js': 'preact/dist/preact.mjs',
  'hooks.js': 'preact/hooks/dist/hooks.mjs',
  'htm.js': 'htm/dist/htm.module.js',
  'charts/index.js': 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
};

/** Copies what is older than its source; cheap when there is nothing to do. */
export function copyConsoleFiles() {
  mkdirSync(join(VENDOR, 'charts'), { recursive: true });
  cpSync(join(CONSOLE, 'static'), join(CONSOLE, 'dist'), { recursive: true });
  for (const [name, source] of Object.entries(MODULES)) copyModule(join(ROOT, 'node_modules', source), name);
}

/** A browser cannot resolve package names, so the import of preact becomes an import of the file in the same folder. */
function copyModule(source, name) {
  const target = join(VENDOR, name);
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) return;
  if (name !== 'hooks.js') copyFileSync(source, target);
  else writeFileSync(target, readFileSync(source, 'utf8').replace(/from\s*"preact"/, 'from"./preact.js"'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) copyConsoleFiles();
