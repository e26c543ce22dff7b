/** Checks that all packages have the version of the newest section of the changelog, which `npm run release` sets. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTreeFile, ROOT, treeFiles } from '../support/data/tree-files.js';

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
}

/** The version of the newest section of the changelog: `## [1.2.3]`. */
const [, released] = /^## \[(\d[^\]]*)\]/m.exec(readTreeFile('CHANGELOG.md')) ?? [];
const manifests = ['libs', 'apps'].flatMap((kind) =>
  readdirSync(join(ROOT, kind)).map((name) => `${kind}/${name}/package.json`),
);

test.each(['package.json', ...manifests])(
  '%s and its dependencies in this project have the version of the changelog',
  (file) => {
    const { version, dependencies = {} } = JSON.parse(readTreeFile(file)) as Manifest;
    expect(version).toBe(released);
    for (const [name, dependencyVersion] of Object.entries(dependencies)) {
      if (name.startsWith('@barkeep/'))
        expect({ name, version: dependencyVersion }).toEqual({ name, version: released });
    }
  },
);

test('the lock file and the image have the version of the changelog', () => {
  expect((JSON.parse(readTreeFile('package-lock.json')) as Manifest).version).toBe(released);
  expect(readTreeFile('docker-compose.yml')).toContain(`image: barkeep:${released}\n`);
});

/** The files that contain this text, among those that may name a version. */
function filesWith(text: string): string[] {
  return treeFiles('*.json', '*.yml', '*.yaml', '*.md').filter((file) => readTreeFile(file).includes(text));
}

test('the release script sets the new version in every file that names the released one', () => {
  const copy = mkdtempSync(join(tmpdir(), 'barkeep-release-'));
  try {
    const namingRelease = filesWith(released!);
    for (const file of [...namingRelease, 'scripts/release.mjs']) cpSync(join(ROOT, file), join(copy, file));
    execFileSync(process.execPath, [join(copy, 'scripts/release.mjs'), '97.98.99'], { stdio: 'pipe' });
    // Only Barkeep's own version, because other packages may have the same one: `barkeep:1.2.3`, `"@barkeep/bars": "1.2.3"` or
    // `"version": "1.2.3"`.
    const ownOldVersion = new RegExp(
      `(barkeep[\\w-]*[:-]|"@barkeep/.*": "|^  "version": ")${released!.replaceAll('.', '\\.')}`,
      'm',
    );
    const unchanged = namingRelease.filter((file) => ownOldVersion.test(readFileSync(join(copy, file), 'utf8')));
    expect(unchanged).toEqual([]);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
