/**
 * Starts one private PostgreSQL server. It listens on loopback only. Kept data are durable, temporary data are not synced to disk.
 *
 * Guarantees: when `startPostgres` resolves, the server answers and the database `barkeep` exists; when it rejects, no server
 * is left running.
 */
import { join } from 'node:path';
import type { Client } from 'pg';
import { askPostgres } from './ping.js';
import { openPostgresData, POSTGRES_ROLE, type PostgresOptions, programEnvironment } from './postgres-data.js';
import { startServer, withFreePort, type ServerProcess } from './server-process.js';

const READY_LIMIT_MS = 60_000;

/** Settings of the server, as command-line arguments. */
export function postgresSettings(port: number, keep: boolean): string[] {
  const settings = {
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
    // Ends the queries of a program that died. PostgreSQL supports this setting only on some systems.
    ...(process.platform === 'linux' && { client_connection_check_interval: '1s' }),
    ...(!keep && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Creates the database of Barkeep if it does not exist. */
async function ensureDatabase(client: Client): Promise<void> {
  const existing = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [POSTGRES_ROLE]);
  if (existing.rowCount === 0) await client.query(`CREATE DATABASE ${POSTGRES_ROLE}`);
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
    // Without `sslmode` the client would use that of PGSSLMODE, which the user may have set for another server.
    const url = (database: string) =>
      `postgres://${POSTGRES_ROLE}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;
    const probe = () => askPostgres(url('postgres'), ensureDatabase, READY_LIMIT_MS);
    await startServer(command, spawned, probe, READY_LIMIT_MS);
    return url(POSTGRES_ROLE);
  });
}
