/** Serves the user's repository, in the user's process, to workers over HTTP on loopback. The workers check the records. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fetchFrom, messageOf, RECORD_FIELDS, retryAfterMsOf, type Fetch } from '@barkeep/bar-repository';

export interface RepositoryAddress {
  url: string;
  /** A secret that only the workers of this run know. */
  token: string;
  /** The `limit` of the user's repository, if it is an object. The workers check that it is valid, and keep to it. */
  limit?: unknown;
}

/** The request of a worker. */
interface RemoteRequest {
  name: string;
  symbol: string;
  /** First open time, ISO 8601. */
  start: string;
  /** End of the range, ISO 8601, exclusive. */
  end: string;
  interval: string;
}

/** The answer to a request that failed. */
export interface RemoteError {
  message: string;
  /** How long to wait before the next request, if the repository's error says so. */
  retryAfterMs?: number | undefined;
}

export interface RepositoryServer {
  /** Where workers send their requests. */
  address: RepositoryAddress;
  /** Stops at once; requests without an answer fail. */
  stop(): Promise<void>;
}

/** Serves a repository under each of `names`, its names in the spec. Undefined when `repository` has no supported form. */
export async function startRepositoryServer(
  names: readonly string[],
  repository: unknown,
): Promise<RepositoryServer | undefined> {
  // Each name has its own function: a DataSource answers each name with the dataset of that name.
  const fetches = new Map<string, Fetch>();
  for (const name of names) {
    const fetch = fetchFrom(name, repository);
    if (fetch) fetches.set(name, fetch);
  }
  if (fetches.size === 0) return undefined;
  const token = randomBytes(32).toString('hex');
  const server = createServer((request, response) => {
    if (isAllowed(request, token)) void answer(fetches, request, response);
    else response.writeHead(401).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Ignores errors, for example when no file descriptor is free: an error without a listener would end the user's process.
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const { limit: itsLimit } = repository as { limit?: unknown };
  // Another `limit` of the user's class, such as a page size or a method, is not meant for Barkeep.
  const limit = typeof itsLimit === 'object' && itsLimit !== null ? itsLimit : undefined;
  return { address: { url: `http://127.0.0.1:${port}/`, token, limit }, stop };
}

/** Calls the repository that the request names: answers 200 with its records, or 500 with its error. */
async function answer(fetches: ReadonlyMap<string, Fetch>, request: IncomingMessage, response: ServerResponse) {
  try {
    const { name, symbol, start, end, interval } = (await json(request)) as RemoteRequest;
    const fetch = fetches.get(name);
    if (!fetch) throw new Error(`expected the name of a repository, was "${name}"`);
    const answered: unknown = await fetch(symbol, new Date(start), new Date(end), interval);
    const records: unknown = Array.isArray(answered) ? answered.map(withInherited) : answered;
    send(response, 200, JSON.stringify({ records }, encodeNumbers));
  } catch (error) {
    const failure: RemoteError = { message: messageOf(error), retryAfterMs: retryAfterMsOf(error) };
    send(response, 500, JSON.stringify(failure));
  }
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** A record with its inherited fields, such as the getters of a class, which JSON leaves out. A record with a `toJSON` stays as it is. */
function withInherited(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || 'toJSON' in record) return record;
  const inherited = RECORD_FIELDS.filter((name) => name in record && !Object.hasOwn(record, name));
  if (inherited.length === 0) return record;
  const values = record as Readonly<Record<string, unknown>>;
  return { ...record, ...Object.fromEntries(inherited.map((name) => [name, values[name]])) };
}

/** For JSON.stringify: turns numbers that JSON cannot represent into text, which the worker parses as a number. */
function encodeNumbers(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
