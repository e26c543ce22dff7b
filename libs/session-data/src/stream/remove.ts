/**
 * Removes everything of a session. The meta hashes go first: from then on every script of a late writer is refused, so that
 * no key can come back (I9). May be repeated when it was interrupted.
 */
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { LUA, Script } from '../redis/index.js';

const FORGET = new Script(LUA.forget);

const KEYS_A_CALL = 1_000;

/** Removes all that is stored under the session's id. @returns the number of removed keys */
export async function removeSession(redis: Redis, layout: SessionLayout): Promise<number> {
  let removed = 0;
  for (const { meta } of layout.keys) removed += await redis.unlink(meta);
  for (let partition = 0; partition < layout.partitions; partition++) {
    removed += await removePartition(redis, layout, partition);
  }
  return removed;
}

/**
 * Removes partitions that a late writer created after the session's end. Leaves a later session of the same id alone.
 * @returns the number of removed keys
 */
export async function removeLeftover(redis: Redis, layout: SessionLayout): Promise<number> {
  let removed = 0;
  for (let partition = 0; partition < layout.partitions; partition++) {
    const begun = (await FORGET.run(redis, [layout.keysOf(partition).meta], [layout.incarnation])) === 'forgotten';
    if (begun) removed += 1 + (await removePartition(redis, layout, partition));
  }
  return removed;
}

/** All keys but the meta hash. */
async function removePartition(redis: Redis, layout: SessionLayout, partition: number): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  for (const key of keysOfPartition(layout, partition)) {
    batch.push(key);
    if (batch.length < KEYS_A_CALL) continue;
    removed += await redis.unlink(...batch);
    batch = [];
  }
  return batch.length > 0 ? removed + (await redis.unlink(...batch)) : removed;
}

function* keysOfPartition(layout: SessionLayout, partition: number): Generator<string> {
  const keys = layout.keysOf(partition);
  yield* [keys.retry, keys.dirty, keys.errors, keys.refused, keys.history, keys.events, keys.stream];
  yield* [keys.consumers, keys.feed, keys.told];
  for (const symbol of layout.everSymbolsOf(partition)) {
    for (const { date } of layout.days) {
      yield keys.states(symbol, date);
      for (const interval of [layout.base, ...layout.derived]) yield keys.chunk(interval.name, symbol, date);
    }
  }
}
