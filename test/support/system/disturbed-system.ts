/**
 * A system for the tests of crashes and stops. It has a dataset `stream` with holes, and a repository with the missing bars.
 * A test can hold back the repository's answers (gated-repository.ts), so that a session waits in the middle. It can find the process
 * that streams a session, and remove stored keys.
 */
import { Redis } from 'ioredis';
import { Api, type Session } from './api.js';
import { GATED, GatedRepository } from '../programs/gated-repository.js';
import { holey, marketBars, tradingDays, writeBars, type BarsBySymbol } from '../data/market.js';
import { TestSystem, type SystemProcess } from './system.js';

const DATES = { start: '2013-10-01', end: '2013-10-16' };
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF'];
/** Six symbols over twelve trading days, day by day behind a barrier. */
const SPEC = {
  ...DATES,
  symbols: SYMBOLS,
  derivedIntervals: ['5m', '30m', '1d'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: [GATED],
};
const DAYS = tradingDays(DATES).map(({ date }) => date);

/** `[key, dump, key, dump, …]` of all keys. A single script, so that the copy is consistent while the store is written. */
const DUMP_ALL = `local all = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  all[#all + 1] = key
  all[#all + 1] = redis.call('DUMP', key)
end
return all`;
const UNLINK_ALL = `for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', key) end`;

/** The owner of a session, as the fence in its store names it. */
interface Streaming {
  epoch: number;
  owner: string;
  /** Process id of the owner. */
  pid: number;
}

export class DisturbedSystem {
  readonly sessionRedis = new Redis(process.env['SESSION_REDIS_URL']!);
  private readonly queueRedis = new Redis(process.env['REDIS_URL']!);

  private constructor(
    readonly system: TestSystem,
    readonly repository: GatedRepository,
  ) {}

  /** Creates a system with the market and without processes. @param env added to every process */
  static async create(env: NodeJS.ProcessEnv = {}): Promise<DisturbedSystem> {
    const market = disturbedMarket();
    const repository = await GatedRepository.create(market.repository);
    const system = await TestSystem.create({ BARKEEP_REPOSITORIES: repository.modulePath, ...env });
    await writeBars(system.databaseUrl, 'stream', market.stream);
    return new DisturbedSystem(system, repository);
  }

  /** The spec that all of its sessions have. @param maxRetries requests for a bar before it is unfillable */
  spec(id: string, maxRetries = 2): object {
    return { ...SPEC, id, upkeep: { maxRetries } };
  }

  /** A trading day of a session, from 0; negative numbers count from the last. */
  day(index: number): string {
    return DAYS.at(index)!;
  }

  /**
   * Runs an undisturbed session. @returns the digest and counts with which every other session of the system must end
   */
  async reference(api: Api): Promise<{ digest: string; counts: Session['counts'] }> {
    await this.repository.open();
    const id = await api.run(this.spec('reference'));
    const { counts } = await api.settled(id);
    return { digest: await api.digest(id), counts };
  }

  /** Waits until `test` holds for the owner of a session. */
  async streaming(id: string, test: (streaming: Streaming) => boolean, boundMs = 10_000): Promise<Streaming> {
    const deadline = Date.now() + boundMs;
    for (;;) {
      // An owner is `HOST:PID:START`.
      const [epoch, owner] = await this.sessionRedis.hmget(this.metaKey(id), 'epoch', 'owner');
      const streaming = { epoch: Number(epoch), owner: owner ?? '', pid: Number(owner?.split(':').at(-2)) };
      if (owner && test(streaming)) return streaming;
      if (Date.now() > deadline) throw new Error(`session ${id}: epoch ${epoch} of ${owner} after ${boundMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** All keys of a session's store. */
  sessionKeys(id: string): Promise<string[]> {
    return this.sessionRedis.keys(`${this.system.sessionPrefix}:{${id}:*`);
  }

  /** Removes a session's whole store at once, as when a Redis without persistence restarts. */
  async loseStore(id: string): Promise<void> {
    await this.sessionRedis.unlink(...(await this.sessionKeys(id)));
  }

  /** Removes the queues whose names match a Redis pattern, all at once. */
  async loseQueues(pattern = '*'): Promise<void> {
    await this.queueRedis.eval(UNLINK_ALL, 0, `${this.system.queuePrefix}:${pattern}`);
  }

  /** Copies a session's store. @returns a function that sets the store back to the copy, all at once */
  async keepStore(id: string): Promise<() => Promise<void>> {
    const pattern = `${this.system.sessionPrefix}:{${id}:*`;
    const kept = (await this.sessionRedis.callBuffer('EVAL', DUMP_ALL, 0, pattern)) as Buffer[];
    return async () => {
      const restore = this.sessionRedis.multi().eval(UNLINK_ALL, 0, pattern);
      for (let i = 0; i < kept.length; i += 2) restore.restore(kept[i]!, 0, kept[i + 1]!);
      for (const [error] of (await restore.exec())!) if (error) throw error;
    };
  }

  async close(): Promise<void> {
    await this.system.close();
    await this.repository.remove();
    await this.sessionRedis.eval(UNLINK_ALL, 0, `${this.system.sessionPrefix}:*`);
    await this.queueRedis.eval(UNLINK_ALL, 0, `${this.system.queuePrefix}:*`);
    this.sessionRedis.disconnect();
    this.queueRedis.disconnect();
  }

  private metaKey(id: string): string {
    return `${this.system.sessionPrefix}:{${id}:0}:meta`;
  }
}

/** The bars of dataset `stream` and of the repository. The repository lacks a few minutes, too, so some gaps stay unfillable. */
export function disturbedMarket(): { stream: BarsBySymbol; repository: BarsBySymbol } {
  const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 7 });
  return { stream: holey(market, 0.03, 9), repository: holey(market, 0.002, 8) };
}

/** The process that has this id. @throws when it is not among `processes` */
export function processOf(processes: readonly SystemProcess[], pid: number): SystemProcess {
  const found = processes.find(({ child }) => child.pid === pid);
  if (!found) throw new Error(`expected a process of this test, was ${pid}`);
  return found;
}
