/** Sessions over small datasets, without upkeep, on the system of one test file. */
import type { Bar } from '@barkeep/bars';
import { marketBars, writeBars } from '../data/market.js';
import { Api, type Session } from '../system/api.js';
import { TestSystem } from '../system/system.js';

/** Values for bars of which only the time matters. */
export const VALUES = { open: 10, high: 11, low: 9, close: 10, volume: 5 };

/** Bars of `count` successive minutes. */
export function minuteBars(from: string, count: number): Bar[] {
  const start = Date.parse(from);
  return Array.from({ length: count }, (_, i) => ({ openTime: start + i * 60_000, ...VALUES }));
}

/** All bars of a trading day. */
export const dayBars = (date: string, calendar = 'XNYS') =>
  marketBars({ symbols: ['ACME'], start: date, end: date, seed: 4, calendar }).get('ACME')!;

export class DatasetSessions {
  private constructor(
    readonly system: TestSystem,
    readonly api: Api,
  ) {}

  /** Starts a system with one coordinator. */
  static async start(): Promise<DatasetSessions> {
    const system = await TestSystem.create();
    return new DatasetSessions(system, new Api((await system.coordinator()).url));
  }

  close(): Promise<void> {
    return this.system.close();
  }

  /** Starts a session over a dataset. @returns its id */
  run(dataset: string, spec: object): Promise<string> {
    return this.api.run({ ...spec, source: { type: 'dataset', dataset }, upkeep: { enabled: false } });
  }

  /** Stores bars in a new dataset `id`, and runs a session `id` over it to its end. @returns the session in the operator's view */
  async runOver(id: string, bars: Record<string, Bar[]>, spec: object): Promise<Session> {
    await this.store(id, bars);
    return this.api.completed(await this.run(id, { ...spec, id, symbols: Object.keys(bars) }));
  }

  /** Adds bars to a dataset, by symbol. */
  async store(dataset: string, bars: Record<string, Bar[]>): Promise<void> {
    await writeBars(this.system.databaseUrl, dataset, new Map(Object.entries(bars)));
  }

  /** Makes rows of a dataset invalid, where the SQL condition holds. */
  async invalidate(dataset: string, condition: string): Promise<void> {
    await this.system.query(
      `UPDATE bars SET low = -1 WHERE ${condition} AND dataset_id = (SELECT id FROM datasets WHERE name = $1)`,
      [dataset],
    );
  }
}
