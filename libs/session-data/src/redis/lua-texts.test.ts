import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as constants from './lua-constants.js';
import { LUA } from './lua-texts.js';

const SOURCES = join(__dirname, '..');
const FILES = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.lua'));

test('every script names its KEYS, its ARGV and its answer in its header', () => {
  const scripts = FILES.filter((file) => !file.includes('shared'));
  expect(Object.keys(LUA)).toHaveLength(scripts.length);
  const headers = scripts.map((file) => [file, readFileSync(join(SOURCES, file), 'utf8').split('\n\n')[0]!] as const);
  const lacksPart = (header: string) =>
    !/^--- KEYS: /m.test(header) || !/^--- ARGV: /m.test(header) || !/^--- Answer: /m.test(header);
  expect(headers.filter(([, header]) => lacksPart(header)).map(([file]) => file)).toEqual([]);
});

test('no comment, include or name of a constant is sent to Redis', () => {
  const constant = new RegExp(Object.keys(constants).join('|'));
  for (const text of Object.values(LUA)) {
    expect(text).not.toMatch(/^\s*--|\n\n/m);
    expect(text).not.toMatch(constant);
  }
});
