import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BarsBySymbolRepository } from '@barkeep/bar-repository';
import { moduleText, remoteRepositories } from './remote-repository.js';
import { startRepositoryServer, type RepositoryServer } from './repository-server.js';

const [START, END] = [new Date('2024-03-04T14:30:00Z'), new Date('2024-03-04T21:00:00Z')];
/** A request of a worker. */
const REQUEST = ['AAA', START, END, '1m'] as const;
const servers: RepositoryServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.stop()))));

/** Serves a repository. @returns the repository as a worker sees it, which forwards each call */
async function remote(repository: object): Promise<BarsBySymbolRepository> {
  const server = await startRepositoryServer(['mine'], repository);
  servers.push(server!);
  const { mine } = Object.fromEntries(await remoteRepositories(server!.address, ['mine']));
  return mine as BarsBySymbolRepository;
}

describe('a repository that worker processes call', () => {
  it('gets the arguments of getBars as in one process', async () => {
    const getBars = jest.fn(() => []);
    const worker = await remote({ getBars });
    expect(await worker.getBarsBySymbol(...REQUEST)).toEqual([]);
    expect(getBars.mock.calls).toEqual([[{ symbol: 'AAA', start: START, end: END, interval: '1m' }]]);
  });

  it('gets the arguments of getBarsBySymbol as in one process', async () => {
    const getBarsBySymbol = jest.fn(() => Promise.resolve([]));
    const worker = await remote({ getBarsBySymbol });
    expect(await worker.getBarsBySymbol(...REQUEST)).toEqual([]);
    expect(getBarsBySymbol.mock.calls).toEqual([REQUEST]);
  });

  it('gives its records, in which values that JSON cannot represent are text', async () => {
    const record = { time: START, open: '1.5', high: 2, low: 1, close: NaN, volume: 10n };
    const worker = await remote({ getBars: () => [record, null] });
    const expected = [{ ...record, time: START.toISOString(), close: 'NaN', volume: '10' }, null];
    expect(await worker.getBarsBySymbol(...REQUEST)).toEqual(expected);
  });

  it('gives the inherited fields of its records, such as getters of a class, as in one process', async () => {
    class Row {
      constructor(readonly openTime: number) {}
      get close(): number {
        return 2;
      }
    }
    const worker = await remote({ getBars: () => [new Row(5), [new Row(5)]] });
    expect(await worker.getBarsBySymbol(...REQUEST)).toEqual([{ openTime: 5, close: 2 }, [{ openTime: 5 }]]);
  });

  it('passes on the message of its error, and when to retry', async () => {
    const failing = await remote({ getBars: () => Promise.reject(new Error('the vendor is down')) });
    await expect(failing.getBarsBySymbol(...REQUEST)).rejects.toThrow('the vendor is down');
    const demandsDelay = Object.assign(new Error('429'), { retryAfterMs: 1_500 });
    const busy = await remote({ getBars: () => Promise.reject(demandsDelay) });
    await expect(busy.getBarsBySymbol(...REQUEST)).rejects.toMatchObject({ message: '429', retryAfterMs: 1_500 });
  });

  it('passes on the name of an error without a message', async () => {
    const nameless = await remote({ getBars: () => Promise.reject(new TypeError()) });
    await expect(nameless.getBarsBySymbol(...REQUEST)).rejects.toThrow('TypeError');
  });

  it('rejects records that are not JSON', async () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    const unprintable = await remote({ getBars: () => [circular] });
    await expect(unprintable.getBarsBySymbol(...REQUEST)).rejects.toThrow('circular');
  });

  it('passes on an answer of undefined', async () => {
    const silent = await remote({ getBars: () => undefined });
    expect(await silent.getBarsBySymbol(...REQUEST)).toBeUndefined();
  });

  it('does not end the process of its user when its server cannot accept a connection', async () => {
    const createServer = jest.spyOn(http, 'createServer');
    await remote({ getBars: () => [] });
    const { value: server } = createServer.mock.results[0]! as { value: http.Server };
    createServer.mockRestore();
    expect(() => server.emit('error', new Error('accept EMFILE'))).not.toThrow();
  });

  it('rejects a request with another token, or without one', async () => {
    await remote({ getBars: () => [] });
    const { url } = servers[0]!.address;
    const otherToken = { authorization: 'Bearer x' };
    expect((await fetch(url, { method: 'POST', headers: otherToken, body: '{}' })).status).toBe(401);
    expect((await fetch(url)).status).toBe(401);
  });

  it('has its limit in the entry that a worker loads', async () => {
    const limit = { max: 10, durationMs: 1_000, concurrency: 1 };
    const server = await startRepositoryServer(['mine'], { limit, getBars: () => [] });
    servers.push(server!);
    const { mine } = Object.fromEntries(await remoteRepositories(server!.address, ['mine']));
    expect(mine).toEqual({ limit, repository: { getBarsBySymbol: expect.any(Function) } });
  });

  it('has no limit when the `limit` of its class is something else, such as a page size', async () => {
    const server = await startRepositoryServer(['mine'], { limit: 1_000, getBars: () => [] });
    servers.push(server!);
    expect(server!.address).not.toHaveProperty('limit', 1_000);
  });

  it('an object of none of the three forms is not served, and is undefined for a worker', async () => {
    expect(await startRepositoryServer(['mine'], { answer: 42 })).toBeUndefined();
    expect(await remoteRepositories(null, ['mine'])).toEqual(new Map([['mine', undefined]]));
  });
});

describe('the module that workers load', () => {
  it('has the repositories of the user’s own module and the remote one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barkeep-run-'));
    const own = join(folder, 'own.cjs');
    await writeFile(own, 'module.exports = { vendor: { getBars: () => [] } };');
    try {
      const address = { url: 'http://127.0.0.1:9/', token: 't' };
      const repositories = await remoteRepositories(address, ['mine'], own);
      expect([...repositories.keys()].sort()).toEqual(['mine', 'vendor']);
      expect(moduleText('/dist/remote.js', address, ['mine'], own)).toBe(
        `module.exports = () => require("/dist/remote.js").remoteRepositories({"url":"http://127.0.0.1:9/","token":"t"}, ["mine"], ${JSON.stringify(own)});\n`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
