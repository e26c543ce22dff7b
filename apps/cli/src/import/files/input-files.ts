/**
 * Finds the files that an import names: files, folders (searched to any depth) and glob patterns.
 * In folders and patterns it skips names that are not those of data, such as a licence. A file that the user names is
 * always read. Files are sorted by path, so that the same import always reads them in the same order.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { CliError, expecting, UsageError } from '../../terminal/index.js';

/** Names of data, also of kinds that are not read: the import names these files instead of leaving them out silently. */
const DATA_FILE =
  /\.(csv|txt|tsv|asc|prn|dat|json|ndjson|jsonl)$|\.(gz|zst|bz2|xz|lz4|zip|7z|rar|tar|tgz)$|\.(parquet|arrow|feather|dbn|h5|hdf5|xlsx?|hst)$/i;
/** Lean's minute files: trades, and the quotes of markets that have no trades. */
export const LEAN_FILE_NAME = /^(\d{4})(\d{2})(\d{2})_(trade|quote)\.(zip|csv)$/i;

/** True for a name of data: an import of a folder or a zip reads such files. */
export function isDataName(path: string): boolean {
  return DATA_FILE.test(path);
}

/** True for a Lean file that is read: trades, or quotes in a market without trades. @param path with slashes */
export function isLeanName(path: string): boolean {
  const kind = LEAN_FILE_NAME.exec(path.slice(path.lastIndexOf('/') + 1))?.[4]?.toLowerCase();
  return kind === 'trade' || (kind === 'quote' && /\/(forex|cfd)\//i.test(path));
}

/** True for resource forks of macOS and hidden files. @param path inside of the folder or the zip, with slashes; it may begin with `./` */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => (part.startsWith('.') && part !== '.') || part === '__MACOSX');
}

/** The regular expression for each wildcard of a glob. */
const WILDCARD_SOURCES: Record<string, string> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** A part of a glob: `**` with its slash, a set such as `[a-z]`, whose inside is group 1, or one character. */
const GLOB_PART = /\*\*\/?|\[([^][^\]]*)\]|[^]/g;

/** Converts a glob for the whole path: `*` and `?` match in a folder, `**` across folders, `[a-z]` one of a set, `{a,b}` either one. */
export function globToRegExp(glob: string): RegExp {
  let openBraces = 0;
  const source = glob.replace(GLOB_PART, (part: string, charSet: string | undefined, at: number) => {
    if (charSet !== undefined) return `[${charSet.replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    if (part === '{' && glob.includes('}', at)) {
      openBraces++;
      return '(?:';
    }
    if (part === '}' && openBraces > 0) {
      openBraces--;
      return ')';
    }
    if (part === ',' && openBraces > 0) return '|';
    return WILDCARD_SOURCES[part] ?? part.replace(/[.+^$()|[\]\\{}]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

/**
 * Makes the function that reads the symbol of a file out of its path.
 * @param pattern such as `{symbol}_1m.csv` or `{symbol}/*.csv`, which must match the end of the path
 * @returns the symbol in the case of the path; undefined for a path that the pattern does not match
 * @throws UsageError when the pattern does not have exactly one `{symbol}`
 */
export function symbolReader(pattern: string): (path: string) => string | undefined {
  const parts = pattern.split('{symbol}');
  if (parts.length !== 2) throw new UsageError(`expected one {symbol} in --symbol-from-path, was "${pattern}"`);
  const [before = '', after = ''] = parts.map((part) => globToRegExp(part).source.slice(1, -1)); // without ^ and $
  const expression = new RegExp(`(?:^|/)${before}([^/]+?)${after}$`);
  return (path) => expression.exec(path)?.[1];
}

export interface InputFile {
  /** Absolute. */
  path: string;
  /** Size of the file on disk. */
  bytes: number;
}

const WILDCARD = /[*?[\]{}]/;

/**
 * The files that the names stand for, each once, in the order of their paths. @param onlyLean true for Lean's files only
 * @throws CliError for a name that is no file or folder, and for a folder or pattern without a fitting file
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
  if (!WILDCARD.test(name))
    throw new CliError(`expected a file, a folder or a glob pattern, was "${name}": there is no such file`);
  const pattern = globToRegExp(path);
  const { root, levels } = globReach(path);
  return walk(root, (file) => pattern.test(file) && fits(file), levels);
}

/**
 * The fitting files of a folder and of the folders in it.
 * @param levels as in {@link pathsIn} @throws CliError for a folder that cannot be read
 */
async function walk(folder: string, fits: (path: string) => boolean, levels = Infinity): Promise<InputFile[]> {
  const paths = await pathsIn(folder, levels);
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

/**
 * The paths of all files in a folder and its folders, hidden ones left out. Reads first the folders that it finds without links, and then
 * those that links lead to; each folder once. Follows no link to a folder that contains the link or `folder`.
 * @param levels how many folders deep to read; 1 reads `folder` alone @throws CliError for a folder that cannot be read
 */
async function pathsIn(folder: string, levels: number): Promise<string[]> {
  const root = await realpath(folder).catch(() => folder);
  const paths: string[] = [];
  const readFolders = new Set<string>(); // their real paths
  const links: { path: string; target: string; parent: string; levels: number }[] = [];
  /** @param real the real path of the folder @param left how many levels to read from here on */
  const read = async (path: string, real: string, left: number): Promise<void> => {
    if (left < 1 || readFolders.has(real)) return;
    readFolders.add(real);
    const entries = await expecting(`expected to read the folder ${path}`, () =>
      readdir(path, { withFileTypes: true }),
    );
    for (const entry of entries) {
      if (isHidden(entry.name)) continue;
      const entryPath = join(path, entry.name);
      const target = entry.isSymbolicLink() ? await linkedFolder(entryPath) : undefined;
      if (entry.isDirectory()) await read(entryPath, join(real, entry.name), left - 1);
      else if (target === undefined) paths.push(entryPath);
      else links.push({ path: entryPath, target, parent: real, levels: left - 1 });
    }
  };
  await read(folder, root, levels);
  // The folders that links lead to may add links.
  for (const { path, target, parent, levels: left } of links) {
    const leadsUp = contains(target, root) || contains(target, parent);
    if (!leadsUp) await read(path, target, left);
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

/** The folders of a pattern before its first wildcard, and how many folders deep from there its files may be. */
function globReach(pattern: string): { root: string; levels: number } {
  const parts = pattern.split(sep);
  const firstWildcard = parts.findIndex((part) => WILDCARD.test(part));
  const hasAnyDepth = /\*\*|[{}]/.test(pattern); // a part in braces may have a slash
  return {
    root: parts.slice(0, firstWildcard).join(sep) || sep,
    levels: hasAnyDepth ? Infinity : parts.length - firstWildcard,
  };
}
