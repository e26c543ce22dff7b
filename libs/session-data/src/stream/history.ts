/**
 * The number of bars of history that each symbol has: counted once, when the history is whole, and stored. Reading it costs
 * one read for each partition, also after the days themselves were retired.
 */
import { addedPartition, bitmapBytes } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { LUA, runPipeline, Script, ScriptReplyError } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

const NOTE_HISTORY = new Script(LUA.noteHistory);

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
    const counts = await countHistory(redis, layout, partition, symbols);
    const args = [...writer.fenceArguments(partition), ...[...counts].flat()];
    const reply = (await NOTE_HISTORY.run(redis, [meta, history], args)) as string[];
    writer.refuse(reply[0] ?? '');
    if (reply[0] !== 'noted') throw new ScriptReplyError('note history', reply);
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
  const pipeline = redis.pipeline();
  for (const { history } of layout.keys) pipeline.hgetall(history);
  const byPartition = (await runPipeline(pipeline)) as Record<string, string>[];
  return new Map(
    layout.symbols.flatMap((symbol): [string, number][] => {
      const bars = byPartition[layout.partitionOf(symbol)!]?.[symbol];
      return bars === undefined ? [] : [[symbol, Number(bars)]];
    }),
  );
}

/** The bits of a chunk after its last slot are zero, so the server can count a bitmap as it is. */
async function countHistory(
  redis: Redis,
  layout: SessionLayout,
  partition: number,
  symbols: readonly string[],
): Promise<Map<string, number>> {
  const interval = layout.historyInterval;
  const keys = layout.keysOf(partition);
  const counts = new Map<string, number>(symbols.map((symbol) => [symbol, 0]));
  const wanted = symbols.flatMap((symbol) =>
    layout.days.slice(0, layout.historyDays).map(({ date }, day) => {
      const end = bitmapBytes(layout.grid(day, interval).slotCount) - 1;
      return { symbol, command: ['bitcount', keys.chunk(interval.name, symbol, date), 0, end] };
    }),
  );
  for (let at = 0; at < wanted.length; at += COUNTS_A_CALL) {
    const batch = wanted.slice(at, at + COUNTS_A_CALL);
    const replies = await runPipeline(redis.pipeline(batch.map(({ command }) => command)));
    batch.forEach(({ symbol }, i) => counts.set(symbol, (counts.get(symbol) ?? 0) + Number(replies[i])));
  }
  return counts;
}
