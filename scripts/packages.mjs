/**
 * Makes the two packages that are published, `@barkeep/client` and `@barkeep/cli`: as tarballs in dist-packages/ and as
 * folders in dist/packages/.
 *
 *   npm run pack                        makes them
 *   npm run pack -- --publish-dry-run   also shows what publishing would send
 *
 * A bundler puts the workspace packages into both. Third-party packages stay dependencies, with the versions that the
 * workspace's package.json files name.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeClient } from './packages/client.mjs';
import { makeCommandLine } from './packages/command-line.mjs';
import { ROOT, rootManifest, workspaceFile } from './packages/workspace.mjs';

const STAGED = join(ROOT, 'dist/packages');
const TARBALLS = join(ROOT, 'dist-packages');
const PUBLISH = '--publish-dry-run';

const args = process.argv.slice(2);
if (args.length > 1 || args.some((arg) => arg !== PUBLISH)) {
  process.stderr.write(`pack: expected no argument or ${PUBLISH}, was ${args.join(' ')}\n`);
  process.exit(2);
}
for (const folder of [STAGED, TARBALLS]) rmSync(folder, { recursive: true, force: true });
mkdirSync(TARBALLS, { recursive: true });
for (const [name, make] of Object.entries({ client: makeClient, cli: makeCommandLine })) {
  const folder = join(STAGED, name);
  complete(folder, await make(folder));
  pack(folder);
  if (args.includes(PUBLISH)) {
    execFileSync('npm', ['publish', '--dry-run', '--access', 'public'], { cwd: folder, stdio: 'inherit' });
  }
}

/** Writes package.json, and copies the licence and the README of the package. */
function complete(folder, { name, description, ...rest }) {
  const { version, license, engines } = rootManifest;
  const files = ['dist', ...(rest.bin ? ['bin'] : [])];
  const whole = { name, version, description, license, engines, type: 'commonjs', files, ...rest };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(workspaceFile(name, 'README.md'), join(folder, 'README.md'));
}

/** Makes the tarball of a package, and prints its size. */
function pack(folder) {
  const options = { cwd: folder, encoding: 'utf8' };
  const answer = execFileSync('npm', ['pack', '--json', '--pack-destination', TARBALLS], options);
  const [{ filename, size, unpackedSize }] = JSON.parse(answer);
  const kB = (bytes) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
  process.stdout.write(`dist-packages/${filename}  ${kB(size)}, unpacked ${kB(unpackedSize)}\n`);
}
