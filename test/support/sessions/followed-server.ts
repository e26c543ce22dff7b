/** Sessions over one market that test files follow step by step, on a real Redis. */
import type { Bar } from '@barkeep/bars';
import { followSession, type FollowOptions, type Step } from '@barkeep/client';
import { holey, marketBars } from '../data/market.js';
import { runTo } from './follow-store.js';
import { StoreServer, type TestStore } from './session-store.js';

/** Two whole trading days. */
export const FOLLOWED_SPEC = {
  symbols: ['AAA', 'BBB', 'CCC'],
  start: '2013-10-07',
  end: '2013-10-08',
  derivedIntervals: ['5m', '30m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  upkeep: { barrier: { minutes: 50 } },
};
/** The market of {@link FOLLOWED_SPEC} without 15 % of its bars. */
export const FOLLOWED_MARKET = holey(marketBars({ ...FOLLOWED_SPEC, seed: 3 }), 0.15, 4);
/** Base slots of a whole trading day. */
export const SLOTS_OF_DAY = 390;

/** The session Redis of one test file, and loops through the steps of its sessions. */
export class FollowedServer extends StoreServer {
  /** A store with all bars and derived bars, whose clock is at the end. */
  async finished(spec: object = FOLLOWED_SPEC, market = FOLLOWED_MARKET): Promise<TestStore> {
    const store = await this.begin(this.layout(spec));
    await runTo(store, market, store.layout.end);
    return store;
  }

  follow({ reader }: TestStore, options?: FollowOptions) {
    return followSession(this.redis, reader, options);
  }

  /** Follows a session to its end. */
  async allSteps(store: TestStore, options?: FollowOptions): Promise<Step[]> {
    const steps: Step[] = [];
    for await (const step of this.follow(store, options)) steps.push(step);
    return steps;
  }

  /** Follows a session and ends the loop within its first step, which is therefore not acknowledged. */
  async firstStep(store: TestStore, options: FollowOptions): Promise<Step | undefined> {
    for await (const step of this.follow(store, options)) return step;
    return undefined;
  }
}

/** The minute bars that closed in `(after, time]`. */
export function closedIn(bars: readonly Bar[], after: number, time: number): Bar[] {
  return bars.filter(({ openTime }) => openTime + 60_000 > after && openTime + 60_000 <= time);
}

/** The prices and the volume of one bar over the span of several. */
export function valuesOver(bars: readonly Bar[]): Omit<Bar, 'openTime'> {
  return {
    open: bars[0]!.open,
    high: Math.max(...bars.map(({ high }) => high)),
    low: Math.min(...bars.map(({ low }) => low)),
    close: bars.at(-1)!.close,
    volume: bars.reduce((sum, { volume }) => sum + volume, 0),
  };
}
