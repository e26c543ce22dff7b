/**
 * Finds the files that an import names: files, folders (searched to any depth) and glob patterns.
 * In folders and patterns it skips files that hold no bars, such as a licence. A file that the user names is always read.
 * The order is that of the names, so that the same import always reads in the same order.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { CliError } from '../../terminal/index.js';
import { isDataName, isHidden, isLeanName } from './data-names.js';
import { globPattern } from './glob.js';

export interface InputFile {
  /** Absolute. */
  path: string;
  bytes: number;
}

const MAGIC = /[*?[\]{}]/;

/** @throws CliError for a name that is no file or folder, and for a folder or pattern without a fitting file */
export async function inputFiles(names: readonly string[], onlyLean: boolean): Promise<InputFile[]> {
  const found = new Map<string, InputFile>();
  for (const name of names) {
    const files = await filesOf(name, onlyLean ? isLeanName : isDataName);
    if (files.length === 0) throw new CliError(`expected ${onlyLean ? 'lean' : 'data'} files in "${name}", was none`);
    for (const file of files) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesOf(name: string, fits: (path: string) => boolean): Promise<InputFile[]> {
  const path = resolve(name);
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return [{ path, bytes: info.size }];
  if (info?.isDirectory()) return walk(path, fits);
  if (!MAGIC.test(name))
    throw new CliError(`expected a file, a folder or a pattern, was "${name}": there is no such file`);
  const pattern = globPattern(path);
  return walk(globRoot(path), (file) => pattern.test(file) && fits(file));
}

async function walk(folder: string, wanted: (path: string) => boolean): Promise<InputFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const slashed = (path: string): string => path.split(sep).join('/');
  const files = await Promise.all(
    paths
      .filter((path) => !isHidden(slashed(relative(folder, path))) && wanted(slashed(path)))
      .map(async (path) => {
        const info = await stat(path);
        return info.isFile() ? [{ path, bytes: info.size }] : [];
      }),
  );
  return files.flat();
}

/** The part of a pattern before its first wildcard. */
function globRoot(pattern: string): string {
  const parts = pattern.split(sep);
  const magic = parts.findIndex((part) => MAGIC.test(part));
  return parts.slice(0, magic).join(sep) || sep;
}
