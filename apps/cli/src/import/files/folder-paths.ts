/** Lists the files in a folder and in the folders below it. Follows symbolic links. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { expecting } from '../../terminal/index.js';
import { isHidden } from './file-names.js';
import type { GlobSearch } from './globs.js';

/** A folder is read by at most this many paths for a pattern: links that lead in circles give it very many. */
const PATTERN_PATHS_MAX = 16;

interface Folder {
  path: string;
  /** Its path with all links resolved: a folder that two paths lead to has one real path. */
  realPath: string;
  /** The real paths of the root, and of each folder with a link on the way from there. */
  via: readonly string[];
}

/**
 * The paths of the files in a folder and its subfolders. Hidden files and folders are left out.
 *
 * Each file has one path. When links lead to its folder, too, that is the first path that fits: first the one without links, then the
 * one through the fewest folders. A link to a folder that contains the link, or a folder on the way to it, is not followed.
 * @param search with it, only the files of a pattern. Each folder is then read by several paths, because only one of them may fit
 * @throws CliError for a folder that cannot be read
 */
export async function pathsIn(folder: string, search?: GlobSearch): Promise<string[]> {
  const readsMax = search === undefined ? 1 : PATTERN_PATHS_MAX;
  const root = await realpath(folder).catch(() => folder);
  const pathsByRealPath = new Map<string, string>();
  const subfolders: Folder[] = [{ path: folder, realPath: root, via: [root] }];
  const linkedFolders: Folder[] = []; // read after all subfolders
  const readCounts = new Map<string, number>(); // by real path
  for (let next = subfolders.shift(); next !== undefined; next = subfolders.shift() ?? linkedFolders.shift()) {
    const { path, realPath, via } = next;
    const readCount = readCounts.get(realPath) ?? 0;
    if (readCount >= readsMax) continue;
    readCounts.set(realPath, readCount + 1);
    const read = () => readdir(path, { withFileTypes: true });
    for (const entry of await expecting(`expected to read the folder ${path}`, read)) {
      if (isHidden(entry.name)) continue;
      const inner = { path: join(path, entry.name), realPath: join(realPath, entry.name), via };
      const target = entry.isSymbolicLink() ? await linkedFolder(inner.path) : undefined;
      if (entry.isDirectory() || target !== undefined) {
        if (search?.mayLead(inner.path) === false) continue;
        const onTheWay = [...via, realPath];
        if (target === undefined) subfolders.push(inner);
        else if (!onTheWay.some((passed) => contains(target, passed)))
          linkedFolders.push({ ...inner, realPath: target, via: onTheWay });
      } else if (!pathsByRealPath.has(inner.realPath) && search?.files.test(inner.path) !== false)
        pathsByRealPath.set(inner.realPath, inner.path);
    }
  }
  return [...pathsByRealPath.values()];
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
