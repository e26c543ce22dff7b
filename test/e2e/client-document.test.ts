/** The examples in docs/client.md: each is a program that compiles, and the marked one prints what stands under it. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { createTestDatabase } from '../support/database.js';

const ROOT = join(__dirname, '../..');
/** Within the project, so that the examples find its packages. */
const FOLDER = join(ROOT, '.barkeep/client-document');
const DOCUMENT = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
const EXAMPLES = [...DOCUMENT.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

beforeAll(() => mkdirSync(FOLDER, { recursive: true }));
afterAll(() => rmSync(FOLDER, { recursive: true }));

it('compile', () => {
  const files = EXAMPLES.map((text, i) => {
    const path = join(FOLDER, `example-${i}.mts`);
    writeFileSync(path, text);
    return path;
  });
  expect(files.length).toBeGreaterThan(4);
  const module = ts.ModuleKind.NodeNext;
  const target = ts.ScriptTarget.ES2023;
  const options = { module, target, strict: true, noEmit: true, skipLibCheck: true, types: ['node'] };
  const found = ts.getPreEmitDiagnostics(ts.createProgram(files, { ...options, noUncheckedIndexedAccess: true }));
  expect(
    found.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  ).toEqual([]);
});

it('run, and print what stands under them', async () => {
  const database = await createTestDatabase();
  try {
    const [, text, output] = /<!-- run -->\n\n```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/.exec(DOCUMENT)!;
    const path = join(FOLDER, 'run.mjs');
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    writeFileSync(path, ts.transpileModule(text!, { compilerOptions }).outputText);
    const env = { ...process.env, DATABASE_URL: database.url };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { env });
    expect({ stdout, stderr }).toEqual({ stdout: output, stderr: '' });
  } finally {
    await database.drop();
  }
});
