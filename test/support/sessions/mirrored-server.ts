/** Sessions over one market that test files mirror, on a real Redis, and the comparison of a mirror with a reader. */
import { Mirror, type MirrorOptions } from '@barkeep/client';
import { marketBars } from '../data/market.js';
import { StoreServer, type TestStore } from './session-store.js';

/** Three trading days. */
export const MIRRORED_SPEC = {
  symbols: ['AAA', 'BBB', 'CCC', 'DDD'],
  start: '2013-10-07',
  end: '2013-10-09',
  derivedIntervals: ['5m', '30m', '1d'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  // Windows of 13 minutes end within a byte of the bitmap and within derived bars, which is the harder case.
  upkeep: { barrier: { minutes: 13 } },
};
/** The market of {@link MIRRORED_SPEC}, without holes. */
export const WHOLE_MARKET = marketBars({ ...MIRRORED_SPEC, seed: 8 });
const INTERVALS = ['1m', '5m', '30m', '1d'];

/** The session Redis of one test file, and mirrors of its sessions. */
export class MirroredServer extends StoreServer {
  private readonly mirrors: Mirror[] = [];

  /** Opens a mirror, which {@link closeMirrors} closes. @param redis the connection of the mirror */
  async mirrorOf({ reader }: TestStore, options?: MirrorOptions, redis = this.redis): Promise<Mirror> {
    const mirror = await Mirror.open(redis, reader, options);
    this.mirrors.push(mirror);
    return mirror;
  }

  closeMirrors(): void {
    for (const mirror of this.mirrors.splice(0)) mirror.close();
  }
}

/** Compares every call of the mirror with that of the reader. @param counts the numbers of last bars that it requests */
export async function expectSame(mirror: Mirror, { reader }: TestStore, counts: readonly number[]): Promise<void> {
  expect(mirror.clock).toBe(await reader.clock());
  expect(mirror.symbols).toEqual([...reader.activeSymbols()].sort());
  for (const symbol of mirror.symbols) {
    for (const interval of INTERVALS) {
      expect(mirror.latestBar(symbol, interval)).toEqual(await reader.latestBar(symbol, interval));
      expect(mirror.barCount(symbol, interval)).toBe(await reader.barCount(symbol, interval));
      for (const count of counts) {
        const bars = await reader.lastBars(symbol, interval, count);
        expect(mirror.lastBars(symbol, count, interval)).toEqual(bars);
        const closes = [...mirror.closes(symbol, count, interval)];
        expect(closes.length).toBe(Math.min(count, mirror.barCount(symbol, interval)));
        // The last derived bars may include a forming one, which `closes` leaves out.
        if (interval === '1m') expect(closes).toEqual(bars.map(({ close }) => close));
      }
    }
    expect(mirror.barQuality(symbol)).toBeCloseTo((await reader.metrics(symbol)).barQuality, 10);
  }
}
