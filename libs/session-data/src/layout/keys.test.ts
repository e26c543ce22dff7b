/**
 * Checks that the document of the storage layout has the names of the keys. They are stored data: an earlier version has written
 * them, and a reader in another language uses them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionKeys } from './keys.js';

const PAGE = readFileSync(join(__dirname, '../../../../docs/storage-layout.md'), 'utf8');
/** The first column of a row about a key: its name after the base, with the variable parts in capitals. */
const KEY_ROW = /^\| `(:[\w:-]+)` /gm;

it('names the keys as docs/storage-layout.md does', () => {
  const keys = partitionKeys('p', 's', 0);
  const templates = [keys.chunk('INTERVAL', 'SYMBOL', 'DATE'), keys.staged('SYMBOL'), keys.states('SYMBOL', 'DATE')];
  const names = [...Object.values(keys), ...templates].filter((name) => typeof name === 'string');
  const withBase = names.filter((name) => name.startsWith(`${keys.base}:`));
  const documented = [...PAGE.matchAll(KEY_ROW)].map(([, name]) => `${keys.base}${name}`);
  expect(withBase.sort()).toEqual(documented.sort());
});
