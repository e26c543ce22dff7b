/**
 * `runBacktest` as a script uses it: bars with holes in memory, and a repository that fills them. It leaves nothing behind.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connect, runBacktest, type RunBars, type RunOptions, type Step } from '@barkeep/client';
import { createDataSource } from '@barkeep/bar-repository';
import type { Bar } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { outputUntil } from '../support/programs/output-until.js';

const CLIENT = join(__dirname, '../../libs/client/dist/index.js');
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const DATES = { start: '2024-03-04', end: '2024-03-06' };
/** Slots of one symbol on the three days. */
const SLOTS = 3 * 390;
const SPEC = { symbols: SYMBOLS, ...DATES, derivedIntervals: ['5m', '15m'] };

const market = marketBars({ symbols: SYMBOLS, ...DATES, seed: 7 });
const withHoles = holey(market, 0.05, 8);
const bars: RunBars = Object.fromEntries(withHoles);
/** Number of bars of a symbol that a run is given. */
const barCount = (symbol: string) => withHoles.get(symbol)!.length;
const between = (symbol: string, start: Date, end: Date): Bar[] =>
  market.get(symbol)!.filter(({ openTime }) => openTime >= start.getTime() && openTime < end.getTime());
/** A repository with `getBars`, whose records have ISO times. */
const withGetBars = {
  getBars: ({ symbol, start, end }: { symbol: string; start: Date; end: Date }) =>
    between(symbol, start, end).map(({ openTime, ...rest }) => ({ ...rest, time: new Date(openTime).toISOString() })),
};
const withGetBarsBySymbol = {
  getBarsBySymbol: (symbol: string, start: Date, end: Date) => Promise.resolve(between(symbol, start, end)),
};

let database: TestDatabase;
let env: NodeJS.ProcessEnv;
/** What the runs log. */
const logged: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  // Separate Redis databases, because keys of runs in other test files would look like leftovers.
  const REDIS_URL = redisDatabase('REDIS_URL', 6);
  const SESSION_REDIS_URL = redisDatabase('SESSION_REDIS_URL', 7);
  env = { ...process.env, REDIS_URL, SESSION_REDIS_URL, DATABASE_URL: database.url, BARKEEP_BACKOFF_MS: '100' };
});
afterAll(() => database.drop());

/** The URL of another database on the server that a variable names. */
function redisDatabase(name: string, number: number): string {
  const url = new URL(process.env[name]!);
  url.pathname = `/${number}`;
  return url.href;
}

const run = (options: Omit<RunOptions, 'spec'> & { spec?: Partial<RunOptions['spec']> }) =>
  runBacktest({ bars, env, log: (line) => logged.push(line), ...options, spec: { ...SPEC, ...options.spec } });

/** All keys of runs in both Redis servers, and all rows of the sessions table. */
async function leftovers(): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['REDIS_URL', 'SESSION_REDIS_URL']) {
    const redis = new Redis(env[name]!);
    found.push(...(await redis.keys('run-*')));
    redis.disconnect();
  }
  const rows = await queryDatabase<{ id: string }>(database.url, 'SELECT id FROM sessions');
  return [...found, ...rows.map(({ id }) => id)];
}

