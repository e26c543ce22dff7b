/** I12 is an invariant of docs/ARCHITECTURE.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collectGarbage } from '../../../../test/support/setup/collect-garbage.js';
import type { BarQuery, RepositoryAnswer } from './bar-source.js';
import { RepositoryAnswerError } from './object-source.js';
import { barSourceOf, loadRepositories, RepositoryModuleError } from './user-repositories.js';

const FROM = Date.UTC(2024, 0, 2, 14, 30);
const QUERY: BarQuery = { symbols: ['A', 'B'], from: FROM, to: FROM + 120_000, interval: '1m' };
const record = { time: FROM, open: 1, high: 1, low: 1, close: 1, volume: 1 };
const never = () => new Promise(() => undefined);

/** Sends a query to a user's repository. */
async function ask(
  repository: object,
  change: Partial<BarQuery> = {},
  signal?: AbortSignal,
): Promise<RepositoryAnswer> {
  return barSourceOf('vendor', repository)!.bars({ ...QUERY, ...change }, signal);
}

/** S0, S1 and so on. */
const manySymbols = (count: number) => Array.from({ length: count }, (_, i) => `S${i}`);

/** A permit that is granted at once, and adds the outcome of each request to `outcomes`. */
const permitNoting = (outcomes: unknown[]) => async () => (error?: unknown) => void outcomes.push(error);

/** A permit that is never granted. The wait for it ends when the signal aborts. */
const permitNever = (signal: AbortSignal | undefined) =>
  new Promise<() => void>((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)));

test('getBarsBySymbol is called with separate arguments on its object, and may return an array', async () => {
  class Repository {
    readonly asked: unknown[] = [];
    getBarsBySymbol(symbol: string, start: Date, end: Date, interval: string): unknown[] {
      this.asked.push([symbol, start.toISOString(), end.toISOString(), interval]);
      return symbol === 'A' ? [record, { time: 'never' }] : [];
    }
  }
  const repository = new Repository();
  const answer = await ask(repository);
  expect(repository.asked).toEqual([
    ['A', '2024-01-02T14:30:00.000Z', '2024-01-02T14:32:00.000Z', '1m'],
    ['B', '2024-01-02T14:30:00.000Z', '2024-01-02T14:32:00.000Z', '1m'],
  ]);
  const { time: openTime, ...values } = record;
  expect(answer.bars).toEqual(new Map([['A', [{ openTime, ...values }]]]));
  expect(answer.refused).toMatchObject([{ symbol: 'A', reason: 'malformed' }]);
});

test('getBars is called with one argument, and may return a promise', async () => {
  const getBars = jest.fn(async ({ symbol, start }: { symbol: string; start: Date }) => [
    { ...record, symbol, time: start },
  ]);
  const answer = await ask({ getBars });
  const range = { start: new Date(QUERY.from), end: new Date(QUERY.to), interval: '1m' };
  expect(getBars.mock.calls).toEqual([[{ symbol: 'A', ...range }], [{ symbol: 'B', ...range }]]);
  expect(answer.bars.get('B')).toMatchObject([{ openTime: FROM }]);
});

test('a source has the name of its repository', () => {
  expect(barSourceOf('vendor', { getBars: () => [] })?.name).toBe('vendor');
});

test.each([undefined, null, 7, 'vendor', {}, [], { getBars: 'no' }, () => undefined])(
  '%p is not a repository',
  (repository) => {
    expect(barSourceOf('vendor', repository)).toBeUndefined();
  },
);

test('I12 a repository that throws or rejects fails only for the symbol of that call, with its error', async () => {
  const failure = new Error('vendor down');
  const throws = {
    getBars: (): never => {
      throw failure;
    },
  };
  const rejects = { getBarsBySymbol: () => Promise.reject(failure) };
  for (const repository of [throws, rejects]) {
    const { failed } = await ask(repository);
    expect(Object.fromEntries(failed)).toEqual({ A: failure, B: failure });
  }
  const failsForA = {
    getBars: ({ symbol }: { symbol: string }) => (symbol === 'A' ? Promise.reject(failure) : [record]),
  };
  const { failed, bars } = await ask(failsForA);
  expect([...failed.keys()]).toEqual(['A']);
  expect([...bars.keys()]).toEqual(['B']);
});

