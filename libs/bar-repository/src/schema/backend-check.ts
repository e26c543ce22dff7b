/**
 * Asks the server, on a new connection, whether it still works for a connection that has had no answer for some seconds. A
 * half-open connection looks like a slow query; its backend has ended, or waits for a query that never arrived.
 */
import { Client, type PoolClient } from 'pg';
import { CopySocket } from '../rows/index.js';

const TIMEOUT_MS = 3_000;
/** States of a backend that waits for a query (https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW). */
const WAITING = /^idle/;
const QUERY = `SELECT pg_backend_pid() AS pid, count(*) AS backends, min(coalesce(state, 'unknown')) AS state
  FROM pg_stat_activity WHERE pid = $1`;

/** Lets the socket of a connection ask before its limit of silence is over. @param url of the server */
export function checkWhenSilent(client: PoolClient, url: string): void {
  const pid = processIdOf(client);
  const socket = 'connection' in client && (client.connection as { stream?: unknown }).stream;
  if (socket instanceof CopySocket && pid !== undefined) socket.isAbandoned = () => isAbandoned(url, pid);
}

/**
 * True when the backend `pid` has ended or waits for a query. False when that cannot be found out: the server does not answer, or a
 * connection pooler, which has process ids that the server does not know, is between.
 */
async function isAbandoned(url: string, pid: number): Promise<boolean> {
  const client = new Client({
    connectionString: url,
    application_name: 'barkeep-check',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number; backends: string; state: string | null }>(QUERY, [pid]);
    const [row] = rows;
    if (!row || row.pid !== processIdOf(client)) return false;
    return row.backends === '0' || WAITING.test(row.state ?? '');
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The process id of the backend; the types of `pg` do not have it. */
function processIdOf(client: object): number | undefined {
  const pid: unknown = 'processID' in client ? client.processID : undefined;
  return typeof pid === 'number' ? pid : undefined;
}
