/** Checks documents: their links lead to existing files and headings, and their tables list what the code has. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROBLEM_KINDS } from '@barkeep/api';
import { calendarIds } from '@barkeep/bars';
import * as client from '@barkeep/client';
import { readTreeFile, treeFiles, ROOT } from '../support/data/tree-files.js';

const DOCUMENTS = treeFiles('*.md');
const TESTS = treeFiles('*.test.ts');

/** The anchors of a document's headings, as GitHub makes them: `## The API, v1` has `the-api-v1`. */
function anchorsOf(document: string): string[] {
  const withoutCode = document.replace(/^```.*?^```/gms, '');
  const headings = [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return headings.map((heading) => heading.replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-'));
}

/** The target of a link within the repository: `](PATH)`, `](PATH#ANCHOR)` or `](#ANCHOR)`. Groups: the path and the anchor. */
const LINK = /\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g;
/** A row of the table of problems: KIND in backticks, and STATUS, a number of three digits. */
const PROBLEM_ROW = /^\| `([a-z-]+)` +\| (\d{3}) /gm;
/** A row of the table of invariants. */
const INVARIANT_ROW = /^\| \*\*(I\d+)\*\* /gm;
/** The start of a test whose title begins with an invariant: `it('I4 …`, or `test.each(…)('I4 …` on one line. */
const INVARIANT_TEST = /\b(?:it|test|each)\b[^\n]*\(\s*[`'"](I\d+) /g;

describe('the documents', () => {
  it.each(DOCUMENTS)('%s links only to files and headings that exist', (file) => {
    const links = [...readTreeFile(file).matchAll(LINK)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(readTreeFile(target)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('name every problem that the API answers with, and its status', () => {
    const rows = [...readTreeFile('docs/api.md').matchAll(PROBLEM_ROW)];
    const documented = rows.map(([, kind, status]) => [kind, Number(status)]);
    expect(documented).toEqual(Object.entries(PROBLEM_KINDS).map(([kind, { status }]) => [kind, status]));
  });

  it('name every error class of the client', () => {
    const errors = Object.keys(client).filter((name) => name.endsWith('Error'));
    expect(errors.filter((name) => !readTreeFile('docs/client.md').includes(`\`${name}\``))).toEqual([]);
  });

  it('name every calendar', () => {
    expect(calendarIds().filter((id) => !readTreeFile('docs/api.md').includes(id))).toEqual([]);
  });

  it('list only invariants that some test names', () => {
    const documented = [...readTreeFile('docs/ARCHITECTURE.md').matchAll(INVARIANT_ROW)].map((row) => row[1]!);
    const titles = TESTS.flatMap((file) => [...readTreeFile(file).matchAll(INVARIANT_TEST)]);
    const tested = new Set(titles.map((match) => match[1]!));
    // Otherwise the search for rows has failed.
    expect(documented.length).toBeGreaterThan(8);
    expect(documented.filter((invariant) => !tested.has(invariant))).toEqual([]);
  });
});
