/** The source tree: all files of the project, for tests that check them. Paths are relative to its root. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../../..');

/** Existing files, tracked or new, without ignored ones. @param patterns of git @default every file */
export function treeFiles(...patterns: string[]): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return listed.filter((file) => file !== '' && existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isFile());
}

export function readTreeFile(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
