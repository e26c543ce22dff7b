import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as constants from './lua-constants.js';
import { LUA } from './lua-texts.js';

const SOURCES = join(__dirname, '..');
const FILES = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.lua'));

/** The files that are scripts. The files in a folder `shared` are only included by scripts. */
const SCRIPT_FILES = FILES.filter((file) => !file.includes('shared'));

/** The comment at the start of a script: its lines up to the first empty line. */
function headerOf(file: string): string {
  return readFileSync(join(SOURCES, file), 'utf8').split('\n\n')[0]!;
}

test('each script file is one text of the module', () => {
  expect(Object.keys(LUA)).toHaveLength(SCRIPT_FILES.length);
});

test.each(['KEYS', 'ARGV', 'Answer'])('the header of every script has a line for %s', (part) => {
  const line = new RegExp(`^--- ${part}: `, 'm');
  expect(SCRIPT_FILES.filter((file) => !line.test(headerOf(file)))).toEqual([]);
});

test('the texts have no comments, no `--- include` lines and no empty lines', () => {
  for (const text of Object.values(LUA)) expect(text).not.toMatch(/^\s*--|\n\n/m);
});

test('the texts have the values of the constants in place of their names', () => {
  const anyName = new RegExp(Object.keys(constants).join('|'));
  for (const text of Object.values(LUA)) expect(text).not.toMatch(anyName);
});
