/**
 * `runBacktest` as a script uses it: bars with holes in memory, and a repository that fills them. Checks the results of runs;
 * run-backtest-ends.test.ts checks how runs end.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Readable } from 'node:stream';
import type { Step } from '@barkeep/client';
import { createDataSource } from '@barkeep/bar-repository';
import { writeBars } from '../support/data/market.js';
import {
  Backtests,
  barCount,
  bars,
  market,
  SLOTS,
  SYMBOLS,
  withGetBars,
  withGetBarsBySymbol,
  withHoles,
} from '../support/programs/backtests.js';

let runs: Backtests;
beforeAll(async () => (runs = await Backtests.create(6)));
afterAll(() => runs.close());

/** A step as one line of text: time, closes, and derived intervals. */
function lineOf({ time, bars: closed, derived }: Step): string {
  const shown = [...closed].map(([symbol, { close }]) => `${symbol} ${close}`);
  return `${time} ${shown.join(' ')} ${[...derived.keys()].join(' ')}`;
}

describe('runBacktest with bars in memory', () => {
  /** Results of the run of the first test. */
  let firstRun: { steps: string[]; digest: string; hash: string };

  it('fills every hole from a repository with getBars, and leaves nothing behind', async () => {
    const steps: string[] = [];
    const result = await runs.run({ repository: withGetBars, onStep: (step) => steps.push(lineOf(step)) });
    expect(result.metrics).toMatchObject(SYMBOLS.map((symbol) => ({ symbol, barQuality: 100 })));
    for (const { symbol, streamed, backfilled } of result.metrics) {
      expect({ streamed, backfilled }).toEqual({ streamed: barCount(symbol), backfilled: SLOTS - barCount(symbol) });
    }
    expect(result.status).toMatchObject({ state: 'completed', progress: 1 });
    expect(result.delivered).toMatchObject({ steps: SLOTS, bars: 3 * SLOTS });
    expect(result.fed.get('AAA')).toEqual(expect.objectContaining({ accepted: barCount('AAA'), refused: {} }));
    expect(steps).toHaveLength(SLOTS);
    firstRun = { steps, digest: result.digest.digest, hash: result.delivered.hash };
    expect(await runs.leftovers()).toEqual([]);
  });

  it('I1 gives the same digest, delivered hash and steps for the same bars in another order', async () => {
    const steps: string[] = [];
    const reversedSymbols = [...withHoles].reverse();
    const inSequence = reversedSymbols.flatMap(([symbol, ofSymbol]) => ofSymbol.map((bar) => ({ symbol, ...bar })));
    const result = await runs.run({
      bars: Readable.from(inSequence),
      repository: withGetBars,
      onStep: (step) => steps.push(lineOf(step)),
    });
    expect(result.digest.digest).toBe(firstRun.digest);
    expect(result.delivered.hash).toBe(firstRun.hash);
    expect(steps).toEqual(firstRun.steps);
  });

  it('accepts a repository with getBarsBySymbol, and has steps of 15 minutes', async () => {
    const stepsOfAllDays = SLOTS / 15;
    let steps = 0;
    const { metrics, delivered } = await runs.run({
      repository: withGetBarsBySymbol,
      every: '15m',
      onStep: () => (steps += 1),
    });
    expect(metrics.map(({ barQuality }) => barQuality)).toEqual([100, 100, 100]);
    expect(steps).toBe(stepsOfAllDays);
    expect(delivered).toMatchObject({ steps: stepsOfAllDays, bars: 3 * SLOTS });
  });

  it('accepts a TypeORM DataSource or its EntityManager, and reads from it the dataset that the spec names', async () => {
    await writeBars(runs.databaseUrl, 'whole', market);
    const repository = await createDataSource(runs.databaseUrl).initialize();
    try {
      for (const form of [repository, repository.manager]) {
        const { metrics } = await runs.run({ repository: form, spec: { backfill: ['whole'] } });
        expect(metrics.map(({ barQuality }) => barQuality)).toEqual([100, 100, 100]);
      }
    } finally {
      await repository.destroy();
    }
  });

  it('warns of an object that is no repository, and only reports the gaps', async () => {
    runs.logged.length = 0;
    // @ts-expect-error the value has none of the three forms of a repository
    const { metrics } = await runs.run({ repository: { answer: 42 } });
    expect(runs.logged.join()).toContain('repository: expected getBarsBySymbol, getBars or a TypeORM DataSource');
    for (const { symbol, backfilled, absent } of metrics) {
      expect({ backfilled, absent }).toEqual({ backfilled: 0, absent: SLOTS - barCount(symbol) });
    }
  });

  it('keeps the limit of a repository', async () => {
    let [running, mostRunning] = [0, 0];
    const getBars = async (query: Parameters<typeof withGetBars.getBars>[0]) => {
      mostRunning = Math.max(mostRunning, ++running);
      await new Promise(setImmediate);
      running--;
      return withGetBars.getBars(query);
    };
    const { metrics } = await runs.run({ repository: { limit: { concurrency: 1 }, getBars } });
    expect(metrics.map(({ barQuality }) => barQuality)).toEqual([100, 100, 100]);
    expect(mostRunning).toBe(1);
  });

  it('logs that it waits for a repository that always fails', async () => {
    const end = new AbortController();
    const lines: string[] = [];
    const log = (line: string) => {
      lines.push(line);
      end.abort(new Error('logged'));
    };
    const getBars = () => Promise.reject(new Error('the vendor is down'));
    await expect(runs.run({ repository: { getBars }, log, signal: end.signal })).rejects.toThrow('logged');
    expect(lines[0]).toMatch(/^session run-\w+: waiting for repository repository: the vendor is down/);
  });

  it('rejects with what the log throws, also while nothing else happens', async () => {
    const failure = new Error('the log is full');
    const log = () => {
      throw failure;
    };
    const getBars = () => Promise.reject(new Error('the vendor is down'));
    await expect(runs.run({ repository: { getBars }, log })).rejects.toBe(failure);
  });

  it('logs fed bars that are not stored', async () => {
    runs.logged.length = 0;
    const inSeconds = withHoles.get('AAA')!.map((bar) => ({ ...bar, openTime: bar.openTime / 1000 }));
    const { fed } = await runs.run({ bars: { ...bars, AAA: inSeconds } });
    expect(fed.get('AAA')).toMatchObject({ accepted: 0 });
    const sent = SYMBOLS.reduce((sum, symbol) => sum + barCount(symbol), 0);
    expect(runs.logged.join()).toContain(
      `${barCount('AAA')} of ${sent} bars were not stored: malformed ${barCount('AAA')} (AAA `,
    );
  });

  it('runs while other processes of Barkeep use the keys and the worker port of the environment', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const others = { BARKEEP_ADMIN_KEYS: 'admin-key-of-others', BARKEEP_WORKER_PORT: String(port) };
    const { status } = await runs.run({ env: { ...runs.env, ...others } });
    expect(status.state).toBe('completed');
    other.close();
  });
});
