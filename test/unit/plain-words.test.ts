/**
 * Checks the language of the project: counts mannered (literary or old-fashioned) words in 1,000 words of English, for
 * each area of the code and for the documents. The words and the limits are in plain-words.json. A limit is lowered when
 * its area has improved.
 */
import { readTreeFile, treeFiles } from '../support/data/tree-files.js';
import { limits, words } from './plain-words.json';

const MANNERED = new RegExp(`\\b(?:${words.join('|')})\\b`, 'gi');
const WORD = /[A-Za-z][A-Za-z'’-]*/g;
const CODE = /\.(?:ts|mjs|cjs|js|lua|py)$/;
const GENERATED = /^(?:CHANGELOG\.md|bench\/RESULTS\.md)$/;
/** How many files the message of a failure lists. */
const WORST_MAX = 8;

const CODE_BLOCK = /```[\s\S]*?```/g;
/** The star before a line of a block comment. */
const COMMENT_STAR = /^\s*\* ?/gm;

// Each pattern below captures the text in one of its groups.
/** `# text`, or a docstring. */
const PYTHON_COMMENT = /#(.*)$|"""([\s\S]*?)"""/gm;
const LUA_COMMENT = /--(.*)$/gm;
/** A block comment, or `// text` that is not part of a URL or a string. */
const SCRIPT_COMMENT = /\/\*\*?([\s\S]*?)\*\/|(?<![:'"`\\])\/\/(.*)$/gm;
/** The title in `it('…')`, `describe("…")` or `test.each(…)('…')`. */
const TEST_TITLE = /\b(?:it|test|describe)(?:\.each\([\s\S]*?\))?\(\s*(?:'([^'\n]+)'|"([^"\n]+)")/g;
const FILES = treeFiles().filter((file) => !GENERATED.test(file));

/** The English text of a file: a document without its code blocks, or the comments and test titles of a program. */
function proseOf(file: string): string {
  const text = readTreeFile(file);
  const captured = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '').join('\n');
  if (file.endsWith('.md')) return text.replace(CODE_BLOCK, ' ');
  if (file.endsWith('.py')) return captured(PYTHON_COMMENT);
  if (file.endsWith('.lua')) return captured(LUA_COMMENT);
  return `${captured(SCRIPT_COMMENT).replace(COMMENT_STAR, '')}\n${captured(TEST_TITLE)}`;
}

/** @returns the mannered words in 1,000 words of all files together, and the files that have most of them, as `FILE: WORD, …` */
function measure(files: readonly string[]): { rate: number; worst: string[] } {
  let [wordCount, manneredCount] = [0, 0];
  const findings: { file: string; mannered: string[] }[] = [];
  for (const file of files) {
    const prose = proseOf(file);
    const mannered: string[] = prose.match(MANNERED) ?? [];
    wordCount += prose.match(WORD)?.length ?? 0;
    manneredCount += mannered.length;
    if (mannered.length > 0) findings.push({ file, mannered });
  }
  findings.sort((a, b) => b.mannered.length - a.mannered.length);
  const worst = findings.slice(0, WORST_MAX).map(({ file, mannered }) => `${file}: ${mannered.join(', ')}`);
  return { rate: (1000 * manneredCount) / Math.max(1, wordCount), worst };
}

/** The area of a file: the longest area that its path begins with. Undefined for a file that is neither code nor document. */
function areaOf(file: string): string | undefined {
  if (file.endsWith('.md')) return 'documents';
  if (!CODE.test(file)) return undefined;
  const areas = Object.keys(limits).filter((area) => file.startsWith(`${area}/`));
  return areas.sort((a, b) => b.length - a.length)[0] ?? 'the rest';
}

describe('plain English', () => {
  it.each(Object.entries(limits))('%s has at most %d mannered words in 1,000', (area, limit) => {
    const { rate, worst } = measure(FILES.filter((file) => areaOf(file) === area));
    if (rate > limit) throw new Error(`expected at most ${limit}, was ${rate.toFixed(2)}:\n${worst.join('\n')}`);
  });
});
