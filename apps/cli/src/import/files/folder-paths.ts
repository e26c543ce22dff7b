/** Lists the files in a folder and in the folders below it. Follows symbolic links. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { expecting } from '../../terminal/index.js';
import { isHidden } from './file-names.js';

interface Folder {
  path: string;
  /** Its path with all links resolved: a folder that two paths lead to has one real path. */
  realPath: string;
  /** How many levels of folders to read: 1 reads this folder alone, 2 its subfolders too. */
  levels: number;
}

/**
 * The paths of all files in a folder and its subfolders. Hidden files and folders are left out.
 *
 * Each folder is read once. When a subfolder is also the target of a link, its files have the path without the link: all subfolders are
 * read before links are followed. A link to a folder that contains the link, or that contains `folder`, is not followed.
 * @param levels see `Folder.levels` @throws CliError for a folder that cannot be read
 */
export async function pathsIn(folder: string, levels: number): Promise<string[]> {
  const root = await realpath(folder).catch(() => folder);
  const paths: string[] = [];
  const subfolders: Folder[] = [{ path: folder, realPath: root, levels }];
  const linkedFolders: Folder[] = [];
  const readPaths = new Set<string>(); // the real paths of the folders that were read
  for (let next = subfolders.shift(); next !== undefined; next = subfolders.shift() ?? linkedFolders.shift()) {
    const { path, realPath } = next;
    if (next.levels < 1 || readPaths.has(realPath)) continue;
    readPaths.add(realPath);
    const read = () => readdir(path, { withFileTypes: true });
    for (const entry of await expecting(`expected to read the folder ${path}`, read)) {
      if (isHidden(entry.name)) continue;
      const inner = { path: join(path, entry.name), realPath: join(realPath, entry.name), levels: next.levels - 1 };
      const target = entry.isSymbolicLink() ? await linkedFolder(inner.path) : undefined;
      if (entry.isDirectory()) subfolders.push(inner);
      else if (target === undefined) paths.push(inner.path);
      else if (!contains(target, root) && !contains(target, realPath))
        linkedFolders.push({ ...inner, realPath: target });
    }
  }
  return paths;
}

/** The real path of the folder that a link leads to; undefined when the link leads to a file or to nothing. */
async function linkedFolder(link: string): Promise<string | undefined> {
  const info = await stat(link).catch(() => undefined);
  return info?.isDirectory() ? realpath(link).catch(() => undefined) : undefined;
}

/** True when `path` is in the folder, and for the folder itself. */
function contains(folder: string, path: string): boolean {
  return relative(folder, path).split(sep)[0] !== '..';
}
