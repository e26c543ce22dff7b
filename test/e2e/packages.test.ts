/**
 * Installs the published packages from their tarballs in empty folders, outside of this checkout. The tarballs are made
 * from the built files; npm takes third-party packages from its cache or from the registry.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { outputUntil } from '../support/programs/output-until.js';
import { commandsOf, isShown, snippetsOf } from '../support/programs/snippets.js';

const ROOT = join(__dirname, '../..');
/** The environment without the test's servers: the packages must start their own. */
const ENV = { ...process.env };
for (const name of ['REDIS_URL', 'SESSION_REDIS_URL', 'DATABASE_URL', 'NODE_PATH']) delete ENV[name];

/** A folder with only the client, and one with all packages. */
let folders: { client: string; whole: string };

beforeAll(async () => {
  // It prints a line for each tarball.
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/packages.mjs'], { cwd: ROOT });
  const tarballs = [...stdout.matchAll(/^dist-packages\/\S+\.tgz/gm)].map(([path]) => join(ROOT, path));
  const client = tarballs.find((path) => path.includes('client'))!;
  const cli = tarballs.find((path) => path.includes('cli-'))!;
  folders = { client: await emptyFolder(), whole: await emptyFolder() };
  await install(folders.client, client);
  await install(folders.whole, client, cli, 'tsx@4');
}, 300_000);

afterAll(async () => {
  for (const folder of Object.values(folders ?? {})) await rm(folder, { recursive: true, force: true });
});

/**
 * Makes a folder that other users may enter, so that the private PostgreSQL, which never runs as root, can keep its
 * data in it.
 */
async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'barkeep-packages-')));
  await chmod(folder, 0o755);
  return folder;
}

/** Runs a program in a folder. @returns standard output @throws with all output when the program fails */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd, env: ENV, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

const install = (cwd: string, ...packages: string[]) =>
  run(cwd, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packages);
const barkeep = (cwd: string, ...args: string[]) => run(cwd, 'npx', '--no-install', 'barkeep', ...args);
const tsx = (cwd: string, file: string) => run(cwd, 'npx', '--no-install', 'tsx', file);

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
    await writeFile(join(folders.client, file), text);
    expect(JSON.parse(await run(folders.client, process.execPath, file))).toEqual({
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
    await writeFile(join(folders.client, file), inFunction);
    const options = { module, moduleResolution, target: 'es2022', strict: true, noEmit: true, skipLibCheck: false };
    const compilerOptions = { ...options, types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] };
    await writeFile(join(folders.client, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    await run(folders.client, process.execPath, join(ROOT, 'node_modules/.bin/tsc'), '-p', 'tsconfig.json');
  });

  it('takes at most 20 MB and 20 packages, needs no compiler, and has no source files', async () => {
    const kB = Number((await run(folders.client, 'du', '-sk', 'node_modules')).split('\t')[0]);
    expect(kB).toBeLessThanOrEqual(20_000);
    const lock = JSON.parse(await readFile(join(folders.client, 'package-lock.json'), 'utf8')) as { packages: object };
    // One entry is the folder itself.
    expect(Object.keys(lock.packages).length - 1).toBeLessThanOrEqual(20);
    const files = await readdir(join(folders.client, 'node_modules'), { recursive: true, withFileTypes: true });
    expect(files.filter(({ name }) => /\.node$|^binding\.gyp$/.test(name))).toEqual([]);
    const clientFiles = await readdir(join(folders.client, 'node_modules/@barkeep/client'), { recursive: true });
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
      cwd: folders.whole,
      env: { ...ENV, ...servers, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
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
    await writeFile(join(folders.whole, 'snippet.mts'), code.text);
    expect(await tsx(folders.whole, 'snippet.mts')).toBe(output.text);
  });

  it('runs the demonstration', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await barkeep(folders.whole, '--version')).trim()).toBe(version);
    expect(await barkeep(folders.whole, 'demo')).toContain(
      'digest 3022c068de4720d62912b0092a1e7a91a80b26fc3907c4763ff1c93012814ed7',
    );
  }, 180_000);

  it('makes a folder in which up, import, run and a strategy in TypeScript work', async () => {
    await barkeep(folders.whole, 'init', 'first');
    const folder = join(folders.whole, 'first');
    await withUp(folder, async () => {
      await barkeep(folder, 'import', 'stream.csv', '--dataset', 'stream');
      await barkeep(folder, 'import', 'reference.csv', '--dataset', 'reference');
      expect(await barkeep(folder, 'run', 'session.json')).toMatch(/^session first completed, 3,900 bars/);
      expect(await tsx(folder, 'strategy.ts')).toMatch(/^profit and loss per share: -?\d+\.\d\d\n$/);
    });
  }, 180_000);

  it('runs the tutorial to its end, and its strategy in CommonJS, too', async () => {
    const folder = folders.whole;
    const snippets = await snippetsIn('tutorial.md');
    for (const { file, text } of snippets) if (file) await writeFile(join(folder, file), text);
    const strategy = snippets.find(({ file }) => file === 'strategy.mjs')!;
    await writeFile(join(folder, 'strategy.cjs'), asCommonJs(strategy.text));
    const blocks = snippets.filter(({ language, notRun }) => language === 'console' && notRun === undefined);
    const differences: unknown[] = [];
    await withUp(folder, async () => {
      for (const { command, output } of blocks.flatMap(commandsOf)) {
        const variants = command === 'node strategy.mjs march' ? [command, 'node strategy.cjs march'] : [command];
        for (const typed of variants) {
          const printed = await run(folder, 'bash', '-c', `${typed} 2>&1; true`);
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

/** Runs `barkeep up` in a folder during `work`. */
async function withUp(folder: string, work: () => Promise<void>): Promise<void> {
  const up = spawn(process.execPath, [join(folders.whole, 'node_modules/.bin/barkeep'), 'up', '--port', '0'], {
    cwd: folder,
    env: ENV,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(up, 'exit');
  try {
    await outputUntil(up.stdout, /Ctrl-C/); // in its last line, when the system is ready
    await work();
  } finally {
    up.kill('SIGINT');
    await ended;
  }
}
