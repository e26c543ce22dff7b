/** Waits for a server that is unavailable when a service starts, until it can be used or turns out to refuse this client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorCode, errorText } from '../error-text.js';
import { tlsProblem } from '../tls-problem.js';

const FIRST_DELAY_MS = 250;
const DELAY_MAX_MS = 5_000;
const LOG_EVERY_MS = 60_000;

/** A code of PostgreSQL, such as 28P01 or XX000. Each has a digit, which sets it apart from a code of Node such as EPIPE. */
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** SQLSTATE classes and codes of temporary errors: connection, transaction, resources, shutdown, system, read only. */
const TRANSIENT_SQL_STATE = /^(08|40|53|57P|58|25006)/;

/** Thrown when a server answers but refuses this client. Waiting does not help, because the settings are wrong. */
export class ServerRefusedError extends Error {
  override readonly name = 'ServerRefusedError';
}

/** Thrown when a setting names a server that cannot be used. The message has the setting, the address and the server's answer. */
export class WrongServerError extends Error {
  override readonly name = 'WrongServerError';
  constructor(server: NamedServer, answer: string) {
    super(`expected ${server.name} at ${server.address} (${server.setting}), which answered: ${answer}`);
  }
}

/** How messages name a server: such as `the session Redis`, the variable with its URL, and host and port without a password. */
export interface NamedServer {
  name: string;
  setting: string;
  address: string;
}

/** The names of a server, with the address in its URL. @param defaultPort for a URL without a port */
export function serverAt(name: string, setting: string, url: string, defaultPort: number): NamedServer {
  const { hostname, port } = new URL(url);
  return { name, setting, address: `${hostname}:${port || defaultPort}` };
}

/**
 * Calls `attempt` until it succeeds. @param attempt connects to the server @returns the result of `attempt`
 * @throws WrongServerError when the server refuses this client
 */
export async function awaitServer<T>(server: NamedServer, attempt: () => Promise<T>, logger: Logger): Promise<T> {
  const from = performance.now();
  let delayMs = FIRST_DELAY_MS;
  let loggedAt = -Infinity;
  // No limit: a service waits as long as its server is unavailable.
  for (;;) {
    try {
      const result = await attempt();
      if (loggedAt > -Infinity) logger.info(`${server.name} at ${server.address} is back`);
      return result;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) throw new WrongServerError(server, refusal);
      const now = performance.now();
      if (now - loggedAt > LOG_EVERY_MS) {
        const waitedSeconds = Math.round((now - from) / 1000);
        logger.warn(`waiting for ${server.name} at ${server.address} (${waitedSeconds} s so far): ${errorText(error)}`);
        loggedAt = now;
      }
    }
    await sleep(delayMs);
    delayMs = Math.min(delayMs * 2, DELAY_MAX_MS);
  }
}

/** Why a server refuses this client; undefined for an error that may pass. */
function refusalOf(error: unknown): string | undefined {
  const code = errorCode(error) ?? '';
  const isFinal = SQL_STATE.test(code) && !TRANSIENT_SQL_STATE.test(code);
  return isFinal || error instanceof ServerRefusedError ? errorText(error) : tlsProblem(error);
}
