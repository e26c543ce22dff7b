/**
 * Finds the files that child processes run. The published package has all of them in one folder; in the repository each is in
 * the package that it belongs to.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const IN_REPOSITORY = {
  coordinator: '../../../apps/coordinator/dist/main.js',
  'upkeep-worker': '../../../apps/upkeep-worker/dist/main.js',
  'end-with-parent': '../bin/end-with-parent.js',
  'remote-repository': '../../local-run/dist/remote-repository.js',
};

/** The absolute path of a built program, or of a module that programs load; the file may be missing when nothing was built. */
export function programFile(name: keyof typeof IN_REPOSITORY): string {
  const packed = join(__dirname, `${name}.js`);
  return existsSync(packed) ? packed : join(__dirname, IN_REPOSITORY[name]);
}
