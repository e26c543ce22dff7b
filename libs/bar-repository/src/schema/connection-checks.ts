/** Finds connections that must be closed: half-open ones, and those to a server that has become read-only. */
import { Client, type PoolClient } from 'pg';
import { ignoreErrors } from '../connection.js';
import { type BackendState, CopySocket } from '../rows/index.js';

const TIMEOUT_MS = 3_000;
/** Asks for a backend by its process id. The answer has one row, with 0 backends when it has ended; `pid` is that of the asking backend. */
const QUERY = `SELECT pg_backend_pid() AS pid, count(*) AS backends, min(state) AS state, min(wait_event) AS event
  FROM pg_stat_activity WHERE pid = $1`;
type BackendRow = { pid: number; backends: string; state: string | null; event: string | null };
// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
/** `state` of a backend that waits for a query. */
const WAITS_FOR_QUERY = /^idle/;
/** `wait_event` of a backend whose answer is not read. */
const CANNOT_SEND = 'ClientWrite';

/**
 * Lets a connection's socket ask the server, on a new connection, what the backend does. The socket asks when an answer is overdue: the
 * query may be slow, or the connection half-open.
 */
export function checkWhenSilent(client: PoolClient, url: string): void {
  const pid = processIdOf(client);
  const socket = 'connection' in client && (client.connection as { stream?: unknown }).stream;
  if (socket instanceof CopySocket && pid !== undefined) socket.askServer = () => stateOfBackend(url, pid);
}

/**
 * `abandoned` when the backend `pid` has ended or waits for a query; `working` when it runs one; `unknown` when it cannot send its answer,
 * when the server does not reply, or when a connection pooler is in between, which has other process ids.
 */
async function stateOfBackend(url: string, pid: number): Promise<BackendState> {
  const client = new Client({
    connectionString: url,
    application_name: 'barkeep-check',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  ignoreErrors(client);
  try {
    await client.connect();
    const [row] = (await client.query<BackendRow>(QUERY, [pid])).rows;
    if (!row || row.pid !== processIdOf(client)) return 'unknown'; // a pooler is in between
    if (row.backends === '0' || WAITS_FOR_QUERY.test(row.state ?? '')) return 'abandoned';
    return row.state === 'active' && row.event !== CANNOT_SEND ? 'working' : 'unknown';
  } catch {
    return 'unknown';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The process id of the backend; the types of `pg` do not have it. */
function processIdOf(client: object): number | undefined {
  const pid: unknown = 'processID' in client ? client.processID : undefined;
  return typeof pid === 'number' ? pid : undefined;
}

/** SQLSTATE of a write in a transaction that may only read. */
const READ_ONLY = '25006';

/**
 * Makes the pool close a connection after a statement failed because the server is read-only. Without this, connections stay at the old
 * server after a failover that moves the address to another machine.
 */
export function leaveWhenDemoted(client: PoolClient): void {
  const { connection } = client as { connection?: Connection };
  connection?.on('errorMessage', ({ code }) => {
    // The pool closes a returned connection that is not queryable.
    if (code === READ_ONLY) Object.assign(client, { _queryable: false });
  });
}

/** What the types of `pg` do not have. */
interface Connection {
  on(event: 'errorMessage', listener: (message: { code?: string }) => void): void;
}
