/** Makes `@barkeep/client`: one file for ES modules, one for CommonJS, and their types. */
import { join } from 'node:path';
import { isExternal, packageOf, ROOT, rootManifest, versionsOf, workspaceFile } from './workspace.mjs';

const LOCAL_RUN = '@barkeep/local-run';

/** Writes the files of the package into a folder. @returns its manifest without the fields that both packages share */
export async function makeClient(folder) {
  const dist = join(folder, 'dist');
  const imported = await writeCode(dist);
  await writeTypes(dist);
  return {
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
    peerDependencies: { '@barkeep/cli': rootManifest.version },
    peerDependenciesMeta: { '@barkeep/cli': { optional: true } },
  };
}

/** Bundles the code. @returns the third-party packages that it imports */
async function writeCode(dist) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(ROOT, 'libs/client/src/index.ts'),
    platform: 'node',
    plugins: [{ name: 'workspace-sources', resolveId: resolveSource }],
    external: isExternal,
    treeshake: { moduleSideEffects: false },
    tsconfig: join(ROOT, 'tsconfig.base.json'),
  });
  const imported = new Set();
  for (const [format, file] of Object.entries({ es: 'index.mjs', cjs: 'index.cjs' })) {
    const { output } = await bundle.write({ file: join(dist, file), format, codeSplitting: false });
    for (const id of output[0].imports) imported.add(packageOf(id));
  }
  await bundle.close();
  imported.delete('node'); // stands for Node's own modules, see packageOf
  return imported;
}

/**
 * Resolves workspace packages to their sources, so that the bundler sees the used names. `@barkeep/local-run` becomes an import of
 * `@barkeep/cli`, which includes it and the programs that it starts.
 */
function resolveSource(id) {
  return id === LOCAL_RUN ? { id: '@barkeep/cli', external: true } : workspaceFile(id, 'src/index.ts');
}

/** Bundles the type declarations into one file, and writes it for ES modules and for CommonJS. */
async function writeTypes(dist) {
  const [{ rollup }, { dts }] = await Promise.all([import('rollup'), import('rollup-plugin-dts')]);
  const bundle = await rollup({
    input: join(ROOT, 'libs/client/dist/index.d.ts'),
    plugins: [{ name: 'workspace-types', resolveId: (id) => workspaceFile(id, 'dist/index.d.ts') }, dts()],
    external: isExternal,
    onwarn: ({ message }) => process.stderr.write(`pack: ${message}\n`),
  });
  for (const file of ['index.d.mts', 'index.d.cts']) await bundle.write({ file: join(dist, file), format: 'es' });
  await bundle.close();
}
