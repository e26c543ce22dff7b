import { barSourceOf } from './bar-source-of.js';
import { RepositoryAnswerError } from './object-source.js';

const FROM = Date.UTC(2024, 0, 2, 14, 30);
const query = { symbols: ['A', 'B'], from: FROM, to: FROM + 120_000, intervalMs: 60_000, interval: '1m' };
const bar = { time: FROM, open: 1, high: 1, low: 1, close: 1, volume: 1 };

test('an object with getBarsBySymbol is asked by position, keeps its this, and may answer at once', async () => {
  class Repository {
    readonly asked: unknown[] = [];
    getBarsBySymbol(symbol: string, start: Date, end: Date, interval: string): unknown[] {
      this.asked.push([symbol, start.toISOString(), end.toISOString(), interval]);
      return symbol === 'A' ? [bar, { time: 'never' }] : [];
    }
  }
  const repository = new Repository();
  const answer = await barSourceOf('vendor', repository)?.bars(query);
  expect(repository.asked).toEqual([
    ['A', '2024-01-02T14:30:00.000Z', '2024-01-02T14:32:00.000Z', '1m'],
    ['B', '2024-01-02T14:30:00.000Z', '2024-01-02T14:32:00.000Z', '1m'],
  ]);
  expect(answer?.bars).toEqual(new Map([['A', [{ openTime: FROM, open: 1, high: 1, low: 1, close: 1, volume: 1 }]]]));
  expect(answer?.skipped).toEqual(new Map([['malformed', 1]]));
});

test('an object with getBars is asked with one argument, and may answer later', async () => {
  const repository = {
    getBars: async ({ symbol, start, end, interval }: { symbol: string; start: Date; end: Date; interval: string }) => [
      { ...bar, symbol, time: start, volume: end.getTime() - start.getTime() + interval.length },
    ],
  };
  const source = barSourceOf('vendor', repository);
  expect(source?.name).toBe('vendor');
  const answer = await source?.bars(query);
  expect(answer?.bars.get('B')).toMatchObject([{ volume: 120_002 }]);
});

test.each([undefined, null, 7, 'vendor', {}, [], { getBars: 'no' }, () => undefined])(
  '%p is no repository',
  (repository) => {
    expect(barSourceOf('vendor', repository)).toBeUndefined();
  },
);

test('a repository that throws or rejects makes the answer fail with its error', async () => {
  const failure = new Error('vendor down');
  const throws = {
    getBars: (): never => {
      throw failure;
    },
  };
  const rejects = { getBarsBySymbol: () => Promise.reject(failure) };
  await expect(barSourceOf('v', throws)?.bars(query)).rejects.toBe(failure);
  await expect(barSourceOf('v', rejects)?.bars(query)).rejects.toBe(failure);
});

test.each([undefined, null, 'none', { bars: [] }])('an answer of %p is a failure, not "no bars"', async (answer) => {
  await expect(barSourceOf('v', { getBars: () => answer })?.bars(query)).rejects.toThrow(RepositoryAnswerError);
});

test('a repository is asked for eight symbols at a time, for each once, and for none after a failure', async () => {
  let running = 0;
  let most = 0;
  const asked: string[] = [];
  const repository = {
    async getBars({ symbol }: { symbol: string }): Promise<unknown[]> {
      asked.push(symbol);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      if (symbol === 'S40') throw new Error('at S40');
      return [];
    },
  };
  const symbols = Array.from({ length: 100 }, (_, i) => `S${i}`);
  await expect(barSourceOf('v', repository)?.bars({ ...query, symbols })).rejects.toThrow('at S40');
  await new Promise(setImmediate);
  expect(most).toBe(8);
  expect(asked.length).toBeLessThan(60);
  expect(new Set(asked).size).toBe(asked.length);
});

test('an abort ends the wait for a repository that hangs', async () => {
  const controller = new AbortController();
  const hanging = { getBars: () => new Promise(() => undefined) };
  const answer = barSourceOf('v', hanging)?.bars(query, controller.signal);
  controller.abort(new Error('stopping'));
  await expect(answer).rejects.toThrow('stopping');
});
