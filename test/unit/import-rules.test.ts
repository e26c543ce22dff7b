/**
 * Checks the imports of the whole tree; lint checks one file at a time.
 *
 * - A package imports only the libraries that it may, by their names, and no file of another package.
 * - Its package.json and its tsconfig.json name the packages that it imports.
 * - The files that programs outside of the packages import exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '../..');
const SCOPE = '@barkeep/';

/** The libraries that each library may import. Apps may import any library, and no package imports an app. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bars: [],
  'session-data': ['bars'],
  api: ['bars', 'session-data'],
  'bar-repository': ['bars'],
  'upkeep-queues': ['bars', 'session-data'],
  service: ['bars', 'bar-repository', 'upkeep-queues'],
  observe: ['api', 'bar-repository', 'service', 'upkeep-queues'],
  'local-system': ['service'],
  'local-run': ['bar-repository', 'local-system', 'service', 'session-data', 'upkeep-queues'],
  client: ['api', 'bars', 'bar-repository', 'local-run', 'local-system', 'service', 'session-data'],
};
const LIBS = Object.keys(MAY_IMPORT);
const APPS = ['console', 'coordinator', 'upkeep-worker', 'cli'];

interface Package {
  name: string;
  folder: string;
  /** The names of the packages that it may import. */
  mayImport: readonly string[];
}

/** One import in a source file. */
interface Import {
  file: string;
  specifier: string;
}

const PACKAGES: Package[] = [
  ...LIBS.map((name) => ({ name, folder: join(ROOT, 'libs', name), mayImport: MAY_IMPORT[name]! })),
  ...APPS.map((name) => ({ name, folder: join(ROOT, 'apps', name), mayImport: LIBS })),
];

/** `from 'x'`, `import 'x'`, `import('x')` and `require('x')`. */
const IMPORT = /(?:\bfrom|\bimport|\brequire\()\s*\(?['"]([^'"]+)['"]/g;
/** A static import or re-export of a relative path; the braces may begin on an earlier line. */
const RELATIVE_IMPORT = /^(?:import|export|\}).*from '(\.[^']+)'/gm;

/** The TypeScript files of a package. */
function sourcesOf(folder: string): string[] {
  return readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, 'src', path));
}

/** Every import in a package. */
function importsOf({ folder }: Package): Import[] {
  return sourcesOf(folder).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, specifier]) => ({ file, specifier: specifier! })),
  );
}

/** Whether a package may have this import. */
function isAllowed({ folder, mayImport }: Package, { file, specifier }: Import): boolean {
  if (specifier.startsWith(SCOPE)) return mayImport.includes(specifier.slice(SCOPE.length));
  const isOfThirdParty = !specifier.startsWith('.'); // or of Node
  if (isOfThirdParty) return true;
  const target = join(dirname(file), specifier);
  const isOwnSource = target.startsWith(join(folder, 'src/'));
  const isOwnManifest = target === join(folder, 'package.json');
  const isSupportOfTest = file.endsWith('.test.ts') && target.startsWith(join(ROOT, 'test/support/'));
  return isOwnSource || isOwnManifest || isSupportOfTest;
}

/** The folder names of the project's packages among these names, sorted, each once: `bars` for `@barkeep/bars`. */
function projectPackages(names: Iterable<string>): string[] {
  const inScope = new Set([...names].filter((name) => name.startsWith(SCOPE)));
  return [...inScope].map((name) => name.slice(SCOPE.length)).sort();
}

describe('the package graph', () => {
  it('contains every package of the tree', () => {
    const folders = (['libs', 'apps'] as const).flatMap((kind) =>
      readdirSync(join(ROOT, kind)).map((name) => join(ROOT, kind, name)),
    );
    expect(folders.filter((folder) => existsSync(join(folder, 'package.json'))).sort()).toEqual(
      PACKAGES.map(({ folder }) => folder).sort(),
    );
  });

  it.each(PACKAGES)('lets $name import only allowed packages, and by their names', (entry) => {
    const wrong = importsOf(entry).filter((one) => !isAllowed(entry, one));
    expect(wrong.map(({ file, specifier }) => `${relative(ROOT, file)}: ${specifier}`)).toEqual([]);
  });

  it.each(PACKAGES)('has the imports of $name in its package.json and its tsconfig.json', (entry) => {
    const importsOutsideTests = importsOf(entry).filter(({ file }) => !file.endsWith('.test.ts'));
    const imported = projectPackages(importsOutsideTests.map(({ specifier }) => specifier));
    const { dependencies = {} } = readJson(entry, 'package.json') as { dependencies?: Record<string, string> };
    const { references } = readJson(entry, 'tsconfig.json') as { references: { path: string }[] };
    expect(projectPackages(Object.keys(dependencies))).toEqual(imported);
    // A reference is a path such as `../bars`. It may also name a package that only tests import.
    const referenced = references.map(({ path }) => path.split('/').at(-1));
    expect(referenced).toEqual(expect.arrayContaining(imported));
  });
});

it('every file that a bench, a script or an example imports exists', () => {
  const files = ['bench', 'scripts', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(ROOT, folder, path)),
  );
  const programs = files.filter((file) => /\.[cm]js$/.test(file) && !file.includes('node_modules'));
  const wrong: string[] = [];
  for (const file of programs) {
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)) {
      const target = sourceOf(join(dirname(file), specifier!));
      if (!existsSync(target)) wrong.push(`${relative(ROOT, file)}: ${relative(ROOT, target)}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** The file that must exist: src/x.ts for dist/x.js, which the compiler makes of it. */
function sourceOf(file: string): string {
  return file.includes('/dist/') ? file.replace('/dist/', '/src/').replace(/js$/, 'ts') : file;
}

function readJson({ folder }: Package, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}
