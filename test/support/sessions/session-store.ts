/** Session stores on a real Redis for one test file, under a separate key prefix. */
import { randomBytes, randomUUID } from 'node:crypto';
import { aggregateCascade, type Bar, DayChunk, parseSessionSpec, planCascade, type SessionSpec } from '@barkeep/bars';
import {
  OpenSession,
  SessionLayout,
  SessionWriter,
  UpkeepStore,
  type Fence,
  type PartitionWindow,
  type Window,
} from '@barkeep/session-data';
import { Redis } from 'ioredis';
import type { BarsBySymbol } from '../data/market.js';
import type { SymbolDerived } from '../../../libs/session-data/src/upkeep/index.js';

/** Two trading days of three symbols. 50 is no multiple of 8, so adjacent windows share a byte of the bitmap. */
export const SMALL_SPEC = {
  symbols: ['AAA', 'BBB', 'CCC'],
  start: '2013-10-07',
  end: '2013-10-08',
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  upkeep: { barrier: { minutes: 50 } },
};
/** The only partition of {@link SMALL_SPEC}, the index of its first day, and the slots of each day. */
export const PARTITION = 0;
export const FIRST_DAY = 0;
export const SLOTS = 390;

/** States of an empty slot: absent after one request, and after two. */
export const [ABSENT_ONCE, ABSENT_TWICE] = [1, 2];

/** The owner that {@link StoreServer.begin} and {@link StoreServer.open} write as. */
export const FENCE: Fence = { epoch: 1, owner: 'one' };

export interface TestStore {
  layout: SessionLayout;
  /** All windows of the session, in order. */
  windows: Window[];
  writer: SessionWriter;
  upkeep: UpkeepStore;
  reader: OpenSession;
  /** A writer of the same store with another fence. */
  as(fence: Fence): SessionWriter;
}

/** The session Redis of one test file. */
export class StoreServer {
  readonly redis: Redis;
  readonly prefix = `test-${randomBytes(4).toString('hex')}`;

  constructor(url = process.env['SESSION_REDIS_URL']!) {
    this.redis = new Redis(url);
  }

  /** The layout of a session that does not exist yet. */
  layout(spec: object = SMALL_SPEC, id = `s-${randomBytes(3).toString('hex')}`, incarnation: string = randomUUID()) {
    const parsed: SessionSpec = parseSessionSpec(spec);
    const historyDays = parsed.history.trailingDays ?? 0;
    return new SessionLayout({ id, incarnation, spec: parsed, keyPrefix: this.prefix, historyDays });
  }

  /** A new store, claimed by its owner. */
  async begin(layout = this.layout()): Promise<TestStore> {
    const store = this.open(layout);
    await store.writer.init();
    await store.writer.claim();
    return store;
  }

  /** The clients of a store. Creates nothing in it, and does not claim it. */
  open(layout: SessionLayout): TestStore {
    const as = (fence: Fence) => new SessionWriter(this.redis, layout, fence);
    const windows = [...layout.windowsFrom(0)];
    const upkeep = new UpkeepStore(this.redis, layout);
    return { layout, windows, writer: as(FENCE), upkeep, reader: new OpenSession(this.redis, layout, 'operator'), as };
  }

  /**
   * The stored content of a session by key, for comparing two stores byte by byte. The keys of events and of changes
   * (emitted or pending) are left out, because they contain times.
   */
  async dump(id: string): Promise<Map<string, string>> {
    const keys = (await this.keys(id)).filter((key) => !/:(events|changes|pending)$/.test(key)).sort();
    const dumps = await Promise.all(keys.map(async (key) => [key, await this.content(key)] as const));
    return new Map(dumps);
  }

  /** Copies all keys of a session. @returns a function that sets the session back to the copy */
  async snapshot(id: string): Promise<() => Promise<void>> {
    const keys = await this.keys(id);
    const copies = await Promise.all(keys.map((key) => this.redis.dumpBuffer(key)));
    return async () => {
      const restore = this.redis.multi().unlink(...(await this.keys(id)));
      keys.forEach((key, i) => restore.restore(key, 0, copies[i]!));
      await restore.exec();
    };
  }

