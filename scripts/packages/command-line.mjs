/** Makes `@barkeep/cli`: the command `barkeep`, the programs that it starts, and the module of local runs for the client library. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExternal, ROOT, thirdParty, versionsOf } from './workspace.mjs';

const inRepository = (path) => join(ROOT, path);

/** Writes the files of the package into a folder. @returns its manifest without the fields that it shares with `@barkeep/client` */
export async function makeCommandLine(folder) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    // Each entry becomes a file of its own, because it is started as a program or loaded by its path.
    input: {
      main: inRepository('apps/cli/dist/main.js'),
      index: inRepository('libs/local-run/dist/index.js'),
      'remote-repository': inRepository('libs/local-run/dist/remote-repository.js'),
      coordinator: inRepository('apps/coordinator/dist/main.js'),
      'upkeep-worker': inRepository('apps/upkeep-worker/dist/main.js'),
    },
    platform: 'node',
    external: isExternal,
  });
  await bundle.write({ dir: join(folder, 'dist'), format: 'cjs', chunkFileNames: 'shared-[hash].js' });
  await bundle.close();
  // The module that each coordinator and worker loads at its start; it is plain JavaScript, so it needs no build.
  cpSync(inRepository('libs/local-system/bin/end-with-parent.js'), join(folder, 'dist/end-with-parent.js'));
  cpSync(inRepository('apps/console/dist/site'), join(folder, 'dist/console'), { recursive: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const command = "#!/usr/bin/env node\n'use strict';\nrequire('../dist/main.js');\n";
  writeFileSync(join(folder, 'bin/barkeep.js'), command, { mode: 0o755 });
  const forTraces = thirdParty('optionalDependencies');
  return {
    name: '@barkeep/cli',
    description:
      'The barkeep command: imports bars, runs backtest sessions, and starts coordinators, upkeep workers and private servers.',
    bin: { barkeep: './bin/barkeep.js' },
    main: './dist/index.js',
    exports: { '.': './dist/index.js', './package.json': './package.json' },
    // All dependencies of the workspace, because Nest loads some by name.
    dependencies: versionsOf(thirdParty('dependencies')),
    // Only traces need these packages. If traces are on and the packages are missing, the coordinator's error names them.
    peerDependencies: versionsOf(forTraces),
    peerDependenciesMeta: Object.fromEntries([...forTraces].map((name) => [name, { optional: true }])),
  };
}
