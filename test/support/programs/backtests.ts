/** Runs of `runBacktest` over bars in memory that have holes, with repositories that fill them; and what a run leaves on the servers. */
import { runBacktest, type RunOptions } from '@barkeep/client';
import type { Bar } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { holey, marketBars } from '../data/market.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../setup/database.js';

export const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const DATES = { start: '2024-03-04', end: '2024-03-06' };
export const SPEC = { symbols: SYMBOLS, ...DATES, derivedIntervals: ['5m', '15m'] };
/** Slots of one symbol on the three days. */
export const SLOTS = 3 * 390;

/** The bar of each slot. */
export const market = marketBars({ symbols: SYMBOLS, ...DATES, seed: 7 });
/** The bars that a run is given. */
export const withHoles = holey(market, 0.05, 8);
export const bars: Record<string, Bar[]> = Object.fromEntries(withHoles);
/** Number of bars of a symbol that a run is given. */
export const barCount = (symbol: string) => withHoles.get(symbol)!.length;

const between = (symbol: string, start: Date, end: Date): Bar[] =>
  market.get(symbol)!.filter(({ openTime }) => openTime >= start.getTime() && openTime < end.getTime());
/** A repository with `getBars`, whose records have ISO times. */
export const withGetBars = {
  getBars: ({ symbol, start, end }: { symbol: string; start: Date; end: Date }) =>
    between(symbol, start, end).map(({ openTime, ...rest }) => ({ ...rest, time: new Date(openTime).toISOString() })),
};
export const withGetBarsBySymbol = {
  getBarsBySymbol: (symbol: string, start: Date, end: Date) => Promise.resolve(between(symbol, start, end)),
};

type BacktestOptions = Omit<RunOptions, 'spec'> & { spec?: Partial<RunOptions['spec']> };

export class Backtests {
  /** What the runs log. */
  readonly logged: string[] = [];

  private constructor(
    private readonly database: TestDatabase,
    /** The environment of the runs: where the servers are. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * Makes a database for the runs of one test file.
   * @param redisDatabase number of the queue's Redis database; the sessions use the next number. Each test file must use other numbers,
   * because {@link leftovers} counts the keys of all runs in both databases
   */
  static async create(redisDatabase: number): Promise<Backtests> {
    const database = await createTestDatabase();
    const servers = {
      REDIS_URL: redisUrl('REDIS_URL', redisDatabase),
      SESSION_REDIS_URL: redisUrl('SESSION_REDIS_URL', redisDatabase + 1),
      DATABASE_URL: database.url,
    };
    return new Backtests(database, { ...process.env, ...servers, BARKEEP_BACKOFF_MS: '100' });
  }

  get databaseUrl(): string {
    return this.database.url;
  }

  /** Runs the bars with holes. @param options replace the usual ones */
  run(options: BacktestOptions): ReturnType<typeof runBacktest> {
    const log = (line: string) => this.logged.push(line);
    return runBacktest({ bars, env: this.env, log, ...options, spec: { ...SPEC, ...options.spec } });
  }

  /** All keys of runs in both Redis servers, and all rows of the sessions table. */
  async leftovers(): Promise<string[]> {
    const found: string[] = [];
    for (const name of ['REDIS_URL', 'SESSION_REDIS_URL']) {
      const redis = new Redis(this.env[name]!);
      found.push(...(await redis.keys('run-*')));
      redis.disconnect();
    }
    const rows = await queryDatabase<{ id: string }>(this.database.url, 'SELECT id FROM sessions');
    return [...found, ...rows.map(({ id }) => id)];
  }

  async close(): Promise<void> {
    await this.database.drop();
  }
}

/** The URL of another database on the server that a variable names. */
function redisUrl(name: string, number: number): string {
  const url = new URL(process.env[name]!);
  url.pathname = `/${number}`;
  return url.href;
}
