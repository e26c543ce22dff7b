/**
 * Removes everything of a session. The meta hashes go first: from then on every script of a late writer is refused, so
 * that no key can come back (I9). Safe to run again when it was cut short.
 */
import type { Redis } from 'ioredis';
import type { SessionLayout } from './layout.js';

const KEYS_A_CALL = 1_000;

/** @returns the number of keys that were there */
export async function removeSession(redis: Redis, layout: SessionLayout): Promise<number> {
  let removed = 0;
  for (const { meta } of layout.keys) removed += await redis.unlink(meta);
  for (let partition = 0; partition < layout.partitions; partition++) {
    let batch: string[] = [];
    for (const key of keysOfPartition(layout, partition)) {
      batch.push(key);
      if (batch.length < KEYS_A_CALL) continue;
      removed += await redis.unlink(...batch);
      batch = [];
    }
    if (batch.length > 0) removed += await redis.unlink(...batch);
  }
  return removed;
}

function* keysOfPartition(layout: SessionLayout, partition: number): Generator<string> {
  const keys = layout.keysOf(partition);
  yield* [keys.retry, keys.dirty, keys.errors, keys.refused, keys.events];
  for (const symbol of layout.symbolsOf(partition)) {
    for (const { date } of layout.days) {
      yield keys.states(symbol, date);
      for (const interval of [layout.base, ...layout.derived]) yield keys.chunk(interval.name, symbol, date);
    }
  }
}
