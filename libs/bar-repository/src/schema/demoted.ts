/**
 * Gives up connections to a PostgreSQL that takes no writes. A failover that moves the name or the address of the server to another
 * machine leaves open connections at the old one; the pool opens new ones to the new server.
 */
import type { PoolClient } from 'pg';

/** SQLSTATE of a write in a transaction that may only read. */
const READ_ONLY = '25006';

/** After the first statement that fails because the server is read-only, the pool closes the connection instead of keeping it. */
export function leaveWhenDemoted(client: PoolClient): void {
  const { connection } = client as { connection?: Connection };
  connection?.on('errorMessage', ({ code }) => {
    // The pool keeps no connection on which a query cannot run.
    if (code === READ_ONLY) Object.assign(client, { _queryable: false });
  });
}

/** What the types of `pg` do not have. */
interface Connection {
  on(event: 'errorMessage', listener: (message: { code?: string }) => void): void;
}
