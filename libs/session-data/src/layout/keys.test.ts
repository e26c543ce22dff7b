/** The names of keys are stored data: a store of an earlier version and a reader in another language know them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PartitionKeys } from './keys.js';

const PAGE = join(__dirname, '../../../../docs/storage-layout.md');

it('names the keys as docs/storage-layout.md does', () => {
  const keys = new PartitionKeys('p', 's', 0);
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(PartitionKeys.prototype));
  const getters = descriptors.filter(([name, property]) => property.get !== undefined && name !== 'wake');
  const names = [
    ...getters.map(([name]) => keys[name as keyof PartitionKeys] as string),
    keys.chunk('INTERVAL', 'SYMBOL', 'DATE'),
    keys.staged('SYMBOL'),
    keys.states('SYMBOL', 'DATE'),
  ].map((name) => name.slice(keys.base.length));
  const documented = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `(:[\w:-]+)` /gm)].map(([, name]) => name!);
  expect(names.sort()).toEqual(documented.sort());
});
