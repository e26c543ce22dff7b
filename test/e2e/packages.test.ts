/** The published packages as their users install and run them: the client alone, and the command line with the client. */
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InstalledPackages, PACKAGE_ENV, runIn } from '../support/programs/installed-packages.js';
import { commandsOf, isShown, snippetsOf } from '../support/programs/snippets.js';

const ROOT = join(__dirname, '../..');

let packages: InstalledPackages;
beforeAll(async () => (packages = await InstalledPackages.create()), 300_000);
afterAll(() => packages?.remove());

const barkeep = (cwd: string, ...args: string[]) => runIn(cwd, 'npx', '--no-install', 'barkeep', ...args);
const tsx = (cwd: string, file: string) => runIn(cwd, 'npx', '--no-install', 'tsx', file);

/** The code blocks of a document in docs/. */
const snippetsIn = async (name: string) => snippetsOf(name, await readFile(join(ROOT, 'docs', name), 'utf8'));

describe('the client alone', () => {
  /** Prints the types of the two exports, and the error of a run. */
  const USE = `
    const kinds = [typeof connect, typeof runBacktest];
    const spec = { symbols: ['A'], start: '2024-03-04', end: '2024-03-04' };
    runBacktest({ spec, bars: { A: [] } }).catch(({ name, message }) => console.log(JSON.stringify({ kinds, name, message })));`;

  it.each([
    ['an ES module', 'use.mjs', `import { connect, runBacktest } from '@barkeep/client';${USE}`],
    ['CommonJS', 'use.cjs', `const { connect, runBacktest } = require('@barkeep/client');${USE}`],
  ])('is imported from %s, and its error names the package that runs servers', async (_kind, file, text) => {
    await writeFile(join(packages.clientFolder, file), text);
    expect(JSON.parse(await runIn(packages.clientFolder, process.execPath, file))).toEqual({
      kinds: ['function', 'function'],
      name: 'LocalRunMissingError',
      message: expect.stringContaining('npm install @barkeep/cli'),
    });
  });

  it.each([
    ['nodenext', 'nodenext', 'snippet.mts'],
    ['nodenext', 'nodenext', 'snippet.cts'],
    ['esnext', 'bundler', 'snippet.ts'],
  ])('has types for module %s with resolution %s in %s', async (module, moduleResolution, file) => {
    const snippet = (await snippetsIn('client.md')).find(({ language }) => language === 'ts')!;
    // CommonJS has no await at the top of a module, so the code after the first line, an import, is put into a function.
    const inFunction = snippet.text.replace(
      /^(import .*\n)([\s\S]*)/,
      '$1async function main() {\n$2}\nvoid main();\n',
    );
    await writeFile(join(packages.clientFolder, file), inFunction);
    const options = { module, moduleResolution, target: 'es2022', strict: true, noEmit: true, skipLibCheck: false };
    const compilerOptions = { ...options, types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] };
    await writeFile(join(packages.clientFolder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    await runIn(packages.clientFolder, process.execPath, join(ROOT, 'node_modules/.bin/tsc'), '-p', 'tsconfig.json');
  });

  it('takes at most 20 MB and 20 packages, needs no compiler, and has no source files', async () => {
    const kB = Number((await runIn(packages.clientFolder, 'du', '-sk', 'node_modules')).split('\t')[0]);
    expect(kB).toBeLessThanOrEqual(20_000);
    const lock = JSON.parse(await readFile(join(packages.clientFolder, 'package-lock.json'), 'utf8')) as {
      packages: object;
    };
    // One entry is the folder itself.
    expect(Object.keys(lock.packages).length - 1).toBeLessThanOrEqual(20);
    const files = await readdir(join(packages.clientFolder, 'node_modules'), { recursive: true, withFileTypes: true });
    expect(files.filter(({ name }) => /\.node$|^binding\.gyp$/.test(name))).toEqual([]);
    const clientFiles = await readdir(join(packages.clientFolder, 'node_modules/@barkeep/client'), { recursive: true });
    expect(clientFiles.sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/index.d.mts',
      'dist/index.mjs',
      'package.json',
    ]);
  });
});

describe('the command line with the client', () => {
  it('names the packages that traces need when they are on', async () => {
    const noRedis = 'redis://127.0.0.1:1/0';
    const servers = { REDIS_URL: noRedis, SESSION_REDIS_URL: noRedis, DATABASE_URL: 'postgres://127.0.0.1:1/none' };
    const program = 'node_modules/@barkeep/cli/dist/coordinator.js';
    const started = promisify(execFile)(process.execPath, [program], {
      cwd: packages.wholeFolder,
      env: { ...PACKAGE_ENV, ...servers, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
    });
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/npm install .*bullmq-otel/),
    });
  });

  it('runs the first snippet of the client guide', async () => {
    const snippets = await snippetsIn('client.md');
    const code = snippets.find(({ language }) => language === 'ts')!;
    const output = snippets.find(({ language }) => language === 'text')!;
    await writeFile(join(packages.wholeFolder, 'snippet.mts'), code.text);
    expect(await tsx(packages.wholeFolder, 'snippet.mts')).toBe(output.text);
  });

  it('runs the demonstration', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await barkeep(packages.wholeFolder, '--version')).trim()).toBe(version);
    expect(await barkeep(packages.wholeFolder, 'demo')).toContain(
      'digest 3022c068de4720d62912b0092a1e7a91a80b26fc3907c4763ff1c93012814ed7',
    );
  }, 180_000);

  it('makes a folder in which up, import, run and a strategy in TypeScript work', async () => {
    await barkeep(packages.wholeFolder, 'init', 'first');
    const folder = join(packages.wholeFolder, 'first');
    await packages.withUp(folder, async () => {
      await barkeep(folder, 'import', 'stream.csv', '--dataset', 'stream');
      await barkeep(folder, 'import', 'reference.csv', '--dataset', 'reference');
      expect(await barkeep(folder, 'run', 'session.json')).toMatch(/^session first completed, 3,900 bars/);
      expect(await tsx(folder, 'strategy.ts')).toMatch(/^profit and loss per share: -?\d+\.\d\d\n$/);
    });
  }, 180_000);

  it('runs the tutorial to its end, and its strategy in CommonJS, too', async () => {
    const folder = packages.wholeFolder;
    const snippets = await snippetsIn('tutorial.md');
    for (const { file, text } of snippets) if (file) await writeFile(join(folder, file), text);
    const strategy = snippets.find(({ file }) => file === 'strategy.mjs')!;
    await writeFile(join(folder, 'strategy.cjs'), asCommonJs(strategy.text));
    const blocks = snippets.filter(({ language, notRun }) => language === 'console' && notRun === undefined);
    const differences: unknown[] = [];
    await packages.withUp(folder, async () => {
      for (const { command, output } of blocks.flatMap(commandsOf)) {
        const variants = command === 'node strategy.mjs march' ? [command, 'node strategy.cjs march'] : [command];
        for (const typed of variants) {
          const printed = await runIn(folder, 'bash', '-c', `${typed} 2>&1; true`);
          if (!isShown(output, printed)) differences.push({ typed, output, printed });
        }
      }
      expect(differences).toEqual([]);
      await expect(barkeep(folder, 'up')).rejects.toThrow(/barkeep up runs here already \(process \d+\): http:/);
    });
  }, 240_000);
});

/** The code of an ES module as CommonJS. Its first line is its only import. */
function asCommonJs(code: string): string {
  const [importLine, ...rest] = code.split('\n');
  const required = importLine!.replace(/^import (.*) from (.*);$/, 'const $1 = require($2);');
  return `${required}\n(async () => {${rest.join('\n')}})();\n`;
}
