/** All packages have one version, that of the newest section of the changelog; `npm run release` sets it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

test('the release script sets it in every file that names it', () => {
  const copy = mkdtempSync(join(tmpdir(), 'barkeep-release-'));
  try {
    const kinds = ['*.json', '*.yml', '*.yaml', '*.md'];
    const grep = ['grep', '--files-with-matches', '--fixed-strings', released!, '--', ...kinds];
    const naming = execFileSync('git', grep, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    for (const file of [...naming, 'scripts/release.mjs']) cpSync(join(ROOT, file), join(copy, file));
    execFileSync(process.execPath, [join(copy, 'scripts/release.mjs'), '97.98.99'], { stdio: 'pipe' });
    const ours = new RegExp(
      `(barkeep[\\w-]*[:-]|"@barkeep/.*": "|^  "version": ")${released!.replaceAll('.', '\\.')}`,
      'm',
    );
    expect(naming.filter((file) => ours.test(readFileSync(join(copy, file), 'utf8')))).toEqual([]);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
