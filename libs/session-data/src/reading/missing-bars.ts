/**
 * Finds bars that a store has counted and no longer has: the server evicted their chunks. A chunk that is gone looks like one that
 * never had a bar, so only the counts show it. Reads only.
 */
import type { Redis } from 'ioredis';
import { type SessionLayout, SessionLostError } from '../layout/index.js';
import { runCommands } from '../redis/index.js';
import { countBars } from '../stream/index.js';

/**
 * How many base bars of the session's own days are counted and not stored. 0 for a session whose counts cover more than its present
 * symbols and days: one with removed days or with changed symbols.
 * @throws SessionLostError
 */
export async function countMissingBars(redis: Redis, layout: SessionLayout): Promise<number> {
  // The counts come first: what is stored meanwhile must not look missing.
  const counted = await countedBars(redis, layout);
  if (counted === undefined) return 0;
  const stored = await countBars(redis, layout, layout.symbols, layout.base, layout.historyDays, layout.days.length);
  return Math.max(
    0,
    [...stored.values()].reduce((missing, bars) => missing - bars, counted),
  );
}

async function countedBars(redis: Redis, layout: SessionLayout): Promise<number | undefined> {
  const fields = ['incarnation', 'streamed', 'backfilled', 'retainedFrom', 'version'];
  const metas = await runCommands(
    redis,
    layout.keys.map(({ meta }) => ['hmget', meta, ...fields]),
  );
  let total = 0;
  for (const [incarnation, streamed, backfilled, retainedFrom, version] of metas as (string | null)[][]) {
    if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
    if (retainedFrom || version) return undefined;
    total += Number(streamed) + Number(backfilled);
  }
  return total;
}
