/** The names of keys are stored data: a store of an earlier version and a reader in another language know them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionKeys } from './keys.js';

const PAGE = join(__dirname, '../../../../docs/storage-layout.md');

/** The page has the variable parts of a name in capitals. It names keys without their base. */
it('names the keys as docs/storage-layout.md does', () => {
  const keys = partitionKeys('p', 's', 0);
  const templates = [keys.chunk('INTERVAL', 'SYMBOL', 'DATE'), keys.staged('SYMBOL'), keys.states('SYMBOL', 'DATE')];
  const names = [...Object.values(keys), ...templates].flatMap((name) =>
    typeof name === 'string' && name.startsWith(`${keys.base}:`) ? [name.slice(keys.base.length)] : [],
  );
  const documented = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `(:[\w:-]+)` /gm)].map(([, name]) => name!);
  expect(names.sort()).toEqual(documented.sort());
});
