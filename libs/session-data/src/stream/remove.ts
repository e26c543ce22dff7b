/**
 * Removes everything of a session. The meta hashes go first: from then on every script of a late writer is refused, so that
 * no key can come back (I9). May be repeated when it was interrupted.
 */
import type { Redis } from 'ioredis';
import { keysFrom, type SessionLayout } from '../layout/index.js';
import { SCRIPTS } from '../redis/index.js';

const KEYS_A_CALL = 1_000;

/**
 * Removes all that is stored under the session's id.
 * @param scans looks at all keys of the server, for a layout that does not have the session's days
 * @returns the number of removed keys
 */
export async function removeSession(redis: Redis, layout: SessionLayout, scans = false): Promise<number> {
  let removed = 0;
  for (const { meta } of layout.keys) removed += await redis.unlink(meta);
  return removed + (await removePartitions(redis, layout, [...layout.keys.keys()], scans));
}

/**
 * Removes partitions that a late writer created after the session's end. Leaves a later session of the same id alone.
 * @param scans as of {@link removeSession} @returns the number of removed keys
 */
export async function removeLeftover(redis: Redis, layout: SessionLayout, scans = false): Promise<number> {
  const begun: number[] = [];
  for (let partition = 0; partition < layout.partitions; partition++) {
    const reply = await SCRIPTS.forget.run(redis, [layout.keysOf(partition).meta], [layout.incarnation]);
    if (reply === 'forgotten') begun.push(partition);
  }
  return begun.length === 0 ? 0 : begun.length + (await removePartitions(redis, layout, begun, scans));
}

/**
 * Removes all keys of partitions but the meta hashes. The work is proportional to what exists: a session may have many more
 * possible keys (symbols × days × intervals) than the server has keys, and then the server's keys are scanned.
 */
async function removePartitions(
  redis: Redis,
  layout: SessionLayout,
  partitions: readonly number[],
  scans: boolean,
): Promise<number> {
  const possible = partitions.reduce((sum, partition) => sum + symbolKeyCount(layout, partition), 0);
  const isScanned = scans || possible > (await redis.dbsize());
  const batches = isScanned ? scannedKeys(redis, layout, partitions) : namedKeys(layout, partitions);
  let removed = 0;
  for await (const keys of batches) if (keys.length > 0) removed += await redis.unlink(...keys);
  return removed;
}

async function* scannedKeys(
  redis: Redis,
  layout: SessionLayout,
  partitions: readonly number[],
): AsyncGenerator<string[]> {
  const bases = partitions.map((partition) => `${layout.keysOf(partition).base}:`);
  const [first = ''] = bases;
  const shared = first.slice(0, first.lastIndexOf(':', first.length - 2) + 1);
  for await (const keys of redis.scanStream({ match: keysFrom(shared), count: KEYS_A_CALL })) {
    yield (keys as string[]).filter((key) => bases.some((base) => key.startsWith(base)));
  }
}

function* namedKeys(layout: SessionLayout, partitions: readonly number[]): Generator<string[]> {
  let batch: string[] = [];
  for (const partition of partitions) {
    const keys = layout.keysOf(partition);
    batch.push(keys.retry, keys.dirty, keys.errors, keys.refused, keys.outside, keys.history, keys.events, keys.stream);
    batch.push(keys.consumers, keys.feed, keys.emitted, keys.repositories, keys.repositoryRefused);
    batch.push(keys.changes, keys.pending, keys.refusedAhead);
    for (const symbol of layout.everSymbolsOf(partition)) {
      for (const { date } of layout.days) {
        batch.push(...layout.dayKeys(partition, symbol, date));
        if (batch.length < KEYS_A_CALL) continue;
        yield batch;
        batch = [];
      }
    }
  }
  yield batch;
}

function symbolKeyCount(layout: SessionLayout, partition: number): number {
  return layout.everSymbolsOf(partition).length * layout.days.length * (1 + layout.intervals.length);
}
