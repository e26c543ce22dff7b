/** Reads the symbol of a file out of its path, by a pattern of the user. Pure. */
import { UsageError } from '../../terminal/index.js';
import { globPattern } from './glob.js';

/**
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
