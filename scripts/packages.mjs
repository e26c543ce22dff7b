/**
 * Makes the two packages that are published, `@barkeep/client` and `@barkeep/cli`: as tarballs in dist-packages/ and as
 * folders in dist/packages/.
 *
 *   npm run pack                        makes them
 *   npm run pack -- --publish-dry-run   also shows what publishing would send
 *
 * A bundler puts the workspace packages into both. Third-party packages stay dependencies, with the versions that the
 * workspace's package.json files name. The client has types and is built as ES module and as CommonJS. The command line has
 * the coordinator, the upkeep worker and the local runs of the client as separate files.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { isAbsolute, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** Output folder: one folder per package. */
const STAGED = join(ROOT, 'dist/packages');
/** Output folder of the tarballs. */
const OUT = join(ROOT, 'dist-packages');
const OURS = /^@barkeep\//;
const LOCAL_RUN = '@barkeep/local-run';

/** `--publish-dry-run` is the only argument. */
const [argument, ...others] = process.argv.slice(2);
if (others.length > 0 || (argument !== undefined && argument !== '--publish-dry-run')) {
  process.stderr.write(`pack: expected no argument or --publish-dry-run, was ${process.argv.slice(2).join(' ')}\n`);
  process.exit(2);
}

/** The manifest of each workspace package by name, with its `folder`. */
const manifests = new Map(
  ['libs', 'apps'].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).map((name) => {
      const folder = join(ROOT, kind, name);
      return [`@barkeep/${name}`, { folder, ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }];
    }),
  ),
);
const { version, engines, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

for (const folder of [STAGED, OUT]) rmSync(folder, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const { rolldown } = await import('rolldown');
await makeClient();
await makeCommandLine();
for (const name of ['client', 'cli']) pack(name);

/** Makes the library: one file for ES modules, one for CommonJS, and their types. */
async function makeClient() {
  const folder = join(STAGED, 'client');
  const bundle = await rolldown({
    input: join(ROOT, 'libs/client/src/index.ts'),
    platform: 'node',
    plugins: [{ name: 'workspace-sources', resolveId: resolveWorkspace }],
    external: (id) => packageOf(id) !== undefined,
    treeshake: { moduleSideEffects: false },
    tsconfig: join(ROOT, 'tsconfig.base.json'),
  });
  const imported = new Set();
  for (const [format, file] of Object.entries({ es: 'index.mjs', cjs: 'index.cjs' })) {
    const { output } = await bundle.write({ file: join(folder, 'dist', file), format, codeSplitting: false });
    for (const id of output[0].imports) imported.add(packageOf(id));
  }
  await bundle.close();
  imported.delete('node');
  await writeTypes(join(folder, 'dist'));
  writeManifest(folder, {
    name: '@barkeep/client',
    description:
      'Read, follow, feed and steer Barkeep sessions: bars of a backtest in time order, from a clock that never shows the future.',
    main: './dist/index.cjs',
    module: './dist/index.mjs',
    types: './dist/index.d.cts',
    exports: {
      '.': {
        import: { types: './dist/index.d.mts', default: './dist/index.mjs' },
        require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
      },
      './package.json': './package.json',
    },
    sideEffects: false,
    dependencies: versionsOf(imported),
    peerDependencies: { '@barkeep/cli': version },
    peerDependenciesMeta: { '@barkeep/cli': { optional: true } },
  });
}

/** Makes the command, and the programs that it starts. */
async function makeCommandLine() {
  const folder = join(STAGED, 'cli');
  const built = (path) => join(ROOT, path);
  const bundle = await rolldown({
    input: {
      main: built('apps/cli/dist/main.js'),
      index: built('libs/local-run/dist/index.js'),
      'remote-repository': built('libs/local-run/dist/remote-repository.js'),
      coordinator: built('apps/coordinator/dist/main.js'),
      'upkeep-worker': built('apps/upkeep-worker/dist/main.js'),
    },
    platform: 'node',
    external: (id) => packageOf(id) !== undefined,
  });
  await bundle.write({ dir: join(folder, 'dist'), format: 'cjs', chunkFileNames: 'shared-[hash].js' });
  await bundle.close();
  const packagesForTraces = namesOf('optionalDependencies');
  cpSync(built('libs/local-system/bin/end-with-parent.js'), join(folder, 'dist/end-with-parent.js'));
  cpSync(built('apps/console/dist/site'), join(folder, 'dist/console'), { recursive: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin/barkeep.js'), "#!/usr/bin/env node\n'use strict';\nrequire('../dist/main.js');\n", {
    mode: 0o755,
  });
  writeManifest(folder, {
    name: '@barkeep/cli',
    description:
      'The barkeep command: imports bars, runs backtest sessions, and starts coordinators, upkeep workers and private servers.',
    bin: { barkeep: './bin/barkeep.js' },
    main: './dist/index.js',
    exports: { '.': './dist/index.js', './package.json': './package.json' },
    // All dependencies of the workspace, because Nest loads some by name.
    dependencies: versionsOf(namesOf('dependencies')),
    // Only traces need these packages. If traces are on and the packages are missing, the coordinator's error names
    // them.
    peerDependencies: versionsOf(packagesForTraces),
    peerDependenciesMeta: Object.fromEntries([...packagesForTraces].map((name) => [name, { optional: true }])),
  });
}

/**
 * Resolves workspace packages to their sources, so that the bundler sees which names are used. Leaves local runs out of the
 * client: they need servers and queues, which are in `@barkeep/cli`.
 */
function resolveWorkspace(id) {
  if (id === LOCAL_RUN) return { id: '@barkeep/cli', external: true };
  return OURS.test(id) ? join(manifests.get(id).folder, 'src/index.ts') : null;
}

/** The package of an import that stays outside of the bundle, `node` for a module of Node; undefined for our own files. */
function packageOf(id) {
  if (id.startsWith('.') || isAbsolute(id) || OURS.test(id) || id.startsWith('\0')) return undefined;
  const name = id.startsWith('@') ? id.split('/', 2).join('/') : id.split('/', 1)[0];
  return id.startsWith('node:') || builtinModules.includes(name) ? 'node' : name;
}

/** The third-party packages that the workspace depends on. @param field `dependencies` or `optionalDependencies` */
function namesOf(field) {
  const names = [...manifests.values()].flatMap((manifest) => Object.keys(manifest[field] ?? {}));
  return new Set(names.filter((name) => !OURS.test(name)));
}

/** The versions that the workspace packages require. */
function versionsOf(names) {
  const wantedVersions = [...manifests.values()].flatMap(({ dependencies, optionalDependencies }) =>
    Object.entries({ ...dependencies, ...optionalDependencies }),
  );
  return Object.fromEntries(
    [...names]
      .sort((a, b) => a.localeCompare(b, 'en'))
      .map((name) => {
        const [, wanted] = wantedVersions.find(([other]) => other === name) ?? [];
        if (wanted === undefined)
          throw new Error(`pack: ${name} is imported, and no package.json of the workspace names it`);
        return [name, wanted];
      }),
  );
}

/** Bundles the client's type declarations into one file, and writes it for ES modules and for CommonJS. */
async function writeTypes(folder) {
  const [{ rollup }, { dts }] = await Promise.all([import('rollup'), import('rollup-plugin-dts')]);
  const bundle = await rollup({
    input: join(ROOT, 'libs/client/dist/index.d.ts'),
    plugins: [
      {
        name: 'workspace-types',
        resolveId: (id) => (OURS.test(id) ? join(manifests.get(id).folder, 'dist/index.d.ts') : null),
      },
      dts(),
    ],
    external: (id) => packageOf(id) !== undefined,
    onwarn: ({ message }) => process.stderr.write(`pack: ${message}\n`),
  });
  for (const file of ['index.d.mts', 'index.d.cts']) await bundle.write({ file: join(folder, file), format: 'es' });
  await bundle.close();
}

/** Writes package.json, and copies the licence and the README of the package. */
function writeManifest(folder, { name, description, ...rest }) {
  const files = ['dist', ...(rest.bin ? ['bin'] : [])];
  const whole = { name, version, description, license, engines, type: 'commonjs', files, ...rest };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(join(manifests.get(name).folder, 'README.md'), join(folder, 'README.md'));
}

/** Makes the tarball of a package, and prints its size. */
function pack(name) {
  const folder = join(STAGED, name);
  const answer = execFileSync('npm', ['pack', '--json', '--pack-destination', OUT], { cwd: folder, encoding: 'utf8' });
  const [{ filename, size, unpackedSize }] = JSON.parse(answer);
  const kB = (bytes) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
  process.stdout.write(`dist-packages/${filename}  ${kB(size)}, unpacked ${kB(unpackedSize)}\n`);
  if (argument) execFileSync('npm', ['publish', '--dry-run', '--access', 'public'], { cwd: folder, stdio: 'inherit' });
}
