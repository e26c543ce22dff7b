/**
 * Runs the code blocks of README and docs/: commands and programs print what the document shows. `UPDATE_DOCUMENTS=1`
 * writes the real output into the documents.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { DOCUMENTS, MARCH } from '../support/programs/documents.js';
import { commandsOf, isShown, type Snippet, withOutput } from '../support/programs/snippets.js';
import { DocumentSystem } from '../support/system/document-system.js';

const ROOT = join(__dirname, '../..');
/** Within the project, so that programs find its packages. */
const FOLDER = join(ROOT, '.barkeep/document-snippets');
const UPDATE = process.env['UPDATE_DOCUMENTS'] === '1';
const RUN_DOCUMENTS = DOCUMENTS.filter(({ snippets }) => snippets.some(isRun));

/** A block of a document, and the text that it should have. */
type RealOutput = [snippet: Snippet, text: string];

jest.setTimeout(240_000);

/** A system with session `march`, which the documents use in examples. */
let shared: DocumentSystem;

beforeAll(async () => {
  shared = await DocumentSystem.create(FOLDER);
  writeFileSync(join(FOLDER, 'march.json'), JSON.stringify(MARCH));
  await shared.run('npx barkeep demo --data-only && npx barkeep run march.json --wait-settled', FOLDER);
});

afterAll(async () => {
  await shared?.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

it.each(RUN_DOCUMENTS)('the blocks of $path run, and print what the document shows', async ({ path, snippets }) => {
  // A document that imports the data itself begins with an empty system.
  const importsData = snippets.some((snippet) => isRun(snippet) && snippet.text.includes('demo --data-only'));
  const system = importsData ? await DocumentSystem.create(FOLDER) : shared;
  const realOutputs = await runDocument(system, path, snippets);
  if (system !== shared) await system.close();
  if (UPDATE) update(path, realOutputs);
});

/** Whether this test runs a block. */
function isRun({ language, notRun }: Snippet): boolean {
  return notRun === undefined && (language === 'console' || language === 'ts');
}

/** Runs the blocks of a document in order, in one folder. @returns each block that shows output, with the real output */
async function runDocument(system: DocumentSystem, path: string, snippets: readonly Snippet[]): Promise<RealOutput[]> {
  const folder = join(FOLDER, path.replace(/\W/g, '-'));
  mkdirSync(folder, { recursive: true });
  const realOutputs: RealOutput[] = [];
  for (const [i, snippet] of snippets.entries()) {
    if (snippet.file) writeFileSync(join(folder, snippet.file), snippet.text);
    if (!isRun(snippet)) continue;
    if (snippet.language === 'console') {
      realOutputs.push([snippet, await checkCommands(system, snippet, folder)]);
      continue;
    }
    const printed = await runBlockProgram(system, snippet, folder);
    const next = snippets[i + 1];
    if (next?.language !== 'text') continue;
    // The block after a program shows the program's output.
    checkOutput(next.place, next.text, printed);
    realOutputs.push([next, printed]);
  }
  return realOutputs;
}

/** Runs the commands of a console block and compares their output. @returns the block with the real output */
async function checkCommands(system: DocumentSystem, snippet: Snippet, folder: string): Promise<string> {
  const outputs: string[] = [];
  for (const { command, output } of commandsOf(snippet)) {
    const { stdout, stderr } = await system.run(command, folder);
    // Readers run the session of MARCH for the first time. Here it was completed before, so this leaves that notice out.
    const printed = stdout + stderr.replace(/^session march was completed before: .*\n/m, '');
    checkOutput(`${snippet.place}: ${command}`, output, printed);
    outputs.push(printed);
  }
  return withOutput(snippet, outputs);
}

/** Runs a program that must succeed. @returns what it printed */
async function runBlockProgram(system: DocumentSystem, { place, text }: Snippet, folder: string): Promise<string> {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  const { outputText } = ts.transpileModule(text, { compilerOptions });
  const file = join(folder, 'program.mjs');
  writeFileSync(file, system.withAddresses(outputText));
  const { code, stdout, stderr } = await system.run(`node ${file}`, folder);
  if (code !== 0) throw new Error(`${place}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Asserts that the document shows what was printed, unless the document is going to be updated. */
function checkOutput(place: string, shown: string, printed: string): void {
  if (UPDATE || isShown(shown, printed)) return;
  // Fails, and shows the difference.
  expect({ place, printed }).toEqual({ place, printed: shown });
}

/** Writes the real output into a document, the last block first, so that the offsets of earlier blocks stay valid. */
function update(path: string, realOutputs: readonly RealOutput[]): void {
  const file = join(ROOT, path);
  let document = readFileSync(file, 'utf8');
  for (const [{ offset, text }, realOutput] of realOutputs.toReversed())
    document = document.slice(0, offset) + realOutput + document.slice(offset + text.length);
  writeFileSync(file, document);
}
