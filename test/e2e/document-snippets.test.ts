/**
 * Checks every code block of README and docs/: programs compile against the real types and run, commands print what the
 * document shows, and the real schema accepts the specs. `UPDATE_DOCUMENTS=1` writes the real output into the
 * documents.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSessionSpec } from '@barkeep/bars';
import ts from 'typescript';
import { buildProgram } from '../../apps/cli/src/commands/index.js';
import { commandsOf, isShown, type Snippet, snippetsOf, withOutput } from '../support/programs/snippets.js';
import { TestSystem } from '../support/system/system.js';

const ROOT = join(__dirname, '../..');
/** Within the project, so that programs find its packages. */
const FOLDER = join(ROOT, '.barkeep/document-snippets');
const BARKEEP = join(ROOT, 'apps/cli/bin/barkeep.js');
const UPDATE = process.env['UPDATE_DOCUMENTS'] === '1';
const RUN_MS = 240_000;

const PATHS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const DOCUMENTS = PATHS.map((path) => ({ path, snippets: snippetsOf(path, readFileSync(join(ROOT, path), 'utf8')) }));
const ALL = DOCUMENTS.flatMap(({ snippets }) => snippets);

/** The session that the documents use in examples, over the datasets of the demonstration. */
const MARCH = {
  id: 'march',
  symbols: ['ALPHA', 'EMBER'],
  start: '2024-03-04',
  end: '2024-03-08',
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
};

const snippetsIn = (...languages: string[]) => ALL.filter(({ language }) => languages.includes(language));
/** A call of the command line, with its words in a group: `barkeep run march.json` or `barkeep.js run …`. */
const BARKEEP_CALL = /\bbarkeep(?:\.js)? ([a-z]+(?: [^\n|>&]*)?)/g;

describe('the form of the snippets', () => {
  const LANGUAGES = /^(?:ts|js|json|jsonc|console|sh|text|csv|python|nginx)$/;

  it('is one that this test knows', () => {
    expect(ALL.filter(({ language }) => !LANGUAGES.test(language)).map(({ place }) => place)).toEqual([]);
  });

  it('of programs compiles against the real types', () => {
    const folder = join(FOLDER, 'compiled');
    mkdirSync(folder, { recursive: true });
    const places = new Map<string, string>();
    for (const [i, { text, place }] of snippetsIn('ts').entries()) {
      const file = join(folder, `snippet-${i}.mts`);
      writeFileSync(file, text);
      places.set(file, place);
    }
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    };
    const found = ts.getPreEmitDiagnostics(ts.createProgram([...places.keys()], options));
    const problems = found.map(({ file, messageText }) => [
      places.get(file?.fileName ?? ''),
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    ]);
    expect(problems).toEqual([]);
  });

  it('of JSON is valid, and the real schema accepts the specs', () => {
    for (const snippet of snippetsIn('json', 'jsonc')) {
      const { place } = snippet;
      expect({ place, problem: problemOf(snippet) }).toEqual({ place, problem: '' });
    }
  });

  it('of commands names commands and options that exist', () => {
    const unknown = snippetsIn('console', 'sh').flatMap(({ place, text }) =>
      [...text.matchAll(BARKEEP_CALL)].flatMap(([call, words]) =>
        unknownWords(words!.split(/\s+/)).map((word) => `${place}: ${call}: ${word}`),
      ),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the snippets', () => {
  /** A system with session `march`, which the documents use in examples. */
  let shared: DocumentSystem;

  beforeAll(async () => {
    shared = await DocumentSystem.create();
    writeFileSync(join(FOLDER, 'march.json'), JSON.stringify(MARCH));
    await shared.run('npx barkeep demo --data-only && npx barkeep run march.json --wait-settled', FOLDER);
  }, RUN_MS);

  afterAll(async () => {
    await shared?.close();
    rmSync(FOLDER, { recursive: true, force: true });
  });

  const WITH_COMMANDS = DOCUMENTS.filter(({ snippets }) => snippets.some(isRun));

  it.each(WITH_COMMANDS.map(({ path, snippets }) => [path, snippets] as const))(
    'of %s run, and print what the document shows',
    async (path, snippets) => {
      const folder = join(FOLDER, path.replace(/\W/g, '-'));
      mkdirSync(folder, { recursive: true });
      // A document that imports the data itself begins with an empty system.
      const importsData = snippets.some((snippet) => isRun(snippet) && snippet.text.includes('demo --data-only'));
      const system = importsData ? await DocumentSystem.create() : shared;
      const realOutputs: [Snippet, string][] = [];
      for (const [i, snippet] of snippets.entries()) {
        if (snippet.file) writeFileSync(join(folder, snippet.file), snippet.text);
        if (!isRun(snippet)) continue;
        if (snippet.language === 'console') {
          realOutputs.push([snippet, await checkCommands(system, snippet, folder)]);
          continue;
        }
        // A program's output is in the next block, if that is text.
        const shown = snippets[i + 1]?.language === 'text' ? snippets[i + 1] : undefined;
        const printed = await checkProgram(system, snippet, shown, folder);
        if (shown) realOutputs.push([shown, printed]);
      }
      if (system !== shared) await system.close();
      if (UPDATE) update(path, realOutputs);
    },
    RUN_MS,
  );

  /** Runs the commands of a console block and compares their output. @returns the block with the real output */
  async function checkCommands(system: DocumentSystem, snippet: Snippet, folder: string): Promise<string> {
    const outputs: string[] = [];
    for (const { command, output } of commandsOf(snippet)) {
      const { stdout, stderr } = await system.run(command, folder);
      const printed = stdout + stderr;
      outputs.push(printed);
      const { place } = snippet;
      if (!UPDATE && !isShown(output, printed))
        expect({ place, command, printed }).toEqual({ place, command, printed: output });
    }
    return withOutput(snippet, outputs);
  }

  /** Runs a program and compares its output. @returns what it printed */
  async function checkProgram(
    system: DocumentSystem,
    snippet: Snippet,
    shown: Snippet | undefined,
    folder: string,
  ): Promise<string> {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    const file = join(folder, 'program.mjs');
    writeFileSync(file, withTestAddresses(ts.transpileModule(snippet.text, { compilerOptions }).outputText, system));
    const { code, stdout, stderr } = await system.run(`node ${file}`, folder);
    if (code !== 0) throw new Error(`${snippet.place}: exit code ${code}\n${stdout}${stderr}`);
    if (shown && !UPDATE && !isShown(shown.text, stdout))
      expect({ place: shown.place, printed: stdout }).toEqual({ place: shown.place, printed: shown.text });
    return stdout;
  }
});

/** Whether this test runs a block. */
function isRun({ language, notRun }: Snippet): boolean {
  return notRun === undefined && (language === 'console' || language === 'ts');
}

/** The commands and options of a call that do not exist. Arguments are not checked. */
function unknownWords(words: readonly string[]): string[] {
  const unknown: string[] = [];
  let command = buildProgram();
  for (const word of words) {
    if (word.startsWith('--')) {
      const option = word.split('=')[0]!;
      if (!command.options.some(({ long }) => long === option)) unknown.push(option);
    } else if (command.commands.length > 0) {
      const subcommand = command.commands.find((each) => each.name() === word);
      if (!subcommand) return [...unknown, word];
      command = subcommand;
    }
  }
  return unknown;
}

/** Why a block of JSON is wrong; empty when it is right. A fragment of a spec has one member on each line. */
function problemOf({ text }: Snippet): string {
  try {
    const withoutComments = text.replace(/(^|\s)\/\/ .*$/gm, '$1');
    const isFragment = /^\s*"/.test(withoutComments);
    const objects = isFragment ? splitMembers(withoutComments) : [withoutComments];
    for (const object of objects) {
      const withoutTrailingCommas = object.replace(/,(\s*[}\]])/g, '$1');
      const value = JSON.parse(withoutTrailingCommas) as Record<string, unknown>;
      const spec = isFragment ? { ...MARCH, ...value } : value;
      if ('symbols' in spec && 'source' in spec) parseSessionSpec(spec);
    }
    return '';
  } catch (error) {
    return String(error);
  }
}

