/** Reads keys of many symbols. Reads only. */
import type { Redis } from 'ioredis';
import { byPartition, type PartitionKeys, type SessionLayout } from '../layout/index.js';

/**
 * The values of the keys that `keysOf` names for each symbol; null where there is none. One command for each partition, whose keys
 * share a hash tag: a command for each symbol costs more than its bytes.
 */
export async function readBySymbol(
  redis: Redis,
  layout: SessionLayout,
  symbols: readonly string[],
  keysOf: (keys: PartitionKeys, symbol: string) => string[],
): Promise<Map<string, (Buffer | null)[]>> {
  const found = new Map<string, (Buffer | null)[]>();
  const reads = [...byPartition(symbols, (symbol) => layout.partitionOf(symbol)!)].map(async ([partition, members]) => {
    const names = members.map((symbol) => keysOf(layout.keysOf(partition), symbol));
    const values = await redis.mgetBuffer(...names.flat());
    let at = 0;
    members.forEach((symbol, i) => found.set(symbol, values.slice(at, (at += names[i]!.length))));
  });
  await Promise.all(reads);
  return found;
}