  /** The keys of one session, or of all. */
  async keys(id = '*'): Promise<string[]> {
    const found: string[] = [];
    const match = `${this.prefix}:{${id}:*`;
    for await (const keys of this.redis.scanStream({ match, count: 1_000 })) found.push(...(keys as string[]));
    return found;
  }

  /** The stored events of a session, in order. Each is a list of its fields: names and values in turn. */
  async eventFields(layout: SessionLayout): Promise<string[][]> {
    return (await this.redis.xrange(layout.keysOf(0).events, '-', '+')).map(([, fields]) => fields);
  }

  async close(): Promise<void> {
    const keys = await this.keys();
    for (let at = 0; at < keys.length; at += 1_000) await this.redis.unlink(...keys.slice(at, at + 1_000));
    this.redis.disconnect();
  }

  /** The content of a key as text, the same for the same content. */
  private async content(key: string): Promise<string> {
    const type = await this.redis.type(key);
    if (type === 'hash') return JSON.stringify(Object.entries(await this.redis.hgetall(key)).sort());
    if (type === 'set') return JSON.stringify((await this.redis.smembers(key)).sort());
    if (type === 'zset') return JSON.stringify(await this.redis.zrange(key, 0, -1, 'WITHSCORES'));
    return (await this.redis.getBuffer(key))!.toString('base64');
  }
}

/** The number of a session's source among its datasets. */
const SOURCE = 0;

/** The bars of a market in one window, one entry for each partition, as the stream would read them. */
export function partsOf(layout: SessionLayout, window: Window, market: BarsBySymbol): PartitionWindow[] {
  const grid = layout.grid(window.dayIndex);
  const origin = layout.isHistory(window.dayIndex) ? 'historical' : 'streamed';
  const slotOf = (bar: Bar): number => {
    const slot = grid.slotAt(bar.openTime); // or the reason why the day has no slot for this time
    return typeof slot === 'number' ? slot : -1;
  };
  return layout.keys.map((_, partition) => {
    const chunks = new Map<string, DayChunk>();
    let barCount = 0;
    for (const symbol of layout.symbolsOf(partition)) {
      const bars = (market.get(symbol) ?? []).filter(
        (bar) => slotOf(bar) >= window.fromSlot && slotOf(bar) < window.toSlot,
      );
      if (bars.length === 0) continue;
      const chunk = new DayChunk(grid.slotCount);
      for (const bar of bars) chunk.writeBar(slotOf(bar), bar, origin, SOURCE);
      chunks.set(symbol, chunk);
      barCount += bars.length;
    }
    return { partition, chunks, bars: barCount, refused: new Map() };
  });
}

/** Flushes the market's windows from the store's lowest frontier up to another frontier. */
export async function flushUpTo({ layout, writer, upkeep }: TestStore, market: BarsBySymbol, frontier: number) {
  const lowestFrontier = Math.min(...(await upkeep.positions()).map((position) => position.frontier));
  for (const window of layout.windowsFrom(lowestFrontier)) {
    if (window.to > frontier) break;
    for (const part of partsOf(layout, window, market)) await writer.flush(window, part);
  }
}

/** Derives all symbols up to the frontier, as an upkeep worker would: the bars of the buckets that have closed. */
export async function deriveAll({ layout, upkeep }: TestStore): Promise<void> {
  for (const [partition, { frontier }] of (await upkeep.positions()).entries()) {
    for (let day = 0; day < layout.days.length && layout.grid(day).open < frontier; day++) {
      const closedSlots = layout.grid(day).closedBy(frontier);
      const derived = await derivedOf({ layout, upkeep }, partition, day, closedSlots);
      await upkeep.writeDerived(partition, day, closedSlots, derived);
    }
  }
}

/** The derived chunks that a worker would write for a day whose base slots `[0, closedSlots)` are before the frontier. */
export async function derivedOf(
  { layout, upkeep }: Pick<TestStore, 'layout' | 'upkeep'>,
  partition: number,
  day: number,
  closedSlots: number,
): Promise<SymbolDerived[]> {
  const bases = await upkeep.readChunks(partition, day, layout.base, layout.symbolsOf(partition));
  const cascade = planCascade(layout.computed.map((interval) => layout.plan(day, interval)));
  return [...bases].map(([symbol, base]) => ({
    symbol,
    bitmap: Uint8Array.from(base.bitmap),
    chunks: aggregateCascade(base, cascade, closedSlots),
  }));
}
