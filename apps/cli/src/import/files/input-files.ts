/**
 * Finds the files that an import names: files, folders (searched to any depth) and glob patterns.
 * In folders and patterns it skips names that are not those of data, such as a licence. A file that the user names is
 * always read. Files are sorted by path, so that the same import always reads them in the same order.
 */
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { CliError } from '../../terminal/index.js';
import { isDataName, isLeanName } from './file-names.js';
import { pathsIn } from './folder-paths.js';
import { type GlobSearch, globSearch, isGlob } from './globs.js';

export interface InputFile {
  /** Absolute. */
  path: string;
  /** Size of the file on disk. */
  bytes: number;
}

/**
 * The files that the names stand for, each once, in the order of their paths. @param onlyLean true for Lean's files only
 * @throws CliError for a name that is no file or folder, for a folder or pattern without a fitting file, and for a wrong pattern
 */
export async function inputFiles(names: readonly string[], onlyLean: boolean): Promise<InputFile[]> {
  const byPath = new Map<string, InputFile>();
  for (const name of names) {
    const files = await filesOf(name, onlyLean ? isLeanName : isDataName);
    if (files.length === 0) throw new CliError(`expected ${onlyLean ? 'lean' : 'data'} files in "${name}", was none`);
    for (const file of files) byPath.set(file.path, file);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files of one name: a file, a folder or a glob pattern. @param fits filters the files of folders and patterns */
async function filesOf(name: string, fits: (path: string) => boolean): Promise<InputFile[]> {
  const path = resolve(name);
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return [{ path, bytes: info.size }];
  if (info?.isDirectory()) return walk(path, fits);
  if (info !== undefined)
    throw new CliError(
      `expected a file that can be read more than once, was "${name}", a pipe or a device: save it first`,
    );
  if (!isGlob(name))
    throw new CliError(`expected a file, a folder or a glob pattern, was "${name}": there is no such file`);
  const search = globSearch(name);
  return walk(search.root, fits, search);
}

/** The fitting files of a folder and of the folders in it. @throws CliError for a folder that cannot be read */
async function walk(folder: string, fits: (path: string) => boolean, search?: GlobSearch): Promise<InputFile[]> {
  const paths = await pathsIn(folder, search);
  const slashed = (path: string): string => path.split(sep).join('/');
  const files = await Promise.all(
    paths
      .filter((path) => fits(slashed(path)))
      .map(async (path) => {
        const info = await stat(path).catch(() => undefined);
        // Keeps a file without `info`, such as a link to nothing: the import refuses it and names it.
        const isOther = info !== undefined && !info.isFile();
        return isOther ? [] : [{ path, bytes: info?.size ?? 0 }];
      }),
  );
  return files.flat();
}