/** Runs a script, and sends it the signal when its output matches `printed`. @returns its exit code, and the signal that ended it */
async function exitAfter(signal: NodeJS.Signals, script: string, printed: RegExp): Promise<unknown[]> {
  const child = spawn(process.execPath, ['-'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(script);
  const exit = once(child, 'exit');
  await outputUntil(child.stdout, printed);
  child.kill(signal);
  return exit;
}

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
    const result = await run({ repository: withGetBars, onStep: (step) => steps.push(lineOf(step)) });
    expect(result.metrics).toMatchObject(SYMBOLS.map((symbol) => ({ symbol, barQuality: 100 })));
    for (const { symbol, streamed, backfilled } of result.metrics) {
      expect({ streamed, backfilled }).toEqual({ streamed: barCount(symbol), backfilled: SLOTS - barCount(symbol) });
    }
    expect(result.status).toMatchObject({ state: 'completed', progress: 1 });
    expect(result.delivered).toMatchObject({ steps: SLOTS, bars: 3 * SLOTS });
    expect(result.fed.get('AAA')).toEqual(expect.objectContaining({ accepted: barCount('AAA'), refused: {} }));
    expect(steps).toHaveLength(SLOTS);
    firstRun = { steps, digest: result.digest.digest, hash: result.delivered.hash };
    expect(await leftovers()).toEqual([]);
  });

  it('I1 gives the same digest, delivered hash and steps for the same bars in another order', async () => {
    const steps: string[] = [];
    const reversedSymbols = [...withHoles].reverse();
    const inSequence = reversedSymbols.flatMap(([symbol, ofSymbol]) => ofSymbol.map((bar) => ({ symbol, ...bar })));
    const result = await run({
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
    const { metrics, delivered } = await run({
      repository: withGetBarsBySymbol,
      every: '15m',
      onStep: () => (steps += 1),
    });
    expect(metrics.map(({ barQuality }) => barQuality)).toEqual([100, 100, 100]);
    expect(steps).toBe(stepsOfAllDays);
    expect(delivered).toMatchObject({ steps: stepsOfAllDays, bars: 3 * SLOTS });
  });

  it('accepts a TypeORM DataSource or its EntityManager, and reads from it the dataset that the spec names', async () => {
    await writeBars(database.url, 'whole', market);
    const repository = await createDataSource(database.url).initialize();
    try {
      for (const form of [repository, repository.manager]) {
        const { metrics } = await run({ repository: form, spec: { backfill: ['whole'] } });
        expect(metrics.map(({ barQuality }) => barQuality)).toEqual([100, 100, 100]);
      }
    } finally {
      await repository.destroy();
    }
  });

  it('warns of an object that is no repository, and only reports the gaps', async () => {
    logged.length = 0;
    // @ts-expect-error the value has none of the three forms of a repository
    const { metrics } = await run({ repository: { answer: 42 } });
    expect(logged.join()).toContain('repository: expected getBarsBySymbol, getBars or a TypeORM DataSource');
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
    const { metrics } = await run({ repository: { limit: { concurrency: 1 }, getBars } });
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
    await expect(run({ repository: { getBars }, log, signal: end.signal })).rejects.toThrow('logged');
    expect(lines[0]).toMatch(/^session run-\w+: waiting for repository repository: the vendor is down/);
  });

  it('rejects with what the log throws, also while nothing else happens', async () => {
    const failure = new Error('the log is full');
    const log = () => {
      throw failure;
    };
    const getBars = () => Promise.reject(new Error('the vendor is down'));
    await expect(run({ repository: { getBars }, log })).rejects.toBe(failure);
  });

  it('logs fed bars that are not stored', async () => {
    logged.length = 0;
    const inSeconds = withHoles.get('AAA')!.map((bar) => ({ ...bar, openTime: bar.openTime / 1000 }));
    const { fed } = await run({ bars: { ...bars, AAA: inSeconds } });
    expect(fed.get('AAA')).toMatchObject({ accepted: 0 });
    const sent = SYMBOLS.reduce((sum, symbol) => sum + barCount(symbol), 0);
    expect(logged.join()).toContain(
      `${barCount('AAA')} of ${sent} bars were not stored: malformed ${barCount('AAA')} (AAA `,
    );
  });

  it('runs while other processes of Barkeep use the keys and the worker port of the environment', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const others = { BARKEEP_ADMIN_KEYS: 'admin-key-of-others', BARKEEP_WORKER_PORT: String(port) };
    const { status } = await run({ env: { ...env, ...others } });
    expect(status.state).toBe('completed');
    other.close();
  });

  it('rejects soon when the environment names a server that cannot be reached', async () => {
    const wrong = { ...env, SESSION_REDIS_URL: 'redis://127.0.0.1:1/0' };
    await expect(run({ env: wrong })).rejects.toThrow('expected Redis at 127.0.0.1:1 (SESSION_REDIS_URL), was: ');
  }, 20_000);

  it('rejects with the error that a step throws, and leaves nothing behind', async () => {
    const failure = new Error('the strategy is wrong');
    let steps = 0;
    const failing = run({
      onStep: () => {
        if (++steps === 100) throw failure;
      },
    });
    await expect(failing).rejects.toBe(failure);
    expect(steps).toBe(100);
    expect(await leftovers()).toEqual([]);
  });

  it.each([undefined, 'text'])('rejects with %p when a step throws it', async (thrown) => {
    await expect(run({ onStep: () => Promise.reject(thrown as unknown as Error) })).rejects.toBe(thrown);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind after %s, which ends the process', async (signal) => {
    const script = `
      const { runBacktest } = require(${JSON.stringify(CLIENT)});
      const onStep = () => new Promise(() => process.stdout.write('step')); // waits without end
      const wait = { spec: ${JSON.stringify(SPEC)}, bars: ${JSON.stringify(bars)}, onStep };
      void Promise.all([runBacktest(wait), runBacktest(wait)]);`;
    expect(await exitAfter(signal, script, /^stepstep$/)).toEqual([null, signal]);
    expect(await leftovers()).toEqual([]);
  });

  it('with keep can be closed by a listener of the program, which ends the process', async () => {
    const script = `
      const { runBacktest } = require(${JSON.stringify(CLIENT)});
      const kept = { spec: ${JSON.stringify(SPEC)}, bars: ${JSON.stringify(bars)}, keep: true };
      void runBacktest(kept).then(({ close }) => {
        process.once('SIGINT', () => void close().then(() => process.exit(7)));
        process.stdout.write('kept');
      });`;
    expect(await exitAfter('SIGINT', script, /^kept$/)).toEqual([7, null]);
    expect(await leftovers()).toEqual([]);
  });

  it('keeps the session until close() when keep is set', async () => {
    const kept = await run({ keep: true });
    const { session, status } = kept;
    const latest = await (await session.reader()).latestBar('AAA', '15m');
    expect(latest).toMatchObject({ close: market.get('AAA')!.at(-1)!.close });
    expect(await session.status()).toMatchObject({ id: status.id, state: 'completed' });
    await kept.close();
    expect(await leftovers()).toEqual([]);
  });

  it('rejects when the dataset does not exist, and leaves nothing behind', async () => {
    await expect(run({ bars: undefined, spec: { source: { type: 'dataset', dataset: 'nowhere' } } })).rejects.toThrow(
      /nowhere/,
    );
    expect(await leftovers()).toEqual([]);
  });

  it('connect() refuses an address that is no URL', () => {
    expect(() => connect({ coordinator: 'nowhere', env: {} })).toThrow('expected the coordinator');
  });
});
