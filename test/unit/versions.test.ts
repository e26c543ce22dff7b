/** All packages have one version, that of the newest section of the changelog; `npm run release` sets it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
}

const [, released] = /^## \[(\d[^\]]*)\]/m.exec(read('CHANGELOG.md')) ?? [];
const files = ['libs', 'apps'].flatMap((kind) =>
  readdirSync(join(ROOT, kind)).map((name) => `${kind}/${name}/package.json`),
);

test.each(['package.json', ...files])('%s has the version of the changelog, also for what it uses of ours', (file) => {
  const { version, dependencies = {} } = JSON.parse(read(file)) as Manifest;
  const used = Object.entries(dependencies).filter(([name]) => name.startsWith('@barkeep/'));
  expect([version, ...used]).toEqual([released, ...used.map(([name]) => [name, released])]);
});

test('the lock file and the image have it, too', () => {
  expect((JSON.parse(read('package-lock.json')) as Manifest).version).toBe(released);
  expect(read('docker-compose.yml')).toContain(`image: barkeep:${released}\n`);
});
