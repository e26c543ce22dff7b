import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { digestExample, metricsExample, sessionExample } from '@barkeep/api';
import { serveHttp } from '../../../../test/support/system/http-server.js';
import { ApiKeyError, ArgumentError, CoordinatorAddressError, CoordinatorUnreachableError } from '../errors.js';
import { CoordinatorClient } from './coordinator-client.js';
import { SymbolNotFoundError } from './errors.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A client without an API key. */
const clientAt = (url: string) => new CoordinatorClient(url, undefined, new AbortController().signal);

/** A client of a server that answers with `listener`. */
async function clientOf(listener: RequestListener): Promise<CoordinatorClient> {
  const served = await serveHttp(listener);
  server = served.server;
  return clientAt(served.url);
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

  it.each([502, 503, 504])(
    'repeats a call that a proxy answered with %i, because no coordinator was ready',
    async (status) => {
      let calls = 0;
      const client = await clientOf((_request, response) => {
        calls++;
        if (calls > 1) response.end(JSON.stringify(digestExample));
        else response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      });
      await expect(client.digest('march')).resolves.toMatchObject(digestExample);
      expect(calls).toBe(2);
    },
  );

  it('waits a minute for an answer, and longer for a digest and a certificate', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    /** The calls whose attempt ended without an answer. */
    const ended: string[] = [];
    const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(
      (url, request) =>
        new Promise((_resolve, reject) => {
          request!.signal!.addEventListener('abort', () => {
            ended.push(String(url).split('/').at(-1)!);
            reject(request!.signal!.reason as Error);
          });
        }),
    );
    const closing = new AbortController();
    const client = new CoordinatorClient('http://here', undefined, closing.signal);
    const calls = [client.digest('march'), client.certificate('march'), client.metrics('march', 'AAA')];
    jest.advanceTimersByTime(61_000);
    expect(ended).toEqual(['metrics']);
    jest.advanceTimersByTime(240_000);
    expect(ended).toEqual(['metrics', 'digest', 'certificate']); // their connections may be lost
    closing.abort(new Error('closed'));
    for (const call of calls) await expect(call).rejects.toThrow('closed');
    fetched.mockRestore();
    jest.useRealTimers();
  });

  it('leaves symbols that are joining, or have left, out of the metrics of all symbols', async () => {
    const client = await clientOf(({ url }, response) => {
      const symbol = /symbols\/(\w+)\/metrics/.exec(url!)![1]!;
      if (symbol === 'DDD') response.writeHead(404).end(JSON.stringify({ type: 'urn:barkeep:problem:unknown-symbol' }));
      else response.end(JSON.stringify({ ...metricsExample, symbol }));
    });
    const metrics = await client.allMetrics({ id: 'march', symbols: ['AAA', 'DDD', 'CCC'] });
    expect(metrics.map(({ symbol }) => symbol)).toEqual(['AAA', 'CCC']);
  });

  it('refuses to remove what does not exist, also when the first attempt reached no server', async () => {
    let calls = 0;
    const unknown = JSON.stringify({ type: 'urn:barkeep:problem:unknown-symbol' });
    const listener: RequestListener = (_request, response) => {
      calls++;
      response.writeHead(404).end(unknown);
    };
    const first = await serveHttp(listener);
    await first.close();
    const removal = expect(clientAt(first.url).removeSymbol('march', 'ZZZ')).rejects.toThrow(SymbolNotFoundError);
    await delay(100); // the first attempt was refused
    expect(calls).toBe(0);
    server = createServer(listener).listen(Number(new URL(first.url).port), '127.0.0.1');
    await removal;
    expect(calls).toBe(1);
  });

  describe('a creation that is repeated', () => {
    /** The idempotency keys of a creation whose first request gets no answer. */
    async function keysOf(spec: object): Promise<unknown[]> {
      const requests: IncomingMessage[] = [];
      const client = await clientOf((request, response) => {
        requests.push(request);
        if (requests.length > 1) response.end(JSON.stringify(sessionExample));
        else response.destroy();
      });
      await client.create(spec);
      return requests.map(({ headers }) => headers['idempotency-key']);
    }

    it.each([{}, { id: undefined }])('sends the same idempotency key again for the spec %p', async (spec) => {
      const [key, ...others] = await keysOf(spec);
      expect(key).toEqual(expect.any(String));
      expect(others).toEqual([key]);
    });

    it('sends no key with an id, which identifies the session', async () => {
      expect(await keysOf({ id: 'march' })).toEqual([undefined, undefined]);
    });
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
    const create = () => clientAt(address);
    expect(create).toThrow(CoordinatorAddressError);
    expect(create).not.toThrow('secret');
  });

  it.each(['two\nlines', 'a\0b', 'k€y'])('refuses the API key %j, and does not show it', (key) => {
    const create = () => new CoordinatorClient('http://127.0.0.1:3000', key, new AbortController().signal);
    expect(create).toThrow(ApiKeyError);
    expect(create).not.toThrow(key);
  });

  it('does not repeat a call to a port that fetch refuses', async () => {
    const client = clientAt('http://127.0.0.1:6000');
    await expect(client.sessions()).rejects.toThrow(CoordinatorUnreachableError);
  }, 5_000); // repeats would take longer

  it.each(['', '.', '..'])('sends no call for the name "%s", which would reach another resource', async (name) => {
    const paths: unknown[] = [];
    const client = await clientOf(({ url }, response) => {
      paths.push(url);
      response.end();
    });
    const errorFor = (argument: string) => new ArgumentError(argument, 'a name', name);
    await expect(client.removeSymbol('march', name)).rejects.toThrow(errorFor('symbol'));
    await expect(client.removeConsumer('march', name)).rejects.toThrow(errorFor('consumer'));
    await expect(client.remove(name)).rejects.toThrow(errorFor('session'));
    expect(paths).toEqual([]);
  });
});
