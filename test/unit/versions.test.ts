/** All packages have the version of the newest section of the changelog. `npm run release` sets it. */
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

test.each(['package.json', ...files])(
  '%s and its dependencies in this project have the version of the changelog',
  (file) => {
    const { version, dependencies = {} } = JSON.parse(read(file)) as Manifest;
    expect(version).toBe(released);
    for (const [name, dependencyVersion] of Object.entries(dependencies)) {
      if (name.startsWith('@barkeep/'))
        expect({ name, version: dependencyVersion }).toEqual({ name, version: released });
    }
  },
);

test('the lock file and the image have the version of the changelog', () => {
  expect((JSON.parse(read('package-lock.json')) as Manifest).version).toBe(released);
  expect(read('docker-compose.yml')).toContain(`image: barkeep:${released}\n`);
});

test('the release script sets the new version in every file that names the released one', () => {
  const copy = mkdtempSync(join(tmpdir(), 'barkeep-release-'));
  try {
    const patterns = ['*.json', '*.yml', '*.yaml', '*.md'];
    const grep = ['grep', '--files-with-matches', '--fixed-strings', released!, '--', ...patterns];
    const filesNamingRelease = execFileSync('git', grep, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    for (const file of [...filesNamingRelease, 'scripts/release.mjs']) cpSync(join(ROOT, file), join(copy, file));
    execFileSync(process.execPath, [join(copy, 'scripts/release.mjs'), '97.98.99'], { stdio: 'pipe' });
    // Finds Barkeep's own version only, because other packages may have the same one. For example `barkeep:1.2.3`,
    // `"@barkeep/bars": "1.2.3"` or `"version": "1.2.3"`.
    const oldVersion = new RegExp(
      `(barkeep[\\w-]*[:-]|"@barkeep/.*": "|^  "version": ")${released!.replaceAll('.', '\\.')}`,
      'm',
    );
    expect(filesNamingRelease.filter((file) => oldVersion.test(readFileSync(join(copy, file), 'utf8')))).toEqual([]);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
