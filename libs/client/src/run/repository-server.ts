/**
 * A user's repository, asked by worker processes: a server on this machine alone that answers in its place, in the process
 * in which it lives. Says nothing about what the repository answers; the worker holds each record against what it should be.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { fetchFrom, type Fetch } from '@barkeep/bar-repository';

/** Where a {@link RemoteQuestion} is asked. */
export interface RepositoryAddress {
  url: string;
  /** Known to the workers of this run alone. */
  token: string;
}

/** What a worker asks. */
export interface RemoteQuestion {
  name: string;
  symbol: string;
  /** ISO 8601; the end is exclusive. */
  start: string;
  end: string;
  interval: string;
}

export class RepositoryServer {
  private constructor(
    private readonly server: Server,
    private readonly fetches: ReadonlyMap<string, Fetch>,
    /** Where workers ask. */
    readonly address: RepositoryAddress,
  ) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  /**
   * Begins to answer for a repository under some names.
   * @returns undefined for what is no repository
   */
  static async start(names: readonly string[], repository: unknown): Promise<RepositoryServer | undefined> {
    const fetches = new Map<string, Fetch>();
    for (const name of names) {
      const fetch = fetchFrom(name, repository);
      if (fetch) fetches.set(name, fetch);
    }
    if (fetches.size === 0) return undefined;
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const token = randomBytes(32).toString('hex');
    return new RepositoryServer(server, fetches, { url: `http://127.0.0.1:${port}/`, token });
  }

  /** Ends at once; a question that is being answered fails. */
  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAllowed(request, this.address.token)) return void response.writeHead(401).end();
    try {
      const { name, symbol, start, end, interval } = (await json(request)) as RemoteQuestion;
      const fetch = this.fetches.get(name);
      if (!fetch) throw new Error(`expected the name of a repository, was "${name}"`);
      const records: unknown = await fetch(symbol, new Date(start), new Date(end), interval);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ records }, shown));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    }
  }
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Numbers that JSON does not have go as text, which is read as the number that it names. */
function shown(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
