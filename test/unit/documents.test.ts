/** Checks documents: their links lead to existing files and headings, and their tables list what the code has. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROBLEM_KINDS } from '@barkeep/api';
import { calendarIds } from '@barkeep/bars';
import * as client from '@barkeep/client';

const ROOT = join(__dirname, '../..');
const DOCUMENTS = filesLike('*.md');
const TESTS = filesLike('*.test.ts');

/** Files of the repository that a git pattern matches, committed or not yet. */
function filesLike(pattern: string): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', pattern];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return listed.filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The names by which links reach the headings of a document, as GitHub makes them. */
function headingsOf(document: string): string[] {
  const text = document.replace(/^```.*?^```/gms, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return headings.map((heading) => heading.replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-'));
}

describe('the documents', () => {
  it.each(DOCUMENTS)('%s links only to files and headings that exist', (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, path = '', heading]) => {
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(ROOT, target))) return true;
      return heading !== undefined && target.endsWith('.md') && !headingsOf(read(target)).includes(heading);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('name every problem that the API answers with, and its status', () => {
    const rows = [...read('docs/api.md').matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)];
    const documented = rows.map(([, kind, status]) => [kind, Number(status)]);
    expect(documented).toEqual(Object.entries(PROBLEM_KINDS).map(([kind, { status }]) => [kind, status]));
  });

  it('name every error class of the client', () => {
    const errors = Object.keys(client).filter((name) => name.endsWith('Error'));
    expect(errors.filter((name) => !read('docs/client.md').includes(`\`${name}\``))).toEqual([]);
  });

  it('name every calendar', () => {
    expect(calendarIds().filter((id) => !read('docs/api.md').includes(id))).toEqual([]);
  });

  it('list no invariant that no test names', () => {
    const documented = [...read('docs/ARCHITECTURE.md').matchAll(/^\| \*\*(I\d+)\*\* /gm)].map((row) => row[1]!);
    const names = TESTS.flatMap((file) => [...read(file).matchAll(/\b(?:it|test|each)\b[^\n]*\(\s*[`'"](I\d+) /g)]);
    const named = new Set(names.map((match) => match[1]!));
    expect(documented.length).toBeGreaterThan(8);
    expect(documented.filter((invariant) => !named.has(invariant))).toEqual([]);
  });
});
