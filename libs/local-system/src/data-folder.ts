/**
 * Finds the folder for the data of embedded servers: `.barkeep/up` in the current project. Does not read the environment.
 */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** The nearest folder upwards that has a package.json or a .barkeep, or else `cwd` itself. */
export function projectFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.barkeep')) || existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return resolve(cwd);
  }
}

/** The folder of one use (`up`, `demo`) of the embedded servers. @param dataDir BARKEEP_DATA_DIR, by default `.barkeep` */
export function dataFolder(cwd: string, dataDir: string, use: string): string {
  return join(isAbsolute(dataDir) ? dataDir : join(projectFolder(cwd), dataDir), use);
}
