/** The end of what a view shows of the symbols of a session. Reads only. */
import type { Redis } from 'ioredis';
import { type SessionLayout, SessionLostError, type View } from '../layout/index.js';
import { runCommands } from '../redis/index.js';

/**
 * The watermark in a strategy's view. It moves by whole windows, so where the clock does not follow it, it would show in the
 * middle of a window whether a slot after the clock is settled (I2).
 */
export function visibleWatermark(layout: SessionLayout, watermark: number, clock: number): number {
  return Math.min(watermark, clock < layout.barrierEnd ? clock : layout.windowEndBefore(clock));
}

/**
 * The clock, in an operator's view the lowest frontier, epoch ms, and the oldest retained day. What is read after this call may be
 * newer: cut it off at the end (I2).
 * @throws SessionLostError
 */
export async function readVisibleEnd(
  redis: Redis,
  layout: SessionLayout,
  symbols: readonly string[],
  view: View,
): Promise<{ end: number; firstKept: number }> {
  const partitions = new Set(symbols.flatMap((symbol) => layout.partitionOf(symbol) ?? []));
  const ofSession = ['hmget', layout.keysOf(0).meta, 'clock', 'incarnation', 'retainedFrom'];
  const ofPartitions = [...partitions].map((partition) => ['hget', layout.keysOf(partition).meta, 'frontier']);
  const [session, ...frontiers] = await runCommands(redis, [ofSession, ...ofPartitions]);
  const [clock, incarnation, retainedFrom] = session as (string | null)[];
  if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
  const end = view === 'operator' ? Math.min(...frontiers.map(Number)) : Number(clock);
  return { end, firstKept: layout.firstKept(Number(retainedFrom)) };
}
