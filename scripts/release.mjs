/**
 * Sets the version of every package and image of the workspace. In the changelog, moves the entries under "Unreleased" to a
 * section of that version. Publishes nothing.
 *
 *   npm run release -- 0.3.0              sets the version everywhere
 *   npm run pack -- --publish-dry-run     then shows what publishing would send
 *
 * Only two packages are published, and both bundle the workspace's libraries, so all packages have the same version.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const OURS = /^@barkeep\//;
const DEPENDENCY_KINDS = ['dependencies', 'devDependencies', 'peerDependencies'];
const IMAGE_FILES = [
  'docker-compose.yml',
  'deploy/kubernetes/coordinator.yaml',
  'deploy/kubernetes/upkeep-worker.yaml',
];

const [version, ...others] = process.argv.slice(2);
if (version === undefined || others.length > 0 || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
  process.stderr.write(`release: expected a version such as 0.3.0, was "${process.argv.slice(2).join(' ')}"\n`);
  process.exit(2);
}

const folders = ['libs', 'apps'].flatMap((parent) =>
  readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
);
for (const folder of ['.', ...folders]) changeJson(join(folder, 'package.json'), setVersion);
changeJson('package-lock.json', (lock) => {
  lock.version = version;
  for (const place of ['', ...folders]) if (lock.packages[place]) setVersion(lock.packages[place]);
});
for (const file of IMAGE_FILES) change(file, (text) => text.replace(/^( *image: barkeep:).*$/m, `$1${version}`));
change('docs/tutorial.md', (text) => text.replaceAll(/(barkeep-(?:client|cli)-)\d\S*(?=\.tgz)/g, `$1${version}`));
change('CHANGELOG.md', (text) => {
  const today = new Date().toISOString().slice(0, 10);
  // True when the first text after the heading "Unreleased" is an entry: not the heading of a version, and not the end of the file.
  const hasEntries = /^## \[Unreleased\]\n+(?!## |\n*$)/m.test(text);
  return hasEntries ? text.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}] - ${today}\n`) : text;
});
process.stdout.write(`version ${version} in ${folders.length + 1} packages; commit it, and tag it v${version}\n`);

/** Sets the version of a package, and of the workspace packages on which it depends. */
function setVersion(manifest) {
  manifest.version = version;
  for (const kind of DEPENDENCY_KINDS)
    for (const name of Object.keys(manifest[kind] ?? {})) if (OURS.test(name)) manifest[kind][name] = version;
}

/** Changes a JSON file. @param file path from the root @param edit changes the parsed value in place */
function changeJson(file, edit) {
  change(file, (text) => {
    const value = JSON.parse(text);
    edit(value);
    return `${JSON.stringify(value, null, 2)}\n`;
  });
}

/** Changes a file. @param file path from the root @param edit from the old text to the new text */
function change(file, edit) {
  const path = join(ROOT, file);
  const text = readFileSync(path, 'utf8');
  const changed = edit(text);
  if (changed !== text) writeFileSync(path, changed);
}
