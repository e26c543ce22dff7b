/**
 * Checks the code blocks of README and docs/ without running them: programs compile against the real types, commands and
 * their options exist, and the real schema accepts the specs.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSessionSpec } from '@barkeep/bars';
import ts from 'typescript';
import { buildProgram } from '../../apps/cli/src/commands/index.js';
import { DOCUMENTS, MARCH } from '../support/programs/documents.js';

/** Within the project, so that programs find its packages. */
const FOLDER = join(__dirname, '../../.barkeep/document-forms');
const KNOWN_LANGUAGES = /^(?:ts|js|json|jsonc|console|sh|text|csv|python|nginx)$/;
/** A call of the command line, with its words in a group: `barkeep run march.json` or `barkeep.js run …`. */
const BARKEEP_CALL = /\bbarkeep(?:\.js)? ([a-z]+(?: [^\n|>&]*)?)/g;

const SNIPPETS = DOCUMENTS.flatMap(({ snippets }) => snippets);
const snippetsIn = (...languages: string[]) => SNIPPETS.filter(({ language }) => languages.includes(language));

beforeAll(() => mkdirSync(FOLDER, { recursive: true }));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

it('every block has a language that these tests know', () => {
  const unknown = SNIPPETS.filter(({ language }) => !KNOWN_LANGUAGES.test(language));
  expect(unknown.map(({ place }) => place)).toEqual([]);
});

it('programs compile against the real types', () => {
  const placesByFile = new Map<string, string>();
  for (const [i, { text, place }] of snippetsIn('ts').entries()) {
    const file = join(FOLDER, `snippet-${i}.mts`);
    writeFileSync(file, text);
    placesByFile.set(file, place);
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
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([...placesByFile.keys()], options));
  const problems = diagnostics.map(({ file, messageText }) => [
    placesByFile.get(file?.fileName ?? ''),
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  ]);
  expect(problems).toEqual([]);
});

it('JSON is valid, and the real schema accepts the specs', () => {
  for (const { place, text } of snippetsIn('json', 'jsonc')) {
    expect({ place, problem: problemOfJson(text) }).toEqual({ place, problem: '' });
  }
});

it('commands and their options exist', () => {
  const unknown = snippetsIn('console', 'sh').flatMap(({ place, text }) =>
    [...text.matchAll(BARKEEP_CALL)].flatMap(([call, words]) =>
      unknownWords(words!.split(/\s+/)).map((word) => `${place}: ${call}: ${word}`),
    ),
  );
  expect(unknown).toEqual([]);
});

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
function problemOfJson(text: string): string {
  const withoutComments = text.replace(/(^|\s)\/\/ .*$/gm, '$1');
  const isFragment = /^\s*"/.test(withoutComments);
  const objects = isFragment ? splitMembers(withoutComments) : [withoutComments];
  try {
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
