/**
 * Waits for a server that is away when a service starts: tries again with growing delays and logs that it waits. Ends only when
 * the server can be used, or when the settings are wrong.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

const FIRST_DELAY_MS = 250;
const DELAY_MAX_MS = 5_000;

const SQL_STATE = /^\d[0-9A-Z]{4}$/;
/** SQLSTATE classes of a server that serves later: connection, transaction, resources, shutdown, system, read only. */
const TRANSIENT_SQL_STATE = /^(08|40|53|57P|58|25006)/;

/** A server answers, and refuses this client: waiting does not help, the settings are wrong. */
export class ServerRefusedError extends Error {
  override readonly name = 'ServerRefusedError';
}

/** A setting names a server that cannot be used; the message names the setting, the address and the server's answer. */
export class WrongServerError extends Error {
  override readonly name = 'WrongServerError';
  constructor(server: NamedServer, answer: string) {
    super(`expected ${server.name} at ${server.address} (${server.setting}), which answered: ${answer}`);
  }
}

/** A server as messages name it. */
export interface NamedServer {
  /** `the session Redis`. */
  name: string;
  /** The environment variable. */
  setting: string;
  /** Host and port, without user and password. */
  address: string;
}

/** A server by its setting's URL. */
export function serverAt(name: string, setting: string, url: string, defaultPort: number): NamedServer {
  const { hostname, port } = new URL(url);
  return { name, setting, address: `${hostname}:${port || defaultPort}` };
}

/**
 * @param attempt connects; may be called any number of times @returns its result
 * @throws WrongServerError when the server refuses this client
 */
export async function awaitServer<T>(server: NamedServer, attempt: () => Promise<T>, logger: Logger): Promise<T> {
  const from = performance.now();
  let delayMs = FIRST_DELAY_MS;
  let loggedAt = -Infinity;
  // Not bounded: a service waits as long as its server is away. Each round takes at least its delay.
  for (;;) {
    try {
      const result = await attempt();
      if (loggedAt > -Infinity) logger.info(`${server.name} at ${server.address} is back`);
      return result;
    } catch (error) {
      if (isRefusal(error)) throw new WrongServerError(server, (error as Error).message);
      const waited = Math.round((performance.now() - from) / 1000);
      // One line a minute, and one at the start.
      if (performance.now() - loggedAt > 60_000) {
        loggedAt = performance.now();
        logger.warn(`waiting for ${server.name} at ${server.address} since ${waited} s: ${reasonOf(error)}`);
      }
    }
    await sleep(delayMs);
    delayMs = Math.min(delayMs * 2, DELAY_MAX_MS);
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof ServerRefusedError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return SQL_STATE.test(code) && !TRANSIENT_SQL_STATE.test(code);
}

/** The message of an error; several addresses of one name make an AggregateError without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message || error.name : String(error);
}
