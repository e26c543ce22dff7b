/** A system with one coordinator and Redis servers of its own, which a test may stop, fill or set back without harm to other tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Barkeep } from '@barkeep/client';
import { RedisServer } from '../../faults/lab/redis-server.js';
import { marketBars, writeBars } from '../data/market.js';
import { Api } from './api.js';
import { TestSystem } from './system.js';

const DATES = { start: '2013-10-01', end: '2013-10-03' };
/** A session of three days over the dataset of the system, which has all bars of these symbols and of CCC. */
export const WHOLE_SPEC = {
  ...DATES,
  symbols: ['AAA', 'BBB'],
  source: { type: 'dataset', dataset: 'stream' },
  upkeep: { enabled: false },
};

export class OwnServers {
  private constructor(
    private readonly folder: string,
    readonly queue: RedisServer,
    readonly store: RedisServer,
    readonly system: TestSystem,
    readonly api: Api,
  ) {}

  static async start(): Promise<OwnServers> {
    const folder = mkdtempSync(join(tmpdir(), 'own-servers-'));
    const queue = await RedisServer.start(join(folder, 'queue'));
    const store = await RedisServer.start(join(folder, 'session'));
    const system = await TestSystem.create({ REDIS_URL: queue.url, SESSION_REDIS_URL: store.url });
    await writeBars(
      system.databaseUrl,
      'stream',
      marketBars({ ...DATES, symbols: [...WHOLE_SPEC.symbols, 'CCC'], seed: 5 }),
    );
    const { url } = await system.coordinator({ BARKEEP_RECONCILE_SECONDS: '1' });
    return new OwnServers(folder, queue, store, system, new Api(url));
  }

  async close(): Promise<void> {
    await this.system.close();
    await Promise.all([this.queue.close(), this.store.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A client of the system. */
  client(): Barkeep {
    return connect({ coordinator: this.api.url, redis: this.store.url, keyPrefix: this.system.sessionPrefix });
  }

  /** Starts a session whose clock takes hours to reach the end, and waits until the session runs. */
  async runSlowly(id: string, spec: object = {}): Promise<void> {
    await this.api.run({ ...WHOLE_SPEC, ...spec, id, pace: { mode: 'clock', speed: 60 } });
    await this.api.until(id, ({ state, clock }) => state === 'running' && clock !== null);
  }

  /** The keys that the session Redis has of a session. */
  keysOf(id: string): Promise<string[]> {
    return this.store.client.keys(`${this.system.sessionPrefix}:{${id}:*`);
  }

  /** Runs an action while the session Redis is full. */
  async whileStoreIsFull(action: () => Promise<void>): Promise<void> {
    await this.store.config('maxmemory', '1kb');
    try {
      await action();
    } finally {
      await this.store.config('maxmemory', '0');
    }
  }
}
