/**
 * The digest of a session (I1): SHA-256 over all chunks, sorted by interval, symbol and date, each preceded by its name. Also
 * reads the values of many symbols with few commands.
 */
import { createHash, type Hash } from 'node:crypto';
import { bitmapBytes, countBits, type Interval } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { byPartition, type PartitionKeys, type SessionLayout } from '../layout/index.js';
import type { ClockedReads } from './clocked-reads.js';

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

/**
 * The digest over the days `[firstKept, end)` (indexes). Equal bars have equal digests, whatever the session's id,
 * its partitions, and the processes that wrote it.
 */
async function digestOf(redis: Redis, layout: SessionLayout, firstKept: number, end: number): Promise<SessionDigest> {
  const hash = createHash('sha256');
  const result = { chunks: 0, bars: 0 };
  const symbols = [...layout.symbols].sort();
  for (const interval of intervalsByName(layout)) {
    for (const symbol of symbols) {
      const keys = layout.keysOf(layout.partitionOf(symbol)!);
      for (let from = firstKept; from < end; from += CHUNKS_A_CALL) {
        const days = layout.days.slice(from, Math.min(from + CHUNKS_A_CALL, end));
        const chunks = await redis.mgetBuffer(...days.map(({ date }) => keys.chunk(interval.name, symbol, date)));
        chunks.forEach((bytes, i) => {
          if (!bytes) return;
          const grid = layout.grid(from + i, interval);
          hashChunk(hash, interval, symbol, grid.date, bytes);
          result.chunks++;
          if (interval === layout.base)
            result.bars += countBits(bytes.subarray(0, bitmapBytes(grid.slotCount)), 0, grid.slotCount);
        });
      }
    }
  }
  return { digest: hash.digest('hex'), ...result };
}

/**
 * The digest over the retained days that close at or before a time. Repeated when a day was removed meanwhile, because the day may have
 * been hashed in part.
 * @param upToAt returns this time for a position of the clock, epoch ms
 */
export async function digestOfKept(
  redis: Redis,
  layout: SessionLayout,
  reads: ClockedReads,
  upToAt: (clock: number) => number,
): Promise<SessionDigest> {
  for (;;) {
    const [clock] = await reads.read([]);
    const { firstKept } = reads;
    const digest = await digestOf(redis, layout, firstKept, layout.dayIndexAt(upToAt(clock)));
    await reads.read([]);
    if (reads.firstKept === firstKept) return digest;
  }
}

/** The stored intervals in the order of their names: the order in which a digest and a certificate hash chunks. */
export function intervalsByName({ intervals }: SessionLayout): Interval[] {
  return [...intervals].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Adds a chunk's name and then the chunk to a hash. */
export function hashChunk(hash: Hash, interval: Interval, symbol: string, date: string, bytes: Uint8Array): void {
  hash.update(`${interval.name}:${symbol}:${date}\n`).update(bytes);
}

/**
 * By symbol, the values of the keys that `selectKeys` returns for it; null where a key does not exist. Reads with one command per
 * partition, whose keys share a hash tag, because a command per symbol costs more than the bytes that it reads.
 */
export async function readBySymbol(
  redis: Redis,
  layout: SessionLayout,
  symbols: readonly string[],
  selectKeys: (keys: PartitionKeys, symbol: string) => string[],
): Promise<Map<string, (Buffer | null)[]>> {
  const valuesBySymbol = new Map<string, (Buffer | null)[]>();
  const reads = [...byPartition(symbols, (symbol) => layout.partitionOf(symbol)!)].map(async ([partition, members]) => {
    const keys = members.map((symbol) => selectKeys(layout.keysOf(partition), symbol));
    const values = await redis.mgetBuffer(...keys.flat());
    let at = 0;
    members.forEach((symbol, i) => {
      const end = at + keys[i]!.length;
      valuesBySymbol.set(symbol, values.slice(at, end));
      at = end;
    });
  });
  await Promise.all(reads);
  return valuesBySymbol;
}
