/**
 * Decides when a connection to Redis is closed and opened again because the server became a replica. A failover that moves the name or
 * the address of the server to another machine leaves open connections at the old one, which refuses every write.
 */

/** Least time between two such reconnects, ms: a server that stays a replica would otherwise cause one for each command. */
const APART_MS = 1_000;

/** The option `reconnectOnError` of an ioredis client. The command that failed is not repeated. */
export function reconnectWhenDemoted(now: () => number = () => performance.now()): (error: Error) => boolean {
  let lastAt = -Infinity;
  return ({ message }) => {
    if (!message.startsWith('READONLY') || now() - lastAt < APART_MS) return false;
    lastAt = now();
    return true;
  };
}
