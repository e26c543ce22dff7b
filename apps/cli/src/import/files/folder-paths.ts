/** Lists the files in a folder, to any depth, also behind symbolic links. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { expecting } from '../../terminal/index.js';
import { isHidden } from './file-names.js';

interface Folder {
  path: string;
  /** Its path without links, by which it is known when it is found again. */
  real: string;
  /** How many levels of folders to read from here on; 1 reads this folder alone. */
  levels: number;
}

/**
 * The paths of all files in a folder and its folders, hidden ones left out; each folder is read once. A folder in it keeps its path, although
 * a link leads to it, too: links are followed last. Follows no link to a folder that contains the link or `folder`.
 * @param levels how many folders deep to read @throws CliError for a folder that cannot be read
 */
export async function pathsIn(folder: string, levels: number): Promise<string[]> {
  const root = await realpath(folder).catch(() => folder);
  const paths: string[] = [];
  const found: Folder[] = [{ path: folder, real: root, levels }];
  const linked: Folder[] = [];
  const readFolders = new Set<string>(); // their real paths
  for (let next = found.shift(); next !== undefined; next = found.shift() ?? linked.shift()) {
    const { path, real } = next;
    if (next.levels < 1 || readFolders.has(real)) continue;
    readFolders.add(real);
    const read = () => readdir(path, { withFileTypes: true });
    for (const entry of await expecting(`expected to read the folder ${path}`, read)) {
      if (isHidden(entry.name)) continue;
      const inner = { path: join(path, entry.name), real: join(real, entry.name), levels: next.levels - 1 };
      const target = entry.isSymbolicLink() ? await linkedFolder(inner.path) : undefined;
      if (entry.isDirectory()) found.push(inner);
      else if (target === undefined) paths.push(inner.path);
      else if (!contains(target, root) && !contains(target, real)) linked.push({ ...inner, real: target });
    }
  }
  return paths;
}

/** The real path of the folder that a link leads to; undefined when it leads to something else. */
async function linkedFolder(link: string): Promise<string | undefined> {
  const info = await stat(link).catch(() => undefined);
  return info?.isDirectory() ? realpath(link).catch(() => undefined) : undefined;
}

/** True when `path` is in the folder, and for the folder itself. */
function contains(folder: string, path: string): boolean {
  return relative(folder, path).split(sep)[0] !== '..';
}
