/** Finds the folder for embedded servers' data, such as `.barkeep/up`, and the files of child processes. Does not read the environment. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** The nearest folder from `cwd` upwards that has a package.json or a .barkeep; `cwd` itself when there is none. */
function projectFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.barkeep')) || existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return resolve(cwd);
  }
}

/** The folder of one use (`up`, `demo`) of embedded servers. @param dataDir BARKEEP_DATA_DIR; if relative, in the project around `cwd` */
export function dataFolder(cwd: string, dataDir: string, use: string): string {
  return join(isAbsolute(dataDir) ? dataDir : join(projectFolder(cwd), dataDir), use);
}

/** Built files in the repository, relative to this file. In the published package they are in the same folder as this file. */
const IN_REPOSITORY = {
  coordinator: '../../../apps/coordinator/dist/main.js',
  'upkeep-worker': '../../../apps/upkeep-worker/dist/main.js',
  'end-with-parent': '../bin/end-with-parent.js',
  'remote-repository': '../../local-run/dist/remote-repository.js',
};

/** The absolute path of a built program, or of a module that programs load; the file may be missing when nothing was built. */
export function programFile(name: keyof typeof IN_REPOSITORY): string {
  const published = join(__dirname, `${name}.js`);
  return existsSync(published) ? published : join(__dirname, IN_REPOSITORY[name]);
}