/** Makes each line `"a": 1` of a fragment a separate object. */
function splitMembers(text: string): string[] {
  return text
    .split(/\n(?=")/)
    .map((member) => member.trim().replace(/,$/, ''))
    .filter((member) => member !== '')
    .map((member) => `{${member}}`);
}

/** Writes the real output into a document, the last block first, so that the offsets of earlier blocks stay valid. */
function update(path: string, realOutputs: [Snippet, string][]): void {
  const file = join(ROOT, path);
  if (!existsSync(file)) return;
  let document = readFileSync(file, 'utf8');
  for (const [{ offset, text }, realOutput] of realOutputs.toReversed())
    document = document.slice(0, offset) + realOutput + document.slice(offset + text.length);
  writeFileSync(file, document);
}

/** Replaces the addresses of `barkeep up`, which documents show, by those of the test's system. */
function withTestAddresses(text: string, { env }: DocumentSystem): string {
  return text
    .replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):3000/g, env['BARKEEP_URL']!)
    .replaceAll(/redis:\/\/127\.0\.0\.1:\d+\/\d/g, env['SESSION_REDIS_URL']!);
}

/** A system for running the commands of documents, with `npx barkeep` on the PATH. */
class DocumentSystem {
  private constructor(
    private readonly system: TestSystem,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create(): Promise<DocumentSystem> {
    const system = await TestSystem.create({ BARKEEP_RECONCILE_SECONDS: '1' });
    const [coordinator] = [await system.coordinator(), await system.worker()];
    const bin = join(FOLDER, 'bin');
    mkdirSync(bin, { recursive: true });
    // `npx barkeep ARGUMENTS` runs the command of this checkout.
    const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${BARKEEP}" "$@"\n`;
    writeFileSync(join(bin, 'npx'), npx, { mode: 0o755 });
    const variables = { BARKEEP_URL: coordinator.url, HOME: FOLDER, NO_COLOR: '1' };
    return new DocumentSystem(system, { ...system.environment, ...variables, PATH: `${bin}:${process.env['PATH']}` });
  }

  run(command: string, folder: string): Promise<Ended> {
    return run('bash', ['-c', withTestAddresses(command, this)], this.env, folder);
  }

  close(): Promise<void> {
    return this.system.close();
  }
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd = ROOT): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: RUN_MS, maxBuffer: 1 << 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      // An error without a number: a signal ended the program, for example at the time limit.
      const failureCode = typeof error?.code === 'number' ? error.code : 1;
      resolve({ code: error ? failureCode : 0, stdout, stderr });
    });
  });
}
