/**
 * Finds the files that an import names: files, folders (searched to any depth) and glob patterns.
 * What a folder holds besides data (a licence, a readme) is left out; a file that was named is always taken.
 * Files come in the order of their names, so that the same import always reads in the same order.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { CliError } from '../terminal/index.js';
import { LEAN_FILE } from './lean-bars.js';

export type ImportFormat = 'csv' | 'lean';

export interface InputFile {
  /** Absolute. */
  path: string;
  bytes: number;
}

const CSV_FILE = /\.(csv|txt|tsv)(\.gz)?$|\.zip$/i;
const MAGIC = /[*?[\]{}]/;

/** @throws CliError for a name that is no file or folder, and for a folder or pattern without a fitting file */
export async function inputFiles(names: readonly string[], format: ImportFormat): Promise<InputFile[]> {
  const found = new Map<string, InputFile>();
  for (const name of names) {
    const files = await filesOf(name, format);
    if (files.length === 0) throw new CliError(`expected ${format} files in "${name}", was none`);
    for (const file of files) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesOf(name: string, format: ImportFormat): Promise<InputFile[]> {
  const path = resolve(name);
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return [{ path, bytes: info.size }];
  if (info?.isDirectory()) return walk(path, (file) => fits(file, format));
  if (!MAGIC.test(name))
    throw new CliError(`expected a file, a folder or a pattern, was "${name}": there is no such file`);
  const pattern = globPattern(path);
  return walk(globRoot(path), (file) => pattern.test(file) && fits(file, format));
}

function fits(path: string, format: ImportFormat): boolean {
  return (format === 'lean' ? LEAN_FILE : CSV_FILE).test(path.slice(path.lastIndexOf(sep) + 1));
}

async function walk(folder: string, wanted: (path: string) => boolean): Promise<InputFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.filter(wanted).map(async (path) => {
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

/** A glob as a regular expression over the whole path: `*` and `?` stay in a folder, `**` does not, `{a,b}` is either. */
export function globPattern(glob: string): RegExp {
  let source = '';
  let braces = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob.charAt(at);
    const classEnd = char === '[' ? glob.indexOf(']', at + 2) : -1;
    if (glob.startsWith('**/', at)) {
      source += '(?:.*/)?';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      source += '.*';
      at++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (classEnd > 0) {
      source += `[${glob
        .slice(at + 1, classEnd)
        .replace(/^!/, '^')
        .replace(/\\/g, '\\\\')}]`;
      at = classEnd;
    } else if (char === '{' && glob.indexOf('}', at) > 0) {
      source += '(?:';
      braces++;
    } else if (char === '}' && braces > 0) {
      source += ')';
      braces--;
    } else if (char === ',' && braces > 0) source += '|';
    else source += char.replace(/[.+^$()|[\]\\{}]/g, '\\$&');
  }
  return new RegExp(`^${source}$`);
}

/**
 * Reads the symbol out of a path by a pattern such as `{symbol}_1m.csv` or `{symbol}/*.csv`, matched at the path's end.
 * @throws CliError when the pattern has no `{symbol}`
 */
export function symbolFromPath(pattern: string): (path: string) => string | undefined {
  const parts = pattern.split('{symbol}');
  if (parts.length !== 2) throw new CliError(`expected one {symbol} in --symbol-from-path, was "${pattern}"`);
  const [before = '', after = ''] = parts.map((part) => globPattern(part).source.slice(1, -1));
  const expression = new RegExp(`(?:^|/)${before}([^/]+?)${after}$`);
  return (path) => expression.exec(path.split(sep).join('/'))?.[1]?.toUpperCase();
}
