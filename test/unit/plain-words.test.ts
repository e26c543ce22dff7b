/**
 * Checks the language of the project: the number of mannered (literary or old-fashioned) words in 1,000 words of comments
 * and test names, area by area, and of documents. The words and the limits are in plain-words.json; a limit is lowered
 * when its area has improved.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits, words } from './plain-words.json';

const ROOT = join(__dirname, '../..');
const MANNERED = new RegExp(`\\b(?:${words.join('|')})\\b`, 'gi');
const WORD = /[A-Za-z][A-Za-z'’-]*/g;
const CODE = /\.(?:ts|mjs|cjs|js|lua|py)$/;
const GENERATED = /^(?:CHANGELOG\.md|bench\/RESULTS\.md)$/;

const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)) && !GENERATED.test(file));

/** The sentences of a file that a reader reads as English: a document without its code blocks, or comments and test names. */
function proseOf(file: string): string {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '').join('\n');
  if (file.endsWith('.md')) return text.replace(/```[\s\S]*?```/g, ' ');
  if (file.endsWith('.py')) return all(/#(.*)$|"""([\s\S]*?)"""/gm);
  if (file.endsWith('.lua')) return all(/--(.*)$/gm);
  const comments = all(/\/\*\*?([\s\S]*?)\*\/|(?<![:'"`\\])\/\/(.*)$/gm).replace(/^\s*\* ?/gm, '');
  return `${comments}\n${all(/\b(?:it|test|describe)(?:\.each\([\s\S]*?\))?\(\s*(?:'([^'\n]+)'|"([^"\n]+)")/g)}`;
}

/** Mannered words in 1,000 words, and the files that have most of them, for the message of a failure. */
function measure(files: readonly string[]): { rate: number; worst: string[] } {
  let [count, mannered] = [0, 0];
  const found: [number, string][] = [];
  for (const file of files) {
    const prose = proseOf(file);
    const hits = prose.match(MANNERED) ?? [];
    count += prose.match(WORD)?.length ?? 0;
    mannered += hits.length;
    if (hits.length > 0) found.push([hits.length, `${file}: ${hits.join(', ')}`]);
  }
  const worst = found.sort(([a], [b]) => b - a).map(([, line]) => line);
  return { rate: (1000 * mannered) / Math.max(1, count), worst: worst.slice(0, 8) };
}

/** The area of a file is the longest of the named ones that its path starts with. */
function areaOf(file: string): string | undefined {
  if (file.endsWith('.md')) return 'documents';
  if (!CODE.test(file)) return undefined;
  const areas = Object.keys(limits).filter((area) => file.startsWith(`${area}/`));
  return areas.sort((a, b) => b.length - a.length)[0] ?? 'the rest';
}

describe('plain English', () => {
  it.each(Object.entries(limits))('%s has at most %d mannered words in 1,000', (area, limit) => {
    const { rate, worst } = measure(FILES.filter((file) => areaOf(file) === area));
    expect({ rate, worst: rate <= limit ? [] : worst }).toEqual({ rate, worst: [] });
  });
});
