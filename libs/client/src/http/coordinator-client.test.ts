import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { digestExample, sessionExample } from '@barkeep/api';
import { ApiKeyError, ArgumentError, CoordinatorAddressError, CoordinatorUnreachableError } from '../errors.js';
import { CoordinatorClient } from './coordinator-client.js';

let server: Server | undefined;
afterEach(() => server?.closeAllConnections());
afterEach(() => server?.close());

/** A client of a server that answers with `listener`. */
async function clientOf(listener: RequestListener): Promise<CoordinatorClient> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new CoordinatorClient(`http://127.0.0.1:${port}`, undefined, new AbortController().signal);
}

describe('a client of the HTTP API', () => {
  it('repeats a call when the connection is cut within the answer', async () => {
    let calls = 0;
    const text = JSON.stringify(digestExample);
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { 'content-length': text.length });
      calls++;
      if (calls > 1) response.end(text);
      else response.write(text.slice(0, 10), () => response.destroy());
    });
    await expect(client.digest('march')).resolves.toMatchObject(digestExample);
    expect(calls).toBe(2);
  });

  it.each([
    { spec: { id: 'march' }, hasKey: false },
    { spec: {}, hasKey: true },
    { spec: { id: undefined }, hasKey: true },
  ])('repeats the creation of $spec with the same idempotency key: $hasKey', async ({ spec, hasKey }) => {
    const requests: IncomingMessage[] = [];
    const client = await clientOf((request, response) => {
      requests.push(request);
      if (requests.length > 1) response.end(JSON.stringify(sessionExample));
      else response.destroy();
    });
    await client.create(spec);
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(hasKey ? [expect.any(String), keys[0]] : [undefined, undefined]);
  });

  it.each([
    'localhost:3000',
    'ftp://here',
    'http://me:secret@here',
    'http://me:not/secret@here',
    'me:secret@here:3000',
    'http://here/?a=1',
    'http://here/?',
    'http://here/#/sessions',
    'http://here/#',
  ])('refuses the address %s, and does not show its password', (address) => {
    const create = () => new CoordinatorClient(address, undefined, new AbortController().signal);
    expect(create).toThrow(CoordinatorAddressError);
    expect(create).not.toThrow('secret');
  });

  it.each(['two\nlines', 'a\0b', 'k€y'])('refuses the API key %j, and does not show it', (key) => {
    const create = () => new CoordinatorClient('http://127.0.0.1:3000', key, new AbortController().signal);
    expect(create).toThrow(ApiKeyError);
    expect(create).not.toThrow(key);
  });

  it('does not repeat a call to a port that fetch refuses', async () => {
    const client = new CoordinatorClient('http://127.0.0.1:6000', undefined, new AbortController().signal);
    await expect(client.sessions()).rejects.toThrow(CoordinatorUnreachableError);
  }, 5_000);

  it.each(['', '.', '..'])('sends no call for the name "%s", which would reach another resource', async (name) => {
    const paths: unknown[] = [];
    const client = await clientOf(({ url }, response) => {
      paths.push(url);
      response.end();
    });
    await expect(client.removeSymbol('march', name)).rejects.toThrow(new ArgumentError('symbol', 'a name', name));
    await expect(client.removeConsumer('march', name)).rejects.toThrow(new ArgumentError('consumer', 'a name', name));
    await expect(client.remove(name)).rejects.toThrow(new ArgumentError('session', 'a name', name));
    expect(paths).toEqual([]);
  });
});
