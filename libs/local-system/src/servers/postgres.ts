/**
 * One private PostgreSQL server: loopback only, SCRAM with a random password kept in a file of mode 0600.
 *
 * Guarantees: when `startPostgres` resolves, the server answers and the database `barkeep` exists; when it rejects, it leaves no
 * server running. A kept data folder is durable; a temporary one is not synced to disk.
 */
import { join } from 'node:path';
import { pingPostgres } from './ping.js';
import { openPostgresData, programEnvironment, role, type PostgresOptions } from './postgres-data.js';
import { startServer, untilReady, withFreePort, type ServerProcess } from './server-process.js';

const readyLimitMs = 60_000;

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

async function ensureDatabase(adminUrl: string): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: adminUrl });
  // A lost connection rejects the query that runs.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [role]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${role}`);
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
    const url = (database: string) => `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
    const ready = async (server: ServerProcess) => {
      await untilReady(server, () => pingPostgres(url('postgres')), readyLimitMs);
      await ensureDatabase(url('postgres'));
    };
    await startServer(command, spawned, ready, 5000);
    return url(role);
  });
}
