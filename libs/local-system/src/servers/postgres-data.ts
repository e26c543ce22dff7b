/**
 * The data folder of the private PostgreSQL server.
 *
 * Guarantees: the folder is complete or absent; its password is in a file that only the server's account and root can read;
 * data of another major version is refused and left unchanged.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.js';
import { DataFolderError, errorMessage, ServerStartError } from './errors.js';
import type { PostgresProgram } from './postgres-program.js';

const initLimitMs = 120_000;

/** The server's superuser and its database. */
export const role = 'barkeep';

/** Where and how a server runs. `place` must exist and be reachable for `account`. */
export interface PostgresOptions {
  readonly program: PostgresProgram;
  readonly account: Account | undefined;
  readonly place: string;
  readonly keep: boolean;
}

function own(path: string, account: Account | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** The environment of PostgreSQL's programs: only the variables that they need. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

/** Creates the data folder under another name and renames it, so that an interrupted start leaves no incomplete folder. */
async function initialise(
  { program, account, place, keep }: PostgresOptions,
  data: string,
  passwordFile: string,
): Promise<void> {
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  own(fresh, account);
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  own(passwordFile, account);
  const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const args = [`--pgdata=${fresh}`, `--username=${role}`, `--pwfile=${passwordFile}`, ...settings];
  const options = { cwd: place, env: programEnvironment(), timeout: initLimitMs, ...account };
  try {
    await promisify(execFile)(join(program.bin, 'initdb'), keep ? args : [...args, '--no-sync'], options);
  } catch (error) {
    throw new ServerStartError('initdb', errorMessage(error), '');
  }
  renameSync(fresh, data);
}

/** Refuses data of another major version, which this server cannot read. */
function checkVersion(data: string, major: number): void {
  const was = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (was === String(major)) return;
  throw new DataFolderError(
    `expected data of PostgreSQL ${major} in ${data}, was: of PostgreSQL ${was}; move the folder away to start with an empty one`,
  );
}

/** The account that owns existing data keeps running it, even if a better account exists by now. */
function ownerOf(data: string, account: Account | undefined): Account | undefined {
  return account === undefined || !existsSync(data) ? account : { uid: statSync(data).uid, gid: statSync(data).gid };
}

/** Opens the data folder in `place`, and creates it if it is missing. Throws `ServerStartError` or `DataFolderError`. */
export async function openPostgresData(options: PostgresOptions) {
  const folder = join(options.place, 'postgres');
  const passwordFile = join(options.place, 'postgres-password');
  if (!existsSync(folder)) await initialise(options, folder, passwordFile);
  checkVersion(folder, options.program.major);
  return { folder, account: ownerOf(folder, options.account), password: readFileSync(passwordFile, 'utf8').trim() };
}
