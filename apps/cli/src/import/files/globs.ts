/** Glob patterns for paths, and the pattern that finds a symbol in a path. */
import { sep } from 'node:path';
import { UsageError } from '../../terminal/index.js';

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

const WILDCARD = /[*?[\]{}]/;

export function isGlob(text: string): boolean {
  return WILDCARD.test(text);
}

/** The folders of a pattern before its first wildcard, and how many folders deep from there its files may be. */
export function globReach(pattern: string): { root: string; levels: number } {
  const parts = pattern.split(sep);
  const firstWildcard = parts.findIndex((part) => WILDCARD.test(part));
  const hasAnyDepth = /\*\*|[{}]/.test(pattern); // a part in braces may have a slash
  return {
    root: parts.slice(0, firstWildcard).join(sep) || sep,
    levels: hasAnyDepth ? Infinity : parts.length - firstWildcard,
  };
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
