/**
 * Removes closed days of a running session, and all keys of a session. May be repeated. The meta hashes of a session go first: after that
 * every script of a late writer is refused, so that no key comes back (I9, docs/ARCHITECTURE.md).
 */
import type { Redis } from 'ioredis';
import { atLeastOneBatch, inBatches } from '../batches.js';
import { dayMember, type SessionLayout } from '../layout/index.js';
import { KEYS_A_SCAN, scanKeys, SCRIPTS } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

/** Removes all data of the days before `firstKept` (index). @throws FencedError, SessionLostError, RewindError */
export async function retireBefore(writer: SessionWriter, firstKept: number): Promise<void> {
  const { layout } = writer;
  const from = layout.grid(firstKept).open;
  // By partition, the time before which all days are removed already, epoch ms; 0 when no day is.
  const retiredTo = new Map<number, number>();
  // Partition 0 first: readers take the oldest retained day from there.
  for (const [partition, { meta }] of layout.keys.entries()) {
    if (layout.isVacant(partition)) continue;
    const [, time] = await writer.run(SCRIPTS.retain, partition, [meta], [from], 'retained');
    retiredTo.set(partition, Number(time));
  }
  for (const [partition, time] of retiredTo) {
    for (let day = layout.firstKept(time); day < firstKept; day++) await retireDay(writer, partition, day);
  }
}

/** Removes one day of one partition, in batches of symbols. */
async function retireDay(writer: SessionWriter, partition: number, dayIndex: number): Promise<void> {
  const { layout } = writer;
  const { meta, retry, dirty, errors, emitted } = layout.keysOf(partition);
  const { date, open } = layout.grid(dayIndex);
  const nextOpen = layout.grid(dayIndex + 1).open;
  const batchSize = Math.max(1, Math.floor(KEYS_A_SCAN / keysADay(layout)));
  // Runs once even without symbols: a day also has entries that belong to no symbol.
  const batches = atLeastOneBatch(layout.symbolsOf(partition), batchSize);
  for (const batch of batches) {
    const dayKeys = batch.flatMap((symbol) => layout.dayKeys(partition, symbol, date));
    const isLast = batch === batches.at(-1);
    const args = [open, isLast ? nextOpen : '', date, ...batch.map((symbol) => dayMember(date, symbol))];
    await writer.run(SCRIPTS.retire, partition, [meta, retry, dirty, errors, emitted, ...dayKeys], args, 'retired');
  }
}

interface RemoveOptions {
  /** Finds the keys by a scan of the server: needed when the layout does not have the session's days. @default false */
  mustScan?: boolean;
  /** Called after each batch of about a thousand keys; the next one waits for it. */
  onBatch?: () => Promise<void>;
}

/** Removes all keys of the session, and of any other session with its id. @returns the number of removed keys */
export async function removeSession(redis: Redis, layout: SessionLayout, options: RemoveOptions = {}): Promise<number> {
  let removed = 0;
  for (const { meta } of layout.keys) removed += await redis.unlink(meta);
  return removed + (await removePartitions(redis, layout, [...layout.keys.keys()], options));
}

/** Removes partitions that a late writer created after the removal, not those of a later session. @returns the number of removed keys */
export async function removeLeftover(redis: Redis, layout: SessionLayout, mustScan = false): Promise<number> {
  const leftover: number[] = [];
  for (const partition of layout.keys.keys()) if (await forget(redis, layout, partition)) leftover.push(partition);
  if (leftover.length === 0) return 0;
  // For each of these partitions `forget` has removed one key: its meta hash.
  return leftover.length + (await removePartitions(redis, layout, leftover, { mustScan }));
}

/** Removes the meta hash of a partition. @returns false when it belongs to another session or does not exist */
export async function forget(redis: Redis, layout: SessionLayout, partition: number): Promise<boolean> {
  const { meta } = layout.keysOf(partition);
  const isIdFree = '0'; // no: a partition without a meta hash is left alone
  // The first key shows whose partition it is; the second one is removed.
  const removed = await SCRIPTS.removeKeys.run(redis, [meta, meta], [isIdFree, layout.incarnation]);
  return Number(removed) === 1;
}

/** Removes all keys of partitions except the meta hashes. Scans the server when it has fewer keys than the session can have. */
async function removePartitions(
  redis: Redis,
  layout: SessionLayout,
  partitions: readonly number[],
  { mustScan = false, onBatch }: RemoveOptions,
): Promise<number> {
  const symbols = partitions.flatMap((partition) => layout.everSymbolsOf(partition));
  const possible = symbols.length * layout.days.length * keysADay(layout);
  const isScanned = mustScan || possible > (await redis.dbsize());
  const batches = isScanned
    ? scannedKeys(redis, layout, partitions)
    : inBatches(possibleKeys(layout, partitions), KEYS_A_SCAN);
  let removed = 0;
  for await (const keys of batches) {
    if (keys.length > 0) removed += await redis.unlink(...keys);
    await onBatch?.();
  }
  return removed;
}

async function* scannedKeys(
  redis: Redis,
  layout: SessionLayout,
  partitions: readonly number[],
): AsyncGenerator<string[]> {
  const bases = partitions.map((partition) => `${layout.keysOf(partition).base}:`);
  for await (const keys of scanKeys(redis, `${layout.keysOf(0).prefix}:{${layout.id}:`)) {
    yield keys.filter((key) => bases.some((base) => key.startsWith(base)));
  }
}

/** All keys that partitions may have, without their meta hashes. */
function* possibleKeys(layout: SessionLayout, partitions: readonly number[]): Generator<string> {
  for (const partition of partitions) {
    const keys = layout.keysOf(partition);
    const names = Object.values(keys).filter((key) => typeof key === 'string');
    yield* names.filter((key) => key.startsWith(`${keys.base}:`) && key !== keys.meta);
    for (const symbol of layout.everSymbolsOf(partition)) {
      for (const { date } of layout.days) yield* layout.dayKeys(partition, symbol, date);
    }
  }
}

/** Number of keys of one symbol's day: its states, and a chunk per interval. */
function keysADay(layout: SessionLayout): number {
  return 1 + layout.intervals.length;
}
