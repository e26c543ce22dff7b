/** Reads the file of --symbol-map, which maps names in files to symbols. */
import { readFile } from 'node:fs/promises';
import { SYMBOL_PATTERN } from '@barkeep/bars';
import { CliError, expecting } from '../terminal/index.js';

/** @param file with rows `FROM,TO`, or with a JSON object @throws CliError */
export async function readSymbolMap(file: string): Promise<Map<string, string>> {
  const content = await expecting('--symbol-map: expected a file', () => readFile(file, 'utf8'));
  const text = content.replace(/^\ufeff/, ''); // spreadsheets write a byte order mark
  const pairs = text.trimStart().startsWith('{')
    ? await expecting(`--symbol-map: expected JSON in ${file}`, () => jsonPairs(text))
    : csvPairs(text);
  for (const [from, to] of pairs) {
    if (from === '' || !SYMBOL_PATTERN.test(to))
      throw new CliError(`--symbol-map: expected FROM,TO with a symbol TO, was "${from},${to}"`);
  }
  return new Map(pairs);
}

function csvPairs(text: string): [string, string][] {
  return text
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const comma = line.lastIndexOf(','); // FROM may contain commas; without any comma it is empty, which is refused
      const unquoted = (part: string): string => part.trim().replace(/^"(.*)"$/, '$1');
      return [unquoted(line.slice(0, Math.max(0, comma))), unquoted(line.slice(comma + 1))];
    });
}

function jsonPairs(text: string): [string, string][] {
  return Object.entries(JSON.parse(text) as Record<string, unknown>).map(([from, to]) => [from, String(to)]);
}
