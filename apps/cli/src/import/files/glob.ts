/** Glob patterns as regular expressions, and the symbol in a path. Pure. */
import { UsageError } from '../../terminal/index.js';

/** Converts a glob for the whole path: `*` and `?` match within a folder, `**` across folders, `{a,b}` either one. */
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
 * Reads the symbol of a file out of its path.
 * @param pattern such as `{symbol}_1m.csv` or `{symbol}/*.csv`, which must match the end of the path
 * @returns the symbol in the case of the path; undefined for a path that the pattern does not match
 * @throws UsageError when the pattern does not have exactly one `{symbol}`
 */
export function symbolFromPath(pattern: string): (path: string) => string | undefined {
  const parts = pattern.split('{symbol}');
  if (parts.length !== 2) throw new UsageError(`expected one {symbol} in --symbol-from-path, was "${pattern}"`);
  const [before = '', after = ''] = parts.map((part) => globPattern(part).source.slice(1, -1));
  const expression = new RegExp(`(?:^|/)${before}([^/]+?)${after}$`);
  return (path) => expression.exec(path)?.[1];
}