test.each([undefined, null, 'none', { bars: [] }])('an answer of %p is a failure, not "no bars"', async (answer) => {
  const { failed } = await ask({ getBars: () => answer });
  expect([...failed.values()]).toEqual([expect.any(RepositoryAnswerError), expect.any(RepositoryAnswerError)]);
});

test('a repository is asked for eight symbols at a time, for each once, and for no more after eight failures', async () => {
  const [SYMBOLS, FIRST_FAILING] = [100, 40]; // S0 to S39 get an answer, S40 to S99 fail
  const [AT_A_TIME, FAILURES_MAX] = [8, 8];
  let running = 0;
  let mostRunning = 0;
  const asked: string[] = [];
  const repository = {
    async getBars({ symbol }: { symbol: string }): Promise<unknown[]> {
      asked.push(symbol);
      running++;
      mostRunning = Math.max(mostRunning, running);
      await new Promise(setImmediate);
      running--;
      if (Number(symbol.slice(1)) >= FIRST_FAILING) throw new Error(`at ${symbol}`);
      return [];
    },
  };
  const { failed, unasked } = await ask(repository, { symbols: manySymbols(SYMBOLS) });
  expect(failed.size + unasked.size).toBe(SYMBOLS - FIRST_FAILING);
  expect(mostRunning).toBe(AT_A_TIME);
  // After the last failure that is allowed, the requests that run already may fail too.
  expect(asked.length).toBeLessThanOrEqual(FIRST_FAILING + FAILURES_MAX + AT_A_TIME);
  expect(new Set(asked).size).toBe(asked.length);
});

test('an abort ends the wait for a repository that hangs', async () => {
  const controller = new AbortController();
  const answer = ask({ getBars: never }, {}, controller.signal);
  controller.abort(new Error('stopping'));
  await expect(answer).rejects.toThrow('stopping');
});

test('a permit that fails ends the query, and no other symbol is requested', async () => {
  const getBars = jest.fn(() => new Promise((resolve) => setImmediate(resolve, [])));
  const outage = new Error('queue Redis is away');
  let permits = 10;
  const permit = () => (permits-- > 0 ? Promise.resolve(() => undefined) : Promise.reject(outage));
  await expect(ask({ getBars }, { symbols: manySymbols(100), permit })).rejects.toThrow(outage);
  permits = 100; // from now on a permit would be granted
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate); // time for further calls
  expect(getBars).toHaveBeenCalledTimes(10);
});

test('a repository is not called when the query has ended while it waited for its permit', async () => {
  const controller = new AbortController();
  const getBars = jest.fn(() => Promise.reject(new Error('called')));
  const permit = async () => {
    controller.abort(new Error('stopping'));
    return () => undefined;
  };
  await expect(ask({ getBars }, { permit }, controller.signal)).rejects.toThrow('stopping');
  expect(getBars).not.toHaveBeenCalled();
});

test('a DataSource that never connects fails after the time limit', async () => {
  // Has the members by which a DataSource is recognized.
  const unreachable = { isInitialized: false, createQueryRunner: 1, driver: 1, query: 1, initialize: never };
  await expect(ask(unreachable, { timeoutMs: 20 })).rejects.toThrow('timeout');
});

test('a repository that rejects with undefined counts as failed, in the answer and for its permit', async () => {
  const outcomes: unknown[] = [];
  const rejecting = { getBars: () => Promise.reject(undefined as unknown as Error) };
  const { failed } = await ask(rejecting, { symbols: ['A'], permit: permitNoting(outcomes) });
  expect([...failed.values()]).toEqual([expect.any(Error)]);
  expect(outcomes).toEqual([expect.any(Error)]);
});

