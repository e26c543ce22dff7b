/**
 * The data folder of one private PostgreSQL server. Its random password is in a file that only the server's account and root can read.
 *
 * Guarantees: the data folder is complete or absent. Data of another major version are refused and left unchanged.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorText } from '@barkeep/service';
import { DataFolderError, ServerStartError } from '../errors.js';
import type { Account } from './account.js';
import type { PostgresProgram } from './postgres-program.js';
import { removeFolder } from './sweep.js';

const INIT_LIMIT_MS = 120_000;

/** Name of the server's superuser, and of its database. */
export const POSTGRES_ROLE = 'barkeep';

/** Where and how a server runs. `place` must exist, and `account` must be able to reach it. */
export interface PostgresOptions {
  readonly program: PostgresProgram;
  /** The account to run as; undefined for the current one. */
  readonly account: Account | undefined;
  /** Folder for the server's data, password and log. */
  readonly place: string;
  /** False for temporary data, which is not synced to disk. */
  readonly keep: boolean;
}

function giveTo(path: string, account: Account | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** The environment of PostgreSQL's programs: only the variables that they need. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Creates the data folder under another name and renames it, so that an interrupted start leaves no incomplete folder. The name is new each
 * time: the initdb of a killed start may still run, and empties its folder when it fails.
 */
async function initialise(options: PostgresOptions, data: string, passwordFile: string): Promise<void> {
  const fresh = mkdtempSync(`${data}.new-`);
  giveTo(fresh, options.account);
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  giveTo(passwordFile, options.account);
  await runInitdb(options, fresh, passwordFile);
  renameSync(fresh, data);
}

/** Runs PostgreSQL's program initdb, which fills an empty data folder. @throws ServerStartError */
async function runInitdb({ program, account, place, keep }: PostgresOptions, folder: string, passwordFile: string) {
  const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const args = [`--pgdata=${folder}`, `--username=${POSTGRES_ROLE}`, `--pwfile=${passwordFile}`, ...settings];
  const options = { cwd: place, env: programEnvironment(), timeout: INIT_LIMIT_MS, ...account };
  const initdb = promisify(execFile)(join(program.bin, 'initdb'), keep ? args : [...args, '--no-sync'], options);
  // A child process outlives its parent. Without this handler initdb would continue after this process has exited.
  const endInitdb = () => initdb.child.kill('SIGKILL');
  process.once('exit', endInitdb);
  try {
    await initdb;
  } catch (error) {
    // The message of the error begins with the whole command line.
    const { stderr } = error as { stderr?: string };
    throw new ServerStartError('initdb', stderr?.trim() || errorText(error), '');
  } finally {
    process.removeListener('exit', endInitdb);
  }
}

/** Refuses data of another major version, which this server cannot read. @throws DataFolderError */
function checkVersion(data: string, major: number): void {
  const was = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (was === String(major)) return;
  throw new DataFolderError(
    `expected data of PostgreSQL ${major} in ${data}, was: of PostgreSQL ${was}; move the folder away to start with an empty one`,
  );
}

/** Opens the data folder in `place`, and creates it if it is missing. Removes what killed starts left. @throws ServerStartError, DataFolderError */
export async function openPostgresData(options: PostgresOptions) {
  const folder = join(options.place, 'postgres');
  const passwordFile = join(options.place, 'postgres-password');
  const unfinished = readdirSync(options.place).filter((name) => name.startsWith('postgres.new'));
  for (const name of unfinished) removeFolder(join(options.place, name));
  if (!existsSync(folder)) await initialise(options, folder, passwordFile);
  checkVersion(folder, options.program.major);
  const { uid, gid } = statSync(folder); // the server must run as the owner of its data, even when the options now name another account
  const password = readFileSync(passwordFile, 'utf8').trim();
  return { folder, account: options.account && { uid, gid }, password };
}
