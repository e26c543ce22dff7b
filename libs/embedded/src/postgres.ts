/**
 * One private PostgreSQL server: loopback only, SCRAM with a random password kept in a file of mode 0600.
 *
 * Guarantees: when `startPostgres` resolves the server answers and the database `barkeep` exists; when it rejects none is
 * left running by it. A data folder that stays is durable; one that goes away is not synced to disk.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Account } from './account.js';
import { DataFolderError, ServerStartError } from './errors.js';
import { pingPostgres } from './ping.js';
import type { PostgresProgram } from './postgres-program.js';
import { endServer } from './processes.js';
import { spawnServer, untilReady, withFreePort, type ServerProcess } from './server-process.js';

const readyLimitMs = 60_000;
const initLimitMs = 120_000;
const role = 'barkeep';

/** A running server and the URL of its database. */
export interface PostgresServer {
  readonly process: ServerProcess;
  readonly url: string;
}

/** Where and how a server runs. `place` must exist and be reachable for `account`. */
export interface PostgresOptions {
  readonly program: PostgresProgram;
  readonly account: Account | undefined;
  readonly place: string;
  readonly keep: boolean;
}

/** Settings of the server, as command-line arguments. */
export function postgresSettings(port: number, keep: boolean): string[] {
  const scratch = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const polls: Record<string, string> = process.platform === 'linux' ? { client_connection_check_interval: '1s' } : {};
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
    ...polls,
    ...(keep ? {} : scratch),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function own(path: string, account: Account | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** Programs get nothing of our environment but what they need. */
function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

/** Makes the data folder beside its final name and renames it, so that an interrupted start leaves no half of one. */
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
  const args = [
    '-D',
    fresh,
    '-U',
    role,
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  const options = { cwd: place, env: programEnvironment(), timeout: initLimitMs, ...account };
  try {
    await promisify(execFile)(join(program.bin, 'initdb'), keep ? args : [...args, '--no-sync'], options);
  } catch (error) {
    throw new ServerStartError('initdb', error instanceof Error ? error.message : String(error), '');
  }
  renameSync(fresh, data);
}

/** Refuses data of another major version, which this server cannot read. */
function checkVersion(data: string, major: number): void {
  const was = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (was === String(major)) return;
  throw new DataFolderError(
    `expected data of PostgreSQL ${major} in ${data}, was: of PostgreSQL ${was}; move the folder away to begin anew`,
  );
}

/** The account that owns existing data goes on running it, even when a better one exists by now. */
function ownerOf(data: string, account: Account | undefined): Account | undefined {
  return account === undefined || !existsSync(data) ? account : { uid: statSync(data).uid, gid: statSync(data).gid };
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [role]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${role}`);
  } finally {
    await client.end();
  }
}

/** Starts a server whose data lie in `place`; calls `spawned` as soon as its process exists. */
export async function startPostgres(
  options: PostgresOptions,
  spawned: (server: ServerProcess) => void,
): Promise<PostgresServer> {
  const { program, place } = options;
  const data = join(place, 'postgres');
  const passwordFile = join(place, 'postgres-password');
  if (!existsSync(data)) await initialise(options, data, passwordFile);
  checkVersion(data, program.major);
  const account = ownerOf(data, options.account);
  const password = readFileSync(passwordFile, 'utf8').trim();
  return withFreePort(async (port) => {
    const process = await spawnServer({
      name: 'postgres',
      command: join(program.bin, 'postgres'),
      args: ['-D', data, ...postgresSettings(port, options.keep)],
      proof: data,
      cwd: place,
      env: programEnvironment(),
      logFile: join(place, 'postgres.log'),
      account,
    });
    spawned(process);
    const url = (database: string) => `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
    try {
      await untilReady(process, () => pingPostgres(url('postgres')), readyLimitMs);
      await ensureDatabase(url('postgres'));
    } catch (error) {
      await endServer(process.mark, 5000);
      throw error;
    }
    return { process, url: url(role) };
  });
}
