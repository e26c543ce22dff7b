/** Glob patterns for paths, and the pattern that finds a symbol in a path. */
import { isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { UsageError } from '../../terminal/index.js';

/** The regular expression for each wildcard of a glob. */
const WILDCARD_SOURCES: Record<string, string> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** A part of a glob: `**` with its slash, a set such as `[a-z]`, whose inside is group 1, or one character. */
const GLOB_PART = /\*\*\/?|\[([^][^\]]*)\]|[^]/g;

/**
 * Converts a glob for the whole path: `*` and `?` match in a folder, `**` across folders, `[a-z]` one of a set, `{a,b}` either one.
 * @throws UsageError for a set such as `[z-a]`, and for a brace without its end
 */
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
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw new UsageError(
      `expected a glob pattern, was "${glob}": a set in brackets has a wrong range, or a brace is not closed`,
    );
  }
}

const WILDCARD = /[*?[\]{}]/;

/** A part of a path whose braces, if any, all close in it: they stand for one name. Others may stand for several folders. */
const WHOLE_BRACES = /^[^{}]*(?:\{[^{}]*\}[^{}]*)*$/;

export function isGlob(text: string): boolean {
  return WILDCARD.test(text);
}

/** How the files of a glob are found. */
export interface GlobSearch {
  /** The folder that the glob names before its first wildcard. */
  root: string;
  /** True for a folder in which, or below which, a file may fit. */
  mayLead: (folder: string) => boolean;
  files: RegExp;
}

/** @param glob absolute, or relative to the working folder @throws UsageError for a wrong glob */
export function globSearch(glob: string): GlobSearch {
  const parts = normalize(glob).split(sep);
  const firstWildcard = parts.findIndex((part) => WILDCARD.test(part));
  const root = resolve(isAbsolute(glob) ? sep : '', ...parts.slice(0, firstWildcard));
  const literalRoot = root.replace(/[[*?{]/g, '[$&]'); // characters of its name are no wildcards
  const inRoot = parts.slice(firstWildcard);
  const patternOf = (...names: string[]): RegExp => globToRegExp(join(literalRoot, ...names));
  const anyDepth = inRoot.findIndex((part) => part.includes('**') || !WHOLE_BRACES.test(part));
  const above = inRoot.slice(0, anyDepth); // without a part of any depth: all but the last, which is a file
  const folders = above.map((_, at) => patternOf(...above.slice(0, at + 1)));
  if (anyDepth >= 0) folders.push(patternOf(...above, '**'));
  return { root, mayLead: (folder) => folders.some((pattern) => pattern.test(folder)), files: patternOf(...inRoot) };
}

/**
 * Makes the function that reads the symbol of a file out of its path.
 * @param pattern such as `{symbol}_1m.csv` or `{symbol}/*.csv`, which must match the end of the path
 * @returns the symbol in the case of the path; undefined for a path that the pattern does not match
 * @throws UsageError when the pattern does not have exactly one `{symbol}`, or when several parts of a path could be the symbol
 */
export function symbolReader(pattern: string): (path: string) => string | undefined {
  const parts = pattern.split('{symbol}');
  if (parts.length !== 2) throw new UsageError(`expected one {symbol} in --symbol-from-path, was "${pattern}"`);
  const [prefix = '', suffix = ''] = parts;
  const hasAnyEdge = /\*\?*$/.test(prefix) || /^\?*\*/.test(suffix); // {symbol}*.csv: S, SP or SPY of SPY.csv
  const hasAnyFolder = suffix.includes('**') && /^[*?/]*$/.test(prefix); // {symbol}/**: each folder of the path
  if (hasAnyEdge || hasAnyFolder)
    throw new UsageError(
      `--symbol-from-path: expected a character between {symbol} and *, and a folder before {symbol} when ** follows, was "${pattern}"`,
    );
  const [before, after] = [prefix, suffix].map((part) => globToRegExp(part).source.slice(1, -1)); // without ^ and $
  const expression = new RegExp(`(?:^|/)${before}([^/]+?)${after}$`);
  return (path) => expression.exec(path)?.[1];
}
