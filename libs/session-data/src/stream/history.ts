/** The number of bars of history per symbol, counted and stored once. It stays when the days themselves are retired. */
import { addedPartition, bitmapBytes, type Interval } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { inBatches } from '../batches.js';
import type { SessionLayout } from '../layout/index.js';
import { type ReadCommand, runCommands, SCRIPTS } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

/** Most bitmaps to count per round trip. */
const COUNTS_A_CALL = 2_000;

/** Counts and stores the bars of history of every symbol without a stored count. @throws FencedError, SessionLostError */
export async function noteHistory(redis: Redis, layout: SessionLayout, writer: SessionWriter): Promise<void> {
  const stored = await readStoredCounts(redis, layout);
  for (let partition = 0; partition < layout.partitions; partition++) {
    const symbols = layout.symbolsOf(partition).filter((symbol) => !stored.has(symbol));
    if (symbols.length === 0) continue;
    const { meta, history } = layout.keysOf(partition);
    const counts = await countBars(redis, layout, symbols, layout.historyInterval, 0, layout.historyDays);
    const fields = [...counts].flat(); // symbol and count, alternating
    const mustClear = ''; // no: the stored counts stay
    await writer.run(SCRIPTS.noteCounts, partition, [meta, history], [mustClear, ...fields], 'noted');
  }
}

/** Stored counts by symbol; undefined until the history is counted. Symbols that joined later are left out until then. */
export async function readHistory(redis: Redis, layout: SessionLayout): Promise<Map<string, number> | undefined> {
  const stored = await readStoredCounts(redis, layout);
  const hasJoined = (symbol: string) => addedPartition(layout.membership, symbol) !== undefined;
  const isCounted = layout.symbols.every((symbol) => stored.has(symbol) || hasJoined(symbol));
  return stored.size > 0 && isCounted ? stored : undefined;
}

/** Stored counts by symbol, in the order of the session's symbols. */
async function readStoredCounts(redis: Redis, layout: SessionLayout): Promise<Map<string, number>> {
  const reads = layout.keys.map(({ history }) => ['hgetall', history]);
  const byPartition = (await runCommands(redis, reads)) as Record<string, string>[];
  return new Map(
    layout.symbols.flatMap((symbol): [string, number][] => {
      const counts = byPartition[layout.partitionOf(symbol)!]!;
      // `constructor` may be a symbol.
      return Object.hasOwn(counts, symbol) ? [[symbol, Number(counts[symbol])]] : [];
    }),
  );
}

/** Number of bars of each symbol on the days `[from, to)` (indexes): BITCOUNT over whole bitmaps, whose last bits are zero. */
export async function countBars(
  redis: Redis,
  layout: SessionLayout,
  symbols: readonly string[],
  interval: Interval,
  from: number,
  to: number,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>(symbols.map((symbol) => [symbol, 0]));
  for (const batch of inBatches(bitmapCounts(layout, symbols, interval, from, to), COUNTS_A_CALL)) {
    const commands = batch.map(({ command }) => command);
    const bars = await runCommands(redis, commands);
    batch.forEach(({ symbol }, i) => counts.set(symbol, counts.get(symbol)! + Number(bars[i])));
  }
  return counts;
}

/** For each symbol and day the command that counts the bars in its bitmap. */
function* bitmapCounts(
  layout: SessionLayout,
  symbols: readonly string[],
  interval: Interval,
  from: number,
  to: number,
): Generator<{ symbol: string; command: ReadCommand }> {
  for (const symbol of symbols) {
    const keys = layout.keysOf(layout.partitionOf(symbol)!);
    for (let day = from; day < to; day++) {
      const { date, slotCount } = layout.grid(day, interval);
      yield { symbol, command: ['bitcount', keys.chunk(interval.name, symbol, date), 0, bitmapBytes(slotCount) - 1] };
    }
  }
}
