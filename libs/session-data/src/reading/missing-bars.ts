/**
 * Finds bars that a store has counted and no longer has: the server evicted their chunks. A chunk that is gone looks like one that
 * never had a bar, so only the counts show it. Reads only.
 */
import { bitmapBytes } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type SessionLayout, SessionLostError } from '../layout/index.js';
import { runPipeline } from '../redis/index.js';

/** Bitmaps counted in one round trip. */
const COUNTS_A_CALL = 2_000;

/**
 * How many base bars of the session's own days are counted and not stored. 0 for a session whose counts cover more than its present
 * symbols and days: one with removed days or with changed symbols.
 * @throws SessionLostError
 */
export async function countMissingBars(redis: Redis, layout: SessionLayout): Promise<number> {
  // The counts come first: what is stored meanwhile must not look missing.
  const counted = await countedBars(redis, layout);
  if (counted === undefined) return 0;
  return Math.max(0, counted - (await storedBars(redis, layout)));
}

async function countedBars(redis: Redis, layout: SessionLayout): Promise<number | undefined> {
  const pipeline = redis.pipeline();
  for (const { meta } of layout.keys)
    pipeline.hmget(meta, 'incarnation', 'streamed', 'backfilled', 'retainedFrom', 'version');
  let total = 0;
  for (const fields of (await runPipeline(pipeline)) as (string | null)[][]) {
    const [incarnation, streamed, backfilled, retainedFrom, version] = fields;
    if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
    if (retainedFrom || version) return undefined;
    total += Number(streamed) + Number(backfilled);
  }
  return total;
}

async function storedBars(redis: Redis, layout: SessionLayout): Promise<number> {
  const days = layout.days.slice(layout.historyDays).map(({ date }, i) => {
    return { date, end: bitmapBytes(layout.grid(layout.historyDays + i).slotCount) - 1 };
  });
  let total = 0;
  let batch: [string, string, number, number][] = [];
  const count = async (): Promise<void> => {
    for (const bars of await runPipeline(redis.pipeline(batch))) total += Number(bars);
    batch = [];
  };
  for (const symbol of layout.symbols) {
    const keys = layout.keysOf(layout.partitionOf(symbol)!);
    for (const { date, end } of days) {
      batch.push(['bitcount', keys.chunk(layout.base.name, symbol, date), 0, end]);
      if (batch.length === COUNTS_A_CALL) await count();
    }
  }
  await count();
  return total;
}
