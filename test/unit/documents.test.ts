/** What documents say that can be checked: that links lead somewhere, and that tables name what the code has. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROBLEM_KINDS } from '../../apps/coordinator/src/problems/index.js';
import { calendarIds } from '@barkeep/bars';

const ROOT = join(__dirname, '../..');
const DOCUMENTS = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

describe('the documents', () => {
  it.each(DOCUMENTS)('%s links only to files that are there', (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([]);
  });

  it('name every problem that the API answers with, and its status', () => {
    const rows = [...read('docs/api.md').matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)];
    const documented = rows.map(([, kind, status]) => [kind, Number(status)]);
    expect(documented).toEqual(Object.entries(PROBLEM_KINDS).map(([kind, { status }]) => [kind, status]));
  });

  it('name every calendar', () => {
    expect(calendarIds().filter((id) => !read('docs/api.md').includes(id))).toEqual([]);
  });

  it('hold each invariant to a test that names it', () => {
    const rows = [...read('docs/ARCHITECTURE.md').matchAll(/^\| \*\*(I\d)\*\* .*$/gm)];
    expect(rows.map((row) => row[1])).toEqual(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9']);
    for (const [row, invariant] of rows) {
      for (const [, test] of row.matchAll(/\]\(\.\.\/([^)]+)\)/g))
        expect([test, read(test!)]).toEqual([test, expect.stringContaining(invariant!)]);
    }
  });
});
