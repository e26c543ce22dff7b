/**
 * Generates one TypeScript module from the Lua scripts of libs/session-data: every `lua/*.lua` of a folder becomes a string.
 * A line `--- include PATH` is replaced by that file; its path is relative to the including file. Comments, blank lines and
 * indentation are removed. Each name in CONSTANTS becomes the value that TypeScript defines for it.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../libs/session-data/src');
const MODULE = join(SOURCES, 'redis/lua-texts.ts');
/** Exports of libs/session-data/src/redis/lua-constants.ts that the scripts use by their names. */
const CONSTANTS = [
  'ABSENT_UNASKED',
  'ASKS_MAX',
  'COUNTER_NAMES',
  'NO_TRADE',
  'ORIGIN_OFFSET',
  'RECORD_BYTES',
  'UNFILLABLE',
];
/** One of these names as a whole word. */
const CONSTANT = new RegExp(`\\b(${CONSTANTS.join('|')})\\b`, 'g');
/** Files directly in a folder `lua`. Those in `lua/shared` are only included by others. */
const SCRIPT = /[\\/]lua[\\/][^\\/]+\.lua$/;
const INCLUDE = /^--- include (\S+)$/;

/** Writes the module when it is missing or its sources have changed. */
export function writeLuaTexts() {
  const text = luaModule();
  if (existsSync(MODULE) && readFileSync(MODULE, 'utf8') === text) return;
  const fresh = `${MODULE}.${process.pid}`;
  try {
    writeFileSync(fresh, text);
    renameSync(fresh, MODULE); // replaces the file in one step, because another process may read it now
  } finally {
    rmSync(fresh, { force: true }); // what a full disk leaves of it
  }
}

/** The module's text. @throws Error for two scripts of one name, and for an include that does not exist */
function luaModule() {
  const scripts = new Map();
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((path) => SCRIPT.test(path))) {
    const name = nameOf(file);
    if (scripts.has(name)) throw new Error(`expected one Lua script named ${name}, were two: ${file}`);
    scripts.set(name, templateText(join(SOURCES, file)));
  }
  const entries = [...scripts].map(([name, text]) => `  ${name}: \`${text}\`,\n`).sort();
  return [
    '/** The Lua scripts, as they are sent to Redis. Made by scripts/lua-texts.mjs out of the .lua files: change those. */',
    `import { ${CONSTANTS.join(', ')} } from './lua-constants.js';\n`,
    `export const LUA = {\n${entries.join('')}} as const;\n`,
  ].join('\n');
}

/** The script's name in the module, such as `flushDays` for `flush-days.lua`. */
function nameOf(path) {
  return basename(path, '.lua').replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

/** A script without comments, as the text of a template literal: escaped, and with `${NAME}` for each constant. */
function templateText(path) {
  return (
    linesOf(path)
      .join('\n')
      // Escapes first, so that the `\n` and `${…}` that the next lines insert stay as they are.
      .replace(/[\\`]|\$\{/g, (special) => `\\${special}`)
      .replaceAll('\n', '\\n')
      .replace(CONSTANT, '${$1}')
  );
}

/** The lines of code of a script and of the files that it includes, without indentation. */
function linesOf(path) {
  return readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .flatMap((line) => {
      const [, include] = INCLUDE.exec(line) ?? [];
      if (include) return linesOf(join(dirname(path), include));
      const code = line.trim();
      return code === '' || code.startsWith('--') ? [] : [code];
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeLuaTexts();
