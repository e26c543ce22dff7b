/** Checks that configured servers answer, so that a wrong address is an error within two seconds and not a long wait. */
import { connect } from 'node:net';
import type { ServiceUrls } from '@barkeep/service';
import { CliError } from '../terminal/index.js';

const ANSWER_LIMIT_MS = 2_000;
const SERVERS = {
  databaseUrl: { name: 'PostgreSQL', variable: 'DATABASE_URL', port: 5432 },
  redisUrl: { name: 'Redis', variable: 'REDIS_URL', port: 6379 },
  sessionRedisUrl: { name: 'Redis', variable: 'SESSION_REDIS_URL', port: 6379 },
} as const;

/** Connects to the named servers that are configured. @throws CliError that names the address and the variable */
export async function checkServers(
  urls: Partial<ServiceUrls>,
  wanted: readonly (keyof typeof SERVERS)[],
): Promise<void> {
  await Promise.all(
    wanted.map(async (key) => {
      const url = urls[key];
      // Sockets of a local PostgreSQL have no host, and lists of Sentinels are no single address.
      if (url === undefined || !/^(postgres(ql)?|rediss?):$/.test(protocolOf(url)) || new URL(url).hostname === '')
        return;
      const { hostname, port } = new URL(url);
      const server = SERVERS[key];
      const problem = await connectProblem(hostname.replace(/^\[|\]$/g, ''), Number(port) || server.port);
      if (problem === undefined) return;
      throw new CliError(
        `expected ${server.name} at ${hostname}:${port || server.port} (${server.variable}), was: ${problem}`,
      );
    }),
  );
}

/** Asks a coordinator whether it lives. @throws CliError that names the address */
export async function checkCoordinator(url: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  let was: string;
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}/health/live`, { signal: limit });
    await answer.body?.cancel();
    // A coordinator that is busy or starting answers 503: its client waits for it.
    if (answer.ok || answer.status === 503 || answer.status === 401) return;
    was = `HTTP ${answer.status}, which is no coordinator`;
  } catch (error) {
    signal.throwIfAborted();
    was = isTimeout(error) ? `no answer within ${ANSWER_LIMIT_MS / 1000} s` : causeOf(error);
  }
  throw new CliError(`expected a coordinator at ${url}, was: ${was}`);
}

function connectProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_LIMIT_MS });
    const end = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(`no answer within ${ANSWER_LIMIT_MS / 1000} s`));
    socket.on('error', (error) => end(error.message === '' ? 'no connection' : error.message));
  });
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
