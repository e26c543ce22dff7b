/** The source tree: all files of the project, for tests that check them. Paths are relative to its root. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export const ROOT = join(__dirname, '../../..');

/** Existing files, tracked or new, without ignored ones. @param patterns of paths; `*` is any text @default every file */
export function treeFiles(...patterns: string[]): string[] {
  const isFile = (file: string) => existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isFile();
  const isWanted = (file: string) => patterns.length === 0 || patterns.some((pattern) => fits(file, pattern));
  return listedFiles().filter((file) => file !== '' && isWanted(file) && isFile(file));
}

export function readTreeFile(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function listedFiles(): string[] {
  // The checkout may belong to another user, which git would refuse.
  const args = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'];
  try {
    const output = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return output.split('\n');
  } catch {
    return filesBelow(''); // there is no git, or the sources are from an archive
  }
}

/** The files of a folder and of its folders, without those of .gitignore. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name === '.git' || isIgnored(path)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Whether .gitignore names the path. A line with a slash is a path from the root; another line is a name, in any folder. */
function isIgnored(path: string): boolean {
  const lines = readTreeFile('.gitignore').split('\n');
  return lines
    .map((line) => line.replace(/\/$/, ''))
    .some((line) => (line.includes('/') ? path === line.replace(/^\//, '') : fits(basename(path), line)));
}

function fits(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^$()|[\]{}\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
