/**
 * Builds the files of the console into apps/console/dist/site, from which the coordinator serves them. Runs after the
 * compiler. Bundles the console's modules and libraries into one script, with the charts in a second one, and adds the page
 * and the style. A page of 58 modules instead of one script took 1.5 to 1.9 times as long to show its content. The browser
 * gets every file from the coordinator, so no request leaves the machine.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const CONSOLE = join(ROOT, 'apps/console');
const BUILT = join(CONSOLE, 'dist');
const SITE = join(BUILT, 'site');
const SCRIPTS = join(SITE, 'scripts');

/** Copies the static files, and bundles the scripts when they are older than their sources. */
export function makeConsoleFiles() {
  cpSync(join(CONSOLE, 'static'), SITE, { recursive: true });
  if (!isBundled()) bundle();
}

/** True when the bundled script is not older than any module or the last installation of libraries. */
function isBundled() {
  const bundled = join(SCRIPTS, 'main.js');
  if (!existsSync(bundled)) return false;
  const isModule = (file) => file.endsWith('.js') && !file.startsWith('site'); // `site` is the output
  const modules = readdirSync(BUILT, { recursive: true }).filter(isModule);
  const npmRecord = join(MODULES, '.package-lock.json'); // npm writes it at each installation
  const sources = [...modules.map((file) => join(BUILT, file)), npmRecord];
  return sources.every((file) => statSync(file).mtimeMs <= statSync(bundled).mtimeMs);
}

/** Bundles into a new folder and renames it, so that a full disk or Ctrl-C leaves no incomplete one. */
function bundle() {
  const fresh = `${SCRIPTS}.new`;
  for (const folder of [fresh, SCRIPTS]) rmSync(folder, { recursive: true, force: true });
  const options = ['--dir', fresh, '--format', 'esm', '--minify', '--chunk-file-names', '[name].js'];
  const bundler = join(MODULES, 'rolldown/bin/cli.mjs');
  execFileSync(process.execPath, [bundler, join(BUILT, 'main.js'), ...options], { stdio: 'pipe' });
  renameSync(fresh, SCRIPTS);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeConsoleFiles();
