/** Checks that configured servers accept connections, so that a wrong address is an error within seconds. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText, type ServiceUrls } from '@barkeep/service';
import { ServerUnreachableError } from '../errors.js';

const ANSWER_LIMIT_MS = 2_000;
const RETRY_MS = 250;
/** The servers of {@link ServiceUrls}: the variable of each URL, and the port of a URL that has none. */
export const SERVERS = [
  { key: 'databaseUrl', name: 'PostgreSQL', variable: 'DATABASE_URL', port: 5432 },
  { key: 'redisUrl', name: 'Redis', variable: 'REDIS_URL', port: 6379 },
  { key: 'sessionRedisUrl', name: 'Redis', variable: 'SESSION_REDIS_URL', port: 6379 },
] as const;

/**
 * Checks that each server that has a URL in `urls` accepts a connection.
 * @param withinMs how long it tries again: a server may be starting @default once
 * @throws ServerUnreachableError that names the address and the variable
 */
export async function expectReachable(urls: Partial<ServiceUrls>, withinMs = 0): Promise<void> {
  const deadline = performance.now() + withinMs;
  await Promise.all(SERVERS.map((server) => connectToServer(server, urls[server.key], deadline)));
}

async function connectToServer(
  { name, variable, port: usualPort }: (typeof SERVERS)[number],
  url = '',
  deadline: number,
): Promise<void> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!/^(postgres(ql)?|rediss?):$/.test(protocol)) return; // no URL, or a list of Sentinels
  const { hostname, port } = new URL(url);
  if (hostname === '') return; // the socket of a local PostgreSQL
  const host = hostname.replace(/^\[|\]$/g, ''); // an IPv6 address has brackets in a URL, but not in a connection
  for (;;) {
    const problem = await connectProblem(host, Number(port) || usualPort);
    if (problem === undefined) return;
    const address = `${hostname}:${port || usualPort}`;
    if (performance.now() >= deadline) throw new ServerUnreachableError(name, address, variable, problem);
    await delay(RETRY_MS);
  }
}

/** Why no connection was made; undefined when one was. */
function connectProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_LIMIT_MS });
    const end = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(`no answer within ${ANSWER_LIMIT_MS / 1000} s`));
    socket.on('error', (error) => end(errorText(error)));
  });
}
