/**
 * How much history each symbol of a session got: counted once, when the history is whole, and kept beside it, so that
 * it can be asked at any time for the price of one read a partition, also when the days themselves are gone.
 */
import { bitmapBytes } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { SessionLayout } from './layout.js';
import { runPipeline } from './pipeline.js';
import { NOTE_HISTORY } from './scripts/retire.js';
import { ScriptReplyError } from './scripts/script.js';
import type { SessionWriter } from './writer.js';

/** Bitmaps counted in one round trip. */
const COUNTS_A_CALL = 2_000;

/** Counts the bars of the history and notes them. Run it again and it notes the same. @throws FencedError, SessionLostError */
export async function noteHistory(redis: Redis, layout: SessionLayout, writer: SessionWriter): Promise<void> {
  for (let partition = 0; partition < layout.partitions; partition++) {
    const { meta, history } = layout.keysOf(partition);
    const counts = await countHistory(redis, layout, partition);
    const args = [...writer.fenceArguments(), ...[...counts].flat()];
    const reply = (await NOTE_HISTORY.run(redis, [meta, history], args)) as string[];
    writer.refuse(reply[0] ?? '');
    if (reply[0] !== 'noted') throw new ScriptReplyError('note history', reply);
  }
}

/**
 * Bars of each symbol before the session's first day, of the interval that its spec names, otherwise of the base
 * interval; undefined while the history is not whole.
 */
export async function readHistory(redis: Redis, layout: SessionLayout): Promise<Map<string, number> | undefined> {
  const pipeline = redis.pipeline();
  for (const { history } of layout.keys) pipeline.hgetall(history);
  const replies = (await runPipeline(pipeline)) as Record<string, string>[];
  const noted = new Map(replies.flatMap((reply) => Object.entries(reply)));
  if (layout.spec.symbols.some((symbol) => !noted.has(symbol))) return undefined;
  return new Map(layout.spec.symbols.map((symbol) => [symbol, Number(noted.get(symbol))]));
}

/** The bits of a chunk after its last slot are zero, so the server can count a bitmap as it is. */
async function countHistory(redis: Redis, layout: SessionLayout, partition: number): Promise<Map<string, number>> {
  const interval = layout.historyInterval;
  const keys = layout.keysOf(partition);
  const counts = new Map<string, number>(layout.symbolsOf(partition).map((symbol) => [symbol, 0]));
  const wanted = layout.symbolsOf(partition).flatMap((symbol) =>
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
