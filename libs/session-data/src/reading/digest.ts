/** The digest of a session (I1, docs/ARCHITECTURE.md); and reads of many symbols with few commands. */
import { createHash, type Hash } from 'node:crypto';
import { countBits, type Interval } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { inBatches } from '../batches.js';
import { DaysRetiredError } from '../errors.js';
import { byPartition, type PartitionKeys, type SessionLayout, type View } from '../layout/index.js';
import type { Listing } from './listing.js';

export interface SessionDigest {
  /** 64 hexadecimal digits. */
  digest: string;
  /** Number of hashed chunks. */
  chunks: number;
  /** Base bars in the chunks. */
  bars: number;
}

/** Chunks per read, which are in memory at once. */
const CHUNKS_A_CALL = 128;

/** How often a digest is computed again because days were removed meanwhile, before it fails. */
const REMOVALS_MAX = 5;

/** The digest over the retained days, for a strategy over closed ones. @throws SessionLostError, DaysRetiredError, the signal's reason */
export async function readDigest(listing: Listing, view: View, signal?: AbortSignal): Promise<SessionDigest> {
  const { layout, reads } = listing;
  for (let removal = 0; removal < REMOVALS_MAX; removal++) {
    const { clock, firstKept } = await reads.moment();
    const end = view === 'operator' ? layout.days.length : layout.dayIndexAt(clock);
    const digest = await digestOf(listing, firstKept, end, signal);
    if ((await reads.moment()).firstKept === firstKept) return digest;
  }
  throw new DaysRetiredError(layout.id);
}

/** The digest over the days `[from, to)` (indexes). */
async function digestOf(
  { redis, layout }: Listing,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): Promise<SessionDigest> {
  const hash = createHash('sha256');
  const result = { chunks: 0, bars: 0 };
  const symbols = [...layout.symbols].sort();
  const days = [...layout.days.keys()].slice(from, to);
  for (const interval of intervalsByName(layout)) {
    for (const symbol of symbols) {
      const keys = layout.keysOf(layout.partitionOf(symbol)!);
      for (const batch of inBatches(days, CHUNKS_A_CALL)) {
        signal?.throwIfAborted();
        const names = batch.map((day) => keys.chunk(interval.name, symbol, layout.day(day).date));
        const chunks = await redis.mgetBuffer(...names);
        chunks.forEach((bytes, i) => {
          if (!bytes) return;
          const { date, slotCount } = layout.grid(batch[i]!, interval);
          hashChunk(hash, interval, symbol, date, bytes);
          result.chunks++;
          if (interval === layout.base) result.bars += countBits(bytes, 0, slotCount);
        });
      }
    }
  }
  return { digest: hash.digest('hex'), ...result };
}

/** The stored intervals in the order of their names: the order in which a digest and a certificate hash chunks. */
export function intervalsByName({ intervals }: SessionLayout): Interval[] {
  return [...intervals].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Adds a chunk's name and then the chunk to a hash. */
export function hashChunk(hash: Hash, interval: Interval, symbol: string, date: string, bytes: Uint8Array): void {
  hash.update(`${interval.name}:${symbol}:${date}\n`).update(bytes);
}

/** By symbol, the values of its keys; null where one does not exist. One command per partition: more would cost more than their bytes. */
export async function readBySymbol(
  { redis, layout }: { redis: Redis; layout: SessionLayout },
  symbols: readonly string[],
  selectKeys: (keys: PartitionKeys, symbol: string) => string[],
): Promise<Map<string, (Buffer | null)[]>> {
  const valuesBySymbol = new Map<string, (Buffer | null)[]>();
  const reads = [...byPartition(symbols, (symbol) => layout.partitionOf(symbol)!)].map(async ([partition, members]) => {
    const keys = members.map((symbol) => selectKeys(layout.keysOf(partition), symbol));
    const values = await redis.mgetBuffer(...keys.flat());
    members.forEach((symbol, i) => valuesBySymbol.set(symbol, values.splice(0, keys[i]!.length)));
  });
  await Promise.all(reads);
  return valuesBySymbol;
}
