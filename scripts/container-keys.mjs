/**
 * Keys and passwords of the containers. `docker compose up` makes them once, into a volume that all containers share, so that
 * there is no default password.
 *
 *   node --import ./scripts/container-keys.mjs PROGRAM   runs PROGRAM; takes values that the environment lacks from /keys
 *   node scripts/container-keys.mjs make                 writes each value to a file: the variable's, or else the file's, or a new one
 *   node scripts/container-keys.mjs show                 prints the values as exports for a shell, with the host's addresses
 *
 * The folder /keys is the volume. A variable that is set wins over its file. Without the folder the first command changes no variable.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = process.env.BARKEEP_KEYS_DIR ?? '/keys';
/** The files, each with the variable whose value it holds. */
const VARIABLE_BY_FILE = {
  'api-key': 'BARKEEP_API_KEYS',
  'admin-key': 'BARKEEP_ADMIN_KEYS',
  'redis-password': 'REDIS_PASSWORD',
  'postgres-password': 'POSTGRES_PASSWORD',
};
/** Where docker-compose.yml publishes the servers. */
const { REDIS_QUEUE_PORT = 6379, REDIS_SESSION_PORT = 6380, POSTGRES_PORT = 5432 } = process.env;
/** The servers: the variable of their URL, the file of their password, and the URL on the host. */
const SERVERS = [
  ['REDIS_URL', 'redis-password', `redis://127.0.0.1:${REDIS_QUEUE_PORT}/0`],
  ['SESSION_REDIS_URL', 'redis-password', `redis://127.0.0.1:${REDIS_SESSION_PORT}/0`],
  ['DATABASE_URL', 'postgres-password', `postgres://barkeep@127.0.0.1:${POSTGRES_PORT}/barkeep`],
];

/** @returns {string} the value in a file, empty when the file does not exist */
function read(file) {
  const path = join(FOLDER, file);
  return existsSync(path) ? readFileSync(path, 'utf8').replace(/\n$/, '') : '';
}

/** The URL with the password in `file`, unless it has a password. */
function withPassword(url, file) {
  const full = new URL(url);
  // The setter alone would not encode a %.
  if (full.password === '') full.password = encodeURIComponent(read(file));
  return full.href;
}

/** Sets the variables that are empty or not set, and the passwords that URLs leave out. */
function load() {
  for (const [file, name] of Object.entries(VARIABLE_BY_FILE))
    if (!process.env[name] && read(file)) process.env[name] = read(file);
  for (const [name, file] of SERVERS) if (process.env[name]) process.env[name] = withPassword(process.env[name], file);
}

/** Writes a file, unless it has this value. All users may read it, because the programs in the other containers run as other users. */
function write(file, value) {
  const path = join(FOLDER, file);
  const newPath = `${path}.new`;
  // The rename replaces the file in one step. A killed process may have left the new file, which is read-only: it cannot be overwritten.
  rmSync(newPath, { force: true });
  if (value === read(file)) return;
  writeFileSync(newPath, `${value}\n`, { mode: 0o444 });
  renameSync(newPath, path);
}

function make() {
  for (const [file, name] of Object.entries(VARIABLE_BY_FILE)) {
    const value = process.env[name] || read(file) || randomBytes(24).toString('hex');
    if (value.includes('\n')) throw new Error(`expected ${name} to be one line, was ${value.split('\n').length} lines`);
    write(file, value);
  }
  // Prometheus sends the content of a file, so it needs a single key.
  write('metrics-key', read('admin-key').split(',')[0].trim());
  console.log('Keys and passwords are in the volume "keys". To see them: docker compose run --rm keys show');
}

/** Prints the keys, and the URLs under which programs on the host reach the servers. */
function show() {
  for (const [file, name] of Object.entries(VARIABLE_BY_FILE)) printExport(name, read(file));
  for (const [name, file, hostUrl] of SERVERS) printExport(name, withPassword(hostUrl, file));
}

/** Prints a line that sets a variable of a shell. Quotes a value in which the shell would change something. */
function printExport(name, value) {
  const isPlain = /^[\w%+,./:@=-]*$/.test(value);
  console.log(`export ${name}=${isPlain ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`}`);
}

const isImported = process.argv[1] !== fileURLToPath(import.meta.url);
if (isImported) load();
else if (process.argv[2] === 'make') make();
else if (process.argv[2] === 'show') show();
else throw new Error(`expected make or show, was "${process.argv[2] ?? ''}"`);
