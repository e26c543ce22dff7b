/** Compares a session's store with the position that its record in PostgreSQL names: one round trip, no bars. */
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { runPipeline } from '../redis/index.js';

/**
 * `whole`: the store has everything up to the recorded position. `behind`: it lost its newest writes. `lost`: it is gone,
 * or belongs to another session of the id.
 */
export type StoreCondition = 'whole' | 'behind' | 'lost';

/**
 * @param recorded times that the store had reached, epoch ms; each is compared when it is given
 * @param joining symbols that are not whole yet: their partitions are not compared
 */
export async function compareStore(
  redis: Redis,
  layout: SessionLayout,
  recorded: { clock?: number; frontier?: number },
  joining: ReadonlySet<string> = new Set(),
): Promise<StoreCondition> {
  const pipeline = redis.pipeline();
  for (const { meta } of layout.keys) pipeline.hmget(meta, 'incarnation', 'frontier', 'clock');
  const metas = (await runPipeline(pipeline)) as (string | null)[][];
  if (metas.some(([stamp]) => !layout.owns(stamp))) return 'lost';
  const { clock = -Infinity, frontier = -Infinity } = recorded;
  if (Number(metas[0]![2]) < clock) return 'behind';
  const isBehind = metas.some(([, stored], partition) => {
    if (layout.isVacant(partition) || layout.symbolsOf(partition).some((symbol) => joining.has(symbol))) return false;
    return Number(stored) < frontier;
  });
  return isBehind ? 'behind' : 'whole';
}
