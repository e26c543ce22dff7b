/**
 * The number of bars of history that each symbol has: counted once, when the history is whole, and stored. Reading it costs
 * one read for each partition, also after the days themselves were retired.
 */
import { addedPartition, bitmapBytes, type Interval } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { type ReadCommand, runCommands, SCRIPTS } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

/** Bitmaps counted in one round trip. */
const COUNTS_A_CALL = 2_000;

/**
 * Counts and stores the bars of history of every symbol that has no stored count. A symbol that joined later has the days
 * that were retained then. @throws FencedError, SessionLostError
 */
export async function noteHistory(redis: Redis, layout: SessionLayout, writer: SessionWriter): Promise<void> {
  const noted = await readNoted(redis, layout);
  for (let partition = 0; partition < layout.partitions; partition++) {
    const symbols = layout.symbolsOf(partition).filter((symbol) => !noted.has(symbol));
    if (symbols.length === 0) continue;
    const { meta, history } = layout.keysOf(partition);
    const counts = await countBars(redis, layout, symbols, layout.historyInterval, 0, layout.historyDays);
    await writer.run(SCRIPTS.noteCounts, partition, [meta, history], ['', ...[...counts].flat()], 'noted');
  }
}

/**
 * Bars of each symbol before the session's first day, of the interval that its spec names, otherwise of the base
 * interval; undefined while the history is not whole. Symbols that joined later are left out until their count is stored.
 */
export async function readHistory(redis: Redis, layout: SessionLayout): Promise<Map<string, number> | undefined> {
  const noted = await readNoted(redis, layout);
  const isLacking = (symbol: string) => !noted.has(symbol) && addedPartition(layout.membership, symbol) === undefined;
  return noted.size === 0 || layout.symbols.some(isLacking) ? undefined : noted;
}

/** Stored counts by symbol, in the order of the session's symbols. */
async function readNoted(redis: Redis, layout: SessionLayout): Promise<Map<string, number>> {
  const reads = layout.keys.map(({ history }) => ['hgetall', history]);
  const byPartition = (await runCommands(redis, reads)) as Record<string, string>[];
  return new Map(
    layout.symbols.flatMap((symbol): [string, number][] => {
      const bars = byPartition[layout.partitionOf(symbol)!]?.[symbol];
      return bars === undefined ? [] : [[symbol, Number(bars)]];
    }),
  );
}

/**
 * Number of bars of each symbol on the days `[from, to)`. The bits of a chunk after its last slot are zero, so the server can count
 * a bitmap as it is.
 */
export async function countBars(
  redis: Redis,
  layout: SessionLayout,
  symbols: readonly string[],
  interval: Interval,
  from: number,
  to: number,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>(symbols.map((symbol) => [symbol, 0]));
  let batch: { symbol: string; command: ReadCommand }[] = [];
  const count = async (): Promise<void> => {
    const commands = batch.map(({ command }) => command);
    const bars = await runCommands(redis, commands);
    batch.forEach(({ symbol }, i) => counts.set(symbol, (counts.get(symbol) ?? 0) + Number(bars[i])));
    batch = [];
  };
  for (const symbol of symbols) {
    const keys = layout.keysOf(layout.partitionOf(symbol)!);
    for (let day = from; day < to; day++) {
      const { date, slotCount } = layout.grid(day, interval);
      const key = keys.chunk(interval.name, symbol, date);
      batch.push({ symbol, command: ['bitcount', key, 0, bitmapBytes(slotCount) - 1] });
      if (batch.length === COUNTS_A_CALL) await count();
    }
  }
  await count();
  return counts;
}
