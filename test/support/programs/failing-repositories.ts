/** A system whose sessions lack some bars, and whose repositories fail in several ways. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { marketBars, writeBars, type BarsBySymbol } from '../data/market.js';
import { Api } from '../system/api.js';
import { type SystemProcess, TestSystem } from '../system/system.js';

export const FAILURE_DATE = '2013-10-07';
/** Slots of a symbol. */
export const FAILURE_SLOTS = 390;
/** Limit of a wait, ms: time for several requests to a repository that does not answer in time. */
export const FAILURE_WAIT_MS = 60_000;

const WHOLE = marketBars({ symbols: ['AAA', 'BBB'], start: FAILURE_DATE, end: FAILURE_DATE, seed: 7 });
/** The slots that AAA lacks: all of two five-minute buckets, and one slot of three more. */
const HOLES = new Set([10, 11, 12, 13, 14, 100, 101, 102, 103, 104, 200, 210, 220]);
const HOLEY: BarsBySymbol = new Map([
  ['AAA', WHOLE.get('AAA')!.filter((_, slot) => !HOLES.has(slot))],
  ['BBB', WHOLE.get('BBB')!],
]);

/**
 * The repositories as a user's module.
 * - `good` has all bars, `dead` always fails, and `slow` answers after its time limit.
 * - `seconds` answers with times in seconds.
 * - `back` fails until the file `well` exists.
 * - `stray` answers, but also throws outside of its requests.
 */
const MODULE = `
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const bars = JSON.parse(readFileSync(join(__dirname, 'bars.json'), 'utf8'));
const between = ({ symbol, start, end }) =>
  bars[symbol].filter(({ openTime }) => openTime >= start.getTime() && openTime < end.getTime());
exports.good = { getBars: async (query) => between(query) };
exports.dead = { getBars: async () => { throw new Error('403 forbidden'); } };
exports.slow = { getBars: async (query) => {
  await new Promise((resolve) => setTimeout(resolve, 30_000).unref());
  return between(query);
} };
exports.seconds = { getBars: async (query) => between(query).map((bar) => ({ ...bar, openTime: bar.openTime / 1000 })) };
exports.back = { getBars: async (query) => {
  if (!existsSync(join(__dirname, 'well'))) throw new Error('maintenance');
  return between(query);
} };
exports.stray = { getBars: async (query) => {
  setTimeout(() => { throw new Error('thrown in a timer'); });
  void Promise.reject(new Error('not awaited'));
  return between(query);
} };
`;

export interface FailureSettings {
  onFailure: 'wait' | 'continue' | 'fail';
  barrier: 'day' | 'none';
}

export class FailingRepositories {
  private constructor(
    readonly system: TestSystem,
    readonly api: Api,
    readonly workers: readonly SystemProcess[],
    private readonly folder: string,
  ) {}

  /** Starts a coordinator and two workers. @param sessions how many sessions run at the same time */
  static async start(sessions: number): Promise<FailingRepositories> {
    const folder = mkdtempSync(join(tmpdir(), 'barkeep-failures-'));
    writeFileSync(join(folder, 'repositories.cjs'), MODULE);
    writeFileSync(join(folder, 'bars.json'), JSON.stringify(Object.fromEntries(WHOLE)));
    const system = await TestSystem.create({
      BARKEEP_BACKOFF_MS: '50',
      BARKEEP_BACKFILL_ATTEMPTS: '3',
      BARKEEP_REPOSITORY_TIMEOUT_SECONDS: '1',
      BARKEEP_BACKFILL_CONCURRENCY: String(sessions),
      BARKEEP_STREAM_CONCURRENCY: String(sessions),
      BARKEEP_REPOSITORIES: join(folder, 'repositories.cjs'),
    });
    await writeBars(system.databaseUrl, 'holey', HOLEY);
    const api = new Api((await system.coordinator()).url);
    const workers = await Promise.all([system.worker(), system.worker()]);
    return new FailingRepositories(system, api, workers, folder);
  }

  /** Starts a session over the bars with holes. @param backfill its repositories */
  run(id: string, backfill: string[], { onFailure, barrier }: FailureSettings): Promise<string> {
    return this.api.run({
      id,
      symbols: ['AAA', 'BBB'],
      start: FAILURE_DATE,
      end: FAILURE_DATE,
      source: { type: 'dataset', dataset: 'holey' },
      derivedIntervals: ['5m'],
      backfill,
      upkeep: { onFailure, barrier, maxRetries: 2, everySeconds: 1 },
    });
  }

  /** From now on repository `back` answers. */
  recover(): void {
    writeFileSync(join(this.folder, 'well'), '');
  }

  /** Waits until a session has completed with every bar of both symbols. */
  untilEveryBar(id: string) {
    const isWhole = ({ state, counts }: { state: string; counts: { filled: number } }) =>
      state === 'completed' && counts.filled === 2 * FAILURE_SLOTS;
    return this.api.until(id, isWhole, FAILURE_WAIT_MS);
  }

  async close(): Promise<void> {
    await this.system.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
