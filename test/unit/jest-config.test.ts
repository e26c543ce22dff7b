/** Tests that Jest finds the tests of a checkout whatever its path is. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
const JEST = require.resolve('jest/bin/jest');
/** The files that jest.config.cjs names. Here they are empty. */
const NAMED = [
  'scripts/lua-texts.mjs',
  ...['skip-reporter.cjs', 'global-setup.ts', 'global-teardown.ts'].map((name) => `test/support/setup/${name}`),
];

test('tests are found in a folder whose name has characters of a glob or a regular expression, and those of dist are not', () => {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'barkeep-jest-')));
  const checkout = join(parent, 'a[b] (c){d,e}+');
  const write = (file: string) => {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    writeFileSync(join(checkout, file), '');
  };
  try {
    for (const file of [...NAMED, 'libs/bars/src/a.test.ts', 'libs/bars/dist/a.test.ts', 'test/unit/b.test.ts'])
      write(file);
    copyFileSync(join(ROOT, 'jest.config.cjs'), join(checkout, 'jest.config.cjs'));
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    const args = [JEST, '--selectProjects', 'unit', '--listTests'];
    const listed = execFileSync(process.execPath, args, { cwd: checkout, encoding: 'utf8', stdio: 'pipe' });
    const found = listed.split('\n').filter((line) => line.startsWith(checkout));
    expect(found.sort()).toEqual([join(checkout, 'libs/bars/src/a.test.ts'), join(checkout, 'test/unit/b.test.ts')]);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