test('symbols that were not requested when the time slice of the job ended are listed, also those that wait for a permit', async () => {
  const slice = new AbortController();
  const getBars = jest.fn(() => []);
  let permits = 3;
  const permit = (signal: AbortSignal | undefined): Promise<() => void> => {
    if (permits-- > 0) return Promise.resolve(() => undefined);
    setImmediate(() => slice.abort());
    return permitNever(signal);
  };
  const { unasked } = await ask({ getBars }, { symbols: manySymbols(20), permit, slice: slice.signal });
  expect(getBars).toHaveBeenCalledTimes(3);
  expect(unasked.size).toBe(20 - 3);
});

test('a request that takes too long fails also when garbage was collected meanwhile', async () => {
  const failed = ask({ getBars: never }, { symbols: ['A'], timeoutMs: 100 });
  await delay(10);
  collectGarbage();
  expect([...(await failed).failed.keys()]).toEqual(['A']);
}, 5_000);

test('a DataSource whose permit does not come within the time slice of the job is not asked', async () => {
  const slice = new AbortController();
  setImmediate(() => slice.abort());
  const dataSource = { createQueryRunner: never, driver: {}, query: never, initialize: never };
  const query = { permit: permitNever, slice: slice.signal };
  const { unasked, failed } = await ask(dataSource, query, new AbortController().signal);
  expect(unasked).toEqual(new Set(QUERY.symbols));
  expect(failed.size).toBe(0);
});

test('a request that takes too long fails for its symbol, and its permit learns the outcome', async () => {
  const outcomes: unknown[] = [];
  const hangsForA = { getBars: ({ symbol }: { symbol: string }) => (symbol === 'A' ? never() : []) };
  const { failed } = await ask(hangsForA, { permit: permitNoting(outcomes), timeoutMs: 20 });
  expect([...failed.keys()]).toEqual(['A']);
  expect(outcomes).toEqual([undefined, expect.objectContaining({ name: 'TimeoutError' })]);
});

const folder = mkdtempSync(join(tmpdir(), 'barkeep-repositories-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** jest does not support `import()`. For a CommonJS module Node's `import()` returns the exports under `default`. */
async function importOfNode(url: string): Promise<unknown> {
  const exported: unknown = createRequire(__filename)(fileURLToPath(url));
  return { default: exported, 'module.exports': exported };
}

/** Writes a module and loads its repositories. */
async function load(name: string, source: string): Promise<Map<string, unknown>> {
  const path = join(folder, name);
  writeFileSync(path, source);
  return loadRepositories(path, importOfNode);
}

test('a CommonJS module exports repositories by name', async () => {
  const repositories = await load('plain.cjs', 'exports["vendor-b"] = { getBars: () => [] }; exports.none = null;');
  expect([...repositories.keys()]).toEqual(['vendor-b', 'none']);
});

test('the export may be a Map, a promise, or a function that connects first', async () => {
  expect(await load('map.cjs', 'module.exports = new Map([["a", 1]])')).toEqual(new Map([['a', 1]]));
  expect(await load('promise.cjs', 'module.exports = Promise.resolve({ a: 1 })')).toEqual(new Map([['a', 1]]));
  expect(await load('function.cjs', 'module.exports = async () => ({ a: 1 })')).toEqual(new Map([['a', 1]]));
});

test('an ES module may use its default export or named ones', async () => {
  const compiledToCommonJs = { default: { default: { a: 1 }, __esModule: true } };
  for (const exported of [{ default: { a: 1 }, b: 2 }, { a: 1 }, compiledToCommonJs]) {
    expect(await loadRepositories('x.mjs', async () => exported)).toEqual(new Map([['a', 1]]));
  }
});

test('a module that is missing, throws, or exports something else says so with its path', async () => {
  const missing = join(folder, 'missing.cjs');
  await expect(loadRepositories(missing, importOfNode)).rejects.toThrow(
    `${missing}: expected a module that loads, was`,
  );
  await expect(load('throws.cjs', 'throw new Error("no licence")')).rejects.toThrow('no licence');
  await expect(load('no-message.cjs', 'throw Object.create(null)')).rejects.toThrow('was an error without a message');
  await expect(load('array.cjs', 'module.exports = []')).rejects.toThrow(RepositoryModuleError);
  await expect(load('number.cjs', 'module.exports = 7')).rejects.toThrow(
    'expected an object of repositories by dataset name, was number',
  );
});
