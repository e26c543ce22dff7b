/**
 * Makes the data folder of one private PostgreSQL server and starts the server. It listens on loopback only; its random password
 * is in a file that only the server's account and root can read.
 *
 * Guarantees: when `startPostgres` resolves, the server answers and the database `barkeep` exists; when it rejects, no server
 * is left running. The data folder is complete or absent. Kept data are durable, temporary data are not synced to disk. Data of
 * another major version are refused and left unchanged.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorText } from '@barkeep/service';
import { DataFolderError, ServerStartError } from '../errors.js';
import type { Account } from './account.js';
import { pingPostgres } from './ping.js';
import type { PostgresProgram } from './postgres-program.js';
import { startServer, withFreePort, type ServerProcess } from './server-process.js';

const INIT_LIMIT_MS = 120_000;
const READY_LIMIT_MS = 60_000;

/** Name of the server's superuser, and of its database. */
const ROLE = 'barkeep';

/** Where and how a server runs. `place` must exist, and `account` must be able to reach it. */
interface PostgresOptions {
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
function programEnvironment(): NodeJS.ProcessEnv {
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
  giveTo(fresh, account);
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  giveTo(passwordFile, account);
  const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const args = [`--pgdata=${fresh}`, `--username=${ROLE}`, `--pwfile=${passwordFile}`, ...settings];
  const options = { cwd: place, env: programEnvironment(), timeout: INIT_LIMIT_MS, ...account };
  const initdb = promisify(execFile)(join(program.bin, 'initdb'), keep ? args : [...args, '--no-sync'], options);
  const endInitdb = () => initdb.child.kill(); // it would go on writing into the folder, which the next start replaces
  process.once('exit', endInitdb);
  try {
    await initdb;
  } catch (error) {
    throw new ServerStartError('initdb', errorText(error), '');
  } finally {
    process.removeListener('exit', endInitdb);
  }
  renameSync(fresh, data);
}

/** Refuses data of another major version, which this server cannot read. @throws DataFolderError */
function checkVersion(data: string, major: number): void {
  const was = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (was === String(major)) return;
  throw new DataFolderError(
    `expected data of PostgreSQL ${major} in ${data}, was: of PostgreSQL ${was}; move the folder away to start with an empty one`,
  );
}

/** The account that owns the data, even if a better account exists by now. */
function ownerOf(data: string): Account {
  const { uid, gid } = statSync(data);
  return { uid, gid };
}

/** Opens the data folder in `place`, and creates it if it is missing. @throws ServerStartError, DataFolderError */
async function openPostgresData(options: PostgresOptions) {
  const folder = join(options.place, 'postgres');
  const passwordFile = join(options.place, 'postgres-password');
  if (!existsSync(folder)) await initialise(options, folder, passwordFile);
  checkVersion(folder, options.program.major);
  return { folder, account: options.account && ownerOf(folder), password: readFileSync(passwordFile, 'utf8').trim() };
}

/** Settings of the server, as command-line arguments. */
export function postgresSettings(port: number, keep: boolean): string[] {
  const unsafe = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  // Ends the queries of a program that died. PostgreSQL supports this setting only on some systems.
  const linuxOnly: Record<string, string> =
    process.platform === 'linux' ? { client_connection_check_interval: '1s' } : {};
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    wal_level: 'minimal',
    max_wal_senders: '0',
    checkpoint_timeout: '15min',
    idle_in_transaction_session_timeout: '60s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    ...linuxOnly,
    ...(keep ? {} : unsafe),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Creates the database of Barkeep if it does not exist. */
async function ensureDatabase(adminUrl: string): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: adminUrl });
  // A lost connection rejects the query that runs.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const existing = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [ROLE]);
    if (existing.rowCount === 0) await client.query(`CREATE DATABASE ${ROLE}`);
  } finally {
    await client.end();
  }
}

/** Starts a server with its data in `place`; calls `spawned` as soon as its process exists. @returns the URL of its database */
export async function startPostgres(
  options: PostgresOptions,
  spawned: (server: ServerProcess) => void,
): Promise<string> {
  const { program, place } = options;
  const { folder: data, account, password } = await openPostgresData(options);
  return withFreePort(async (port) => {
    const command = {
      name: 'postgres',
      command: join(program.bin, 'postgres'),
      args: ['-D', data, ...postgresSettings(port, options.keep)],
      proof: data,
      cwd: place,
      env: programEnvironment(),
      logFile: join(place, 'postgres.log'),
      account,
    };
    const url = (database: string) => `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
    const probe = async () => {
      await pingPostgres(url('postgres'));
      await ensureDatabase(url('postgres'));
    };
    await startServer(command, spawned, probe, READY_LIMIT_MS);
    return url(ROLE);
  });
}
